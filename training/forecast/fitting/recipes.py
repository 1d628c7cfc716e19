"""What each forecaster is: its decomposition of the window, its network and its settings.

`TUNED` are networks of this project, `TUTORIAL` keeps the tutorial's networks and settings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from keras import layers

from training.networks import tutorial

DROPOUT = 0.2
TUTORIAL_WINDOW = 15


@dataclass(frozen=True)
class ForecasterConfig:
    """How one tuned forecaster is built and trained.

    It is trained for `updates` steps on `batch_size` windows each, drawn with replacement; the learning rate decays to 0
    as a cosine. `trend_jitter` says how much random growth is added to the windows, see `bootstrap_windows`.
    """

    name: str
    layers: str  # in words, for the card
    core: Callable[[int], list[Any]]  # steps → layers
    decomposition: Literal["profile", "level", "everywhere"] = "profile"
    profile_seasons: int = 3
    input_seasons: int = 1
    trend_jitter: float = 1.0
    updates: int = 300
    batch_size: int = 64
    learning_rate: float = 5e-3


@dataclass(frozen=True)
class TutorialConfig:
    """One of the tutorial's networks, trained for a number of epochs."""

    name: str
    layers: str  # in words, for the card
    epochs: int = 100


def _gru(units: int) -> Any:
    return layers.GRU(units, use_cudnn=False)


def _lstm(units: int, return_sequences: bool = False) -> Any:
    return layers.LSTM(units, return_sequences=return_sequences, use_cudnn=False)


def _single(cell: Callable[[int], Any], units: int) -> Callable[[int], list[Any]]:
    return lambda steps: [cell(units), layers.Dropout(DROPOUT), layers.Dense(steps)]


def _stacked(steps: int) -> list[Any]:
    return [_lstm(24, return_sequences=True), _lstm(24), layers.Dropout(DROPOUT), layers.Dense(steps)]


def _distributed(steps: int) -> list[Any]:
    return [
        _lstm(24, return_sequences=True),
        layers.Dropout(DROPOUT),
        layers.TimeDistributed(layers.Dense(steps)),
    ]


TUNED: dict[str, ForecasterConfig] = {
    config.name: config
    for config in (
        ForecasterConfig(
            "simple_rnn", "log → less level and profile → SimpleRNN(16)", _single(layers.SimpleRNN, 16), updates=400
        ),
        ForecasterConfig("lstm", "log → less level and profile → 2 × LSTM(24)", _stacked, updates=400),
        ForecasterConfig("lstm14", "log → less level and profile → LSTM(48)", _single(_lstm, 48)),
        ForecasterConfig(
            "time_distributed",
            "log → less the base at every position → LSTM(24, sequences) → TimeDistributed(Dense)",
            _distributed,
            decomposition="everywhere",
            trend_jitter=0.6,
        ),
        ForecasterConfig(
            "gru",
            "log → less level and profile → GRU(16)",
            _single(_gru, 16),
            updates=200,
            batch_size=128,
            learning_rate=1e-2,
        ),
        # for the ensemble only: it reads two seasons and uses no profile, so that its errors differ from the others'
        ForecasterConfig(
            "level",
            "log → less level → GRU(32)",
            _single(_gru, 32),
            decomposition="level",
            input_seasons=2,
            updates=600,
        ),
    )
}
ENSEMBLE = ("simple_rnn", "lstm14", "time_distributed", "gru", "level")  # chosen on validation folds; equal weights
TUTORIAL: dict[str, TutorialConfig] = {
    name: TutorialConfig(name, tutorial.LAYERS[name]) for name in tutorial.FORECASTERS
}
