"""What both tasks share: array types, and the protocols Network, BatchModel, Predictor and Caller. A leaf."""

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

    def __call__(self, *arrays: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """Run the network once."""


class Notice(NamedTuple):
    """A warning in an answer: a code of the contract, and what it means here."""

    code: str
    detail: str


class HasCost(Protocol):
    """An item for a batcher. `cost` is the work that it makes, in any unit that adds up (rows, tokens)."""

    @property
    def cost(self) -> int: ...


Item = TypeVar("Item", contravariant=True)
Result = TypeVar("Result", covariant=True)


class BatchModel(Protocol[Item, Result]):
    """What a batcher runs. `make_batches` returns the indices of the items that belong into one call, call by call."""

    def make_batches(self, items: Sequence[Item]) -> list[list[int]]: ...

    def predict(self, batch: Sequence[Item]) -> Sequence[Result]: ...


class Predictor(BatchModel[Item, Result], Protocol[Item, Result]):
    """A model version at work: `replay` answers one golden request through the serving path."""

    def replay(self, request: dict[str, Any]) -> list[float]: ...


class Named(Protocol):
    """A model version, by its name and its number."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...


class Caller(Protocol):
    """Who waits for answers: until when, whether still, and where the measured times go."""

    @property
    def deadline(self) -> float: ...

    def is_disconnected(self) -> bool: ...

    def record(
        self,
        queue_seconds: float,
        compute_seconds: float,
        items: int = 1,
        started: float = 0.0,
        model: Named | None = None,
    ) -> None: ...


def chunks(indices: list[int], size: int) -> list[list[int]]:
    """Split a list into lists of at most `size`, in order."""
    return [indices[begin : begin + size] for begin in range(0, len(indices), size)]
