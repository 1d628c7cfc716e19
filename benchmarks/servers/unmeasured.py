"""The service as it is, but for requests and model calls, which it does not measure: what the others cost shows beside it.

python -m benchmarks.servers.unmeasured
"""

from typing import Any

from service.http.request_counts import RequestCounts
from service.serving.model_measures import ModelMeasures


def nothing(*_: Any) -> None:
    """In the place of what measures."""


if __name__ == "__main__":
    RequestCounts.count = nothing  # type: ignore[assignment, method-assign]
    ModelMeasures.count_call = nothing  # type: ignore[assignment, method-assign]
    from service.__main__ import main

    main()
