"""The service, with a switch between traces of different shares of requests: SIGUSR1 turns them off, SIGRTMIN on at the first
share, SIGRTMIN + 1 at the second, and so on.

    TRACED_SHARES=0,0.01,1 python -m benchmarks.servers.traced      # and the OTEL_ variables

One process in all states is compared better than a process each. Each share has a queue and a thread of its own, which has a
name in /proc (traces0, traces1, …), so that what it takes can be told from what the event loop's thread takes.
"""

import os
import signal
import threading
from pathlib import Path
from typing import Any

from service.http.middleware import RequestMiddleware
from service.http.state import State
from service.http.tracing.interface import Tracing
from service.http.tracing.start import start_tracing

states: list[State] = []
traces: list[Tracing | None] = []


def install() -> None:
    """Keep the state of the service, which has the traces, and listen for signals."""
    make = RequestMiddleware.__init__

    def keep(self: RequestMiddleware, *arguments: Any) -> None:
        make(self, *arguments)
        states.append(self.state)

    RequestMiddleware.__init__ = keep  # type: ignore[assignment, method-assign]
    signal.signal(signal.SIGUSR1, lambda *_: switch_to(None))
    for number, share in enumerate(os.environ["TRACED_SHARES"].split(",")):
        traces.append(start(number, share))
        signal.signal(signal.SIGRTMIN + number, lambda *_, number=number: switch_to(traces[number]))


def start(number: int, share: str) -> Tracing | None:
    """Start the traces of one share, and name their thread."""
    before = set(threading.enumerate())
    tracing = start_tracing(os.environ | {"OTEL_TRACES_SAMPLER_ARG": share})
    for thread in set(threading.enumerate()) - before:
        Path(f"/proc/self/task/{thread.native_id}/comm").write_text(f"traces{number}")
    return tracing


def switch_to(tracing: Tracing | None) -> None:
    for state in states:
        state.tracing = tracing


if __name__ == "__main__":
    install()
    from service.__main__ import main

    main()
