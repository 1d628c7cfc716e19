"""Small random cells, networks and sequences for the tests of the theory."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np

from service.interfaces import Array
from training.theory.bidirectional import Bidirectional
from training.theory.differences import numeric_gradient
from training.theory.gru import GRU, ResetBeforeGRU
from training.theory.lstm import LSTM
from training.theory.network import Output
from training.theory.simple_rnn import SimpleRNN

PARTS: dict[type[Any], int] = {SimpleRNN: 1, LSTM: 4, GRU: 3, ResetBeforeGRU: 3}
CELLS = list(PARTS)


def sequence(seed: int, steps: int = 6, inputs: int = 2) -> Array:
    return np.random.default_rng(seed).normal(size=(steps, inputs))


def cell(kind: type[Any], inputs: int = 2, units: int = 3, seed: int = 0) -> Any:
    """A cell with weights and biases that are all different from zero."""
    rng, rows = np.random.default_rng(seed), PARTS[kind] * units
    shapes = {"U": (rows, inputs), "W": (rows, units), "b": (rows,), "d": (rows,)}
    return kind(**{field.name: rng.normal(scale=0.6, size=shapes[field.name]) for field in fields(kind)})


def both(merge: Any, kind: type[Any] = LSTM) -> Bidirectional:
    return Bidirectional(cell(kind, seed=1), cell(kind, seed=2), merge)


def output(units: int = 3, outputs: int = 2) -> Output:
    rng = np.random.default_rng(9)
    return Output(rng.normal(size=(outputs, units)), rng.normal(size=outputs))


def by_differences(of: Any, name: str, error: Callable[[Any], float]) -> Array:
    """∂E/∂weight of a cell or an output; `ahead.W` is W of a part. `error` takes the cell with another weight."""
    return numeric_gradient(lambda value: error(with_weight(of, name, value)), weight(of, name))


def with_weight(of: Any, name: str, value: Array) -> Any:
    part, _, rest = name.partition(".")
    return replace(of, **{part: with_weight(getattr(of, part), rest, value) if rest else value})


def weight(of: Any, name: str) -> Any:
    for part in name.split("."):
        of = getattr(of, part)
    return of


def one_hot(classes: list[int], count: int = 2) -> Array:
    return np.asarray(np.eye(count)[classes])
