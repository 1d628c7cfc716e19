"""The weights of cells: those of a Keras layer, and new ones as Keras draws them. Keras itself is not needed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from service.interfaces import Array
from training.theory.gru import GRU, ResetBeforeGRU
from training.theory.lstm import LSTM
from training.theory.network import Output
from training.theory.simple_rnn import SimpleRNN

# Keras multiplies rows, x_t @ kernel: its kernel is Uᵀ, its recurrent kernel Wᵀ. The order is that of `layer.get_weights()`.
Weights = Sequence[Any]


def simple_rnn(weights: Weights) -> SimpleRNN:
    """Return the cell of a SimpleRNN's kernel, recurrent kernel and bias."""
    kernel, recurrent, bias = (np.asarray(each, np.float64) for each in weights)
    return SimpleRNN(kernel.T, recurrent.T, bias)


def lstm(weights: Weights) -> LSTM:
    """Return the cell of an LSTM's kernel, recurrent kernel and bias; the order of gates is the same."""
    kernel, recurrent, bias = (np.asarray(each, np.float64) for each in weights)
    return LSTM(kernel.T, recurrent.T, bias)


def gru(weights: Weights) -> GRU | ResetBeforeGRU:
    """Return the cell of a GRU's weights: its bias (2, 3 units) has two rows, b and d, if `reset_after`, else it is b."""
    kernel, recurrent, bias = (np.asarray(each, np.float64) for each in weights)
    if bias.ndim == 1:
        return ResetBeforeGRU(kernel.T, recurrent.T, bias)
    return GRU(kernel.T, recurrent.T, bias[0], bias[1])


def dense(weights: Weights) -> Output:
    """Return the output of a Dense layer's kernel and bias."""
    kernel, bias = (np.asarray(each, np.float64) for each in weights)
    return Output(kernel.T, bias)


def glorot_uniform(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """Uniform within ±√(6 / (rows + columns)) (Glorot and Bengio, 2010), Keras' default for kernels."""
    limit = np.sqrt(6 / (rows + columns))
    return rng.uniform(-limit, limit, (rows, columns))


def orthogonal(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """A random matrix with orthonormal columns (Saxe et al., 2013), Keras' default for recurrent kernels; rows ≥ columns."""
    q, r = np.linalg.qr(rng.normal(size=(rows, columns)))
    return np.asarray(q * np.sign(np.diag(r)))


def new_simple_rnn(rng: np.random.Generator, inputs: int, units: int, scale: float = 1.0) -> SimpleRNN:
    """Return a new cell; `scale` multiplies W, whose singular values are then all `scale`."""
    return SimpleRNN(glorot_uniform(rng, units, inputs), scale * orthogonal(rng, units, units), np.zeros(units))


def new_lstm(rng: np.random.Generator, inputs: int, units: int, forget_bias: float = 1.0) -> LSTM:
    """Return a new cell; Keras starts the bias of the forget gate at 1 (Jozefowicz et al., 2015), that of the others at 0."""
    b = np.zeros(4 * units)
    b[units : 2 * units] = forget_bias
    return LSTM(glorot_uniform(rng, 4 * units, inputs), orthogonal(rng, 4 * units, units), b)


def new_gru(rng: np.random.Generator, inputs: int, units: int, update_bias: float = 0.0) -> GRU:
    """Return a new cell; `update_bias` is b_z, which Keras starts at 0."""
    b = np.zeros(3 * units)
    b[:units] = update_bias
    return GRU(glorot_uniform(rng, 3 * units, inputs), orthogonal(rng, 3 * units, units), b, np.zeros(3 * units))
