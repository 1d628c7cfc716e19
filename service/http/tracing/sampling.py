"""Which requests have spans, by the rules of OpenTelemetry's samplers.

They are a few lines here: the samplers of the SDK take 2 to 10 µs of each request.
"""

from typing import NamedTuple

from .options import TraceOptions
from .trace_context import TraceParent

LAST_BITS = (1 << 64) - 1


class Sampling(NamedTuple):
    """Takes traces whose last 64 bits are below `bound`, and, if it follows parents, what the caller samples or not."""

    bound: int = 1 << 64
    follows_parents: bool = False

    def takes(self, number: int, parent: TraceParent | None) -> bool:
        """Whether a request of this trace has spans."""
        if parent is not None and self.follows_parents:
            return parent.is_sampled
        return number & LAST_BITS < self.bound


def make_sampling(options: TraceOptions) -> Sampling:
    """The rules of the sampler of this name."""
    kind = options.sampler.removeprefix("parentbased_")
    ratio = {"always_on": 1.0, "always_off": 0.0}.get(kind, options.ratio)
    return Sampling(round(ratio * (1 << 64)), options.sampler != kind)
