"""The service, with a switch: SIGUSR1 has it measure no request and no model call any more, SIGUSR2 has it measure again.

    python -m benchmarks.servers.switched

One process in both states is compared better than two processes. The functions stay the same in both, as Python runs a
function slower for a while after its class was changed.
"""

import signal
from collections.abc import Callable
from typing import Any

from service.http.request_counts import RequestCounts
from service.serving.model_measures import ModelMeasures

switch = {"on": True}


def switch_off(*_: Any) -> None:
    switch["on"] = False


def switch_on(*_: Any) -> None:
    switch["on"] = True


def switched(measure: Callable[..., None]) -> Callable[..., None]:
    """A function that is called only while the switch is on."""

    def call(*arguments: Any) -> None:
        if switch["on"]:
            measure(*arguments)

    return call


def install() -> None:
    """Put the switch before what measures."""
    RequestCounts.count = switched(RequestCounts.count)  # type: ignore[method-assign]
    ModelMeasures.count_call = switched(ModelMeasures.count_call)  # type: ignore[method-assign]


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, switch_off)
    signal.signal(signal.SIGUSR2, switch_on)
    install()
    from service.__main__ import main

    main()
