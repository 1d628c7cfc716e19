"""Whether a text is unlike those that a model has learnt from: by its words, and by its length."""

from array import array
from bisect import bisect_left

from ..artifacts.card import DomainLimits
from ..artifacts.domain import Steps
from ..interfaces import Notice


class Domain:
    """The number of each word of a vocabulary, ready to be looked up."""

    def __init__(self, limits: DomainLimits, steps: Steps) -> None:
        self._scale = limits.scale
        self._steps = steps.tolist()  # one by one, a list is faster than an array

    def typicality(self, tokens: "array[int]") -> float:
        """Return how typical a text is of the training texts: the mean of its different words, 0 without any."""
        steps, different = self._steps, set(tokens)
        return self._scale * sum([steps[token] for token in different]) / len(different) if different else 0.0


class DomainRule:
    """Judges texts by the limits of a card."""

    def __init__(self, limits: DomainLimits) -> None:
        *bounded, _ = self._thresholds = limits.thresholds
        self._lengths = [threshold.max_tokens or 0 for threshold in bounded]
        self._limits = limits

    def unlike(self, total: int, read: int, typicality: float) -> Notice | None:
        """Return the warning of a text of so many tokens, if it is unlike the training texts."""
        limits = self._limits
        if limits.most_tokens is not None and total > limits.most_tokens:
            return Notice(
                "unlike_training_texts",
                f"the text has {total} tokens; the texts that the model has learnt from are much shorter: over "
                f"{limits.most_tokens} tokens is unlike them",
            )
        threshold = self._thresholds[bisect_left(self._lengths, read)]
        if read < limits.least_tokens or typicality >= threshold.least:
            return None
        return Notice(
            "unlike_training_texts",
            f"few of its words are typical of the texts that the model has learnt from: {typicality:.3f} in the mean, "
            f"where {1 - threshold.share:.1%} of those of this length have at least {threshold.least:.3f}",
        )
