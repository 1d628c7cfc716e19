"""The service, with a switch: SIGUSR1 has it measure no request and no model call any more, SIGUSR2 has it measure again.

    python -m benchmarks.servers.switched

One process in both states is compared better than two processes.
"""

import signal
from typing import Any

from service.http.request_counts import RequestCounts
from service.serving.model_measures import ModelMeasures

COUNT, COUNT_CALL = RequestCounts.count, ModelMeasures.count_call


def nothing(*_: Any) -> None:
    """In the place of what measures."""


def switch_off(*_: Any) -> None:
    RequestCounts.count = nothing  # type: ignore[assignment, method-assign]
    ModelMeasures.count_call = nothing  # type: ignore[assignment, method-assign]


def switch_on(*_: Any) -> None:
    RequestCounts.count = COUNT  # type: ignore[method-assign]
    ModelMeasures.count_call = COUNT_CALL  # type: ignore[method-assign]


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, switch_off)
    signal.signal(signal.SIGUSR2, switch_on)
    from service.__main__ import main

    main()
