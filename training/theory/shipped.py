"""The recurrent core of a shipped forecaster as NumPy cells, with what the core reads of a series. This loads TensorFlow.

A forecaster of a window takes logarithms, subtracts a fixed base and lets a small recurrent core forecast the rest:
`training.forecast.fitting.building`. Three networks of different seeds are averaged; the core is that of the first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from service.artifacts import bundle
from service.interfaces import Array
from training.theory import weights
from training.theory.network import Network

CELLS: dict[str, Any] = {"SimpleRNN": weights.simple_rnn, "LSTM": weights.lstm, "GRU": weights.gru}


@dataclass(frozen=True)
class Core:
    """A core as it is in Keras and in NumPy, and what stands before it: `projection` (window, positions) and divisors."""

    network: Network
    keras_core: Any
    projection: Array
    scale: float
    largest: float

    @property
    def window(self) -> int:
        return len(self.projection)

    def inputs(self, readings: Array) -> Array:
        """Return what the core reads (positions, 1) of the last `window` readings.

        Raises ValueError where there are fewer, or where one has no logarithm.
        """
        last = readings[-self.window :]
        if len(last) < self.window or not (last > 0).all():
            raise ValueError(f"the network reads the last {self.window} readings, all above zero")
        logarithms = np.log(last / self.largest)
        return np.asarray((logarithms @ self.projection / self.scale)[:, np.newaxis])


def read_core(models_dir: Path, name: str) -> Core:
    """Return the core of the newest version of a forecaster of a window. Raises ValueError for another kind of model."""
    from training.export.restore import restore

    version = max((models_dir / name).iterdir(), key=lambda path: int(path.name))
    card, scaler, _ = bundle.read(version)
    if scaler is None:
        raise ValueError(f"{name} has no scaler: it is no forecaster of a window")
    network, _ = restore(version, card)
    first = next(layer for layer in network.layers if _kind(layer) == "Functional")
    found: dict[str, Any] = {}
    for layer in _inside(first):
        found.setdefault(_kind(layer), layer)  # the first projection makes the inputs, a second one the base
    core, projection, rescaling = found["Sequential"], found["FixedProjection"], found["Rescaling"]
    return Core(
        of_sequential(core), core, np.asarray(projection.matrix, np.float64), 1 / rescaling.scale, scaler.maximum
    )


def of_sequential(core: Any) -> Network:
    """Return a Keras Sequential of recurrent layers, perhaps dropout, and a dense layer, as a network in NumPy."""
    recurrent = [layer for layer in core.layers if _kind(layer) in CELLS]
    cells = [CELLS[_kind(layer)](layer.get_weights()) for layer in recurrent]
    return Network(cells, weights.dense(core.layers[-1].get_weights()), not recurrent[-1].return_sequences)


def _inside(layer: Any) -> Iterator[Any]:
    """Yield the layers of a network, and those of the networks inside it; a Sequential stays whole."""
    for each in layer.layers:
        yield from _inside(each) if _kind(each) == "Functional" else [each]


def _kind(layer: Any) -> str:
    return type(layer).__name__
