"""The tutorial's forecasters: Keras models and nothing else.

They read float32 (batch, window, 1) in scaled units. Every recurrent layer has `use_cudnn=False`, so that a graph that
was traced on a machine with a GPU also runs on a CPU.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

DROPOUT = 0.2


def simple_rnn(window: int) -> keras.Model:
    """(batch, window, 1) → (batch, 1); one layer of three units."""
    return keras.Sequential([keras.Input((window, 1)), layers.SimpleRNN(3), layers.Dropout(DROPOUT), layers.Dense(1)])


def lstm(window: int, steps: int = 1) -> keras.Model:
    """(batch, window, 1) → (batch, steps); four stacked LSTM layers of 45 units."""
    stack: list[Any] = [keras.Input((window, 1))]
    for is_last in (False, False, False, True):
        stack += [
            layers.LSTM(45, return_sequences=not is_last, use_cudnn=False),
            layers.Dropout(DROPOUT),
        ]
    return keras.Sequential([*stack, layers.Dense(steps)])


def time_distributed(window: int) -> keras.Model:
    """(batch, window, 1) → (batch, window, 1): the next reading at every position."""
    stack: list[Any] = [keras.Input((window, 1))]
    for _ in range(4):
        stack += [
            layers.LSTM(45, return_sequences=True, use_cudnn=False),
            layers.Dropout(DROPOUT),
        ]
    return keras.Sequential([*stack, layers.TimeDistributed(layers.Dense(1))])


def gru(window: int) -> keras.Model:
    """(batch, window, 1) → (batch, 1); one layer of 256 units."""
    return keras.Sequential(
        [
            keras.Input((window, 1)),
            layers.GRU(256, use_cudnn=False),
            layers.Dropout(DROPOUT),
            layers.Dense(1),
        ]
    )


FORECASTERS: dict[str, Callable[[int, int], keras.Model]] = {  # (window, steps) → network
    "simple_rnn": lambda window, _: simple_rnn(window),
    "lstm": lambda window, _: lstm(window),
    "lstm14": lstm,
    "time_distributed": lambda window, _: time_distributed(window),
    "gru": lambda window, _: gru(window),
}

LAYERS = {  # in words, for the card
    "simple_rnn": "SimpleRNN(3, tanh) → Dropout 0.2 → Dense(1)",
    "lstm": "4 × [LSTM(45) → Dropout 0.2] → Dense(1)",
    "lstm14": "4 × [LSTM(45) → Dropout 0.2] → Dense(14)",
    "time_distributed": "4 × [LSTM(45, sequences) → Dropout 0.2] → TimeDistributed(Dense(1))",
    "gru": "GRU(256) → Dropout 0.2 → Dense(1)",
}
