"""What forecasts and judgements share: array types, and what a network, a model in batches and a predictor are. A leaf."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]  # readings, forecasts, scores, probabilities
Inputs = npt.NDArray[np.float32]  # what networks read, and their weights
Tokens = npt.NDArray[np.int32]  # of one text (tokens,), or of several, padded with zeros (texts, tokens)
Labels = npt.NDArray[np.int64]  # classes, or row numbers
Mask = npt.NDArray[np.bool_]


class Network(Protocol):
    """A loaded network: arrays in the order of its inputs → its outputs by name."""

    def __call__(self, *arrays: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]: ...


class Notice(NamedTuple):
    """Something true of an answer that its reader should know."""

    code: str
    detail: str


class HasCost(Protocol):
    """An item: `cost` is the work it makes, in any unit that adds up (model calls, tokens)."""

    @property
    def cost(self) -> int: ...


Asked = TypeVar("Asked", contravariant=True)
Given = TypeVar("Given", covariant=True)


class BatchModel(Protocol[Asked, Given]):
    """What a batcher runs. `cut` says which of some waiting items belong into one call: lists of their places."""

    def make_batches(self, items: Sequence[Asked]) -> list[list[int]]: ...

    def predict(self, batch: Sequence[Asked]) -> Sequence[Given]: ...


class Predictor(BatchModel[Asked, Given], Protocol[Asked, Given]):
    """A model version at work: `replay` answers one golden request through the serving path."""

    def replay(self, request: dict[str, Any]) -> list[float]: ...


def chunks(places: list[int], size: int) -> list[list[int]]:
    """Cut a list into lists of at most `size`, in order."""
    return [places[begin : begin + size] for begin in range(0, len(places), size)]
