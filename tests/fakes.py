"""Fakes of trained models: cards, and networks made of a line of numpy. TensorFlow is not needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from service.artifacts.bundle import Backend, Bundle
from service.artifacts.card import (
    Calibration,
    Comparison,
    ConfidenceThreshold,
    ForecastCard,
    Language,
    MixedRule,
    Poles,
    ReadingLimits,
    SentimentCard,
    StepErrors,
    TrainingData,
)
from service.artifacts.golden import Golden, GoldenCase
from service.artifacts.scaler import MinMax
from service.forecast.features.context_features import FORM
from service.forecast.forecaster import Forecaster
from service.interfaces import Network
from service.predictors import load_predictor
from service.serving.batching import MicroBatcher
from service.serving.registry import LoadedClassifier, LoadedForecaster, LoadedModel, Registry
from service.settings import Settings
from tests.patience import PATIENCE_S

WINDOW = 5
READINGS = [10.0, 20.0, 30.0, 40.0, 50.0]
COMMON: dict[str, Any] = {
    "format_version": 1,
    "network": "a line of numpy",
    "parameters": 1,
    "created": "2026-01-01T00:00:00+00:00",
    "made_with": {},
    "data": TrainingData(source="made up", sha256="0" * 64, rows=100, columns={}),
    "splits": [],
    "settings": {},
    "seeds": [0],
    "seed": 0,
    "choice": "",
    "scores": [],
    "spread": [],
    "limits": [],
}


def forecast_card(name: str = "gru", version: str = "1", **changes: Any) -> ForecastCard:
    defaults: dict[str, Any] = {
        "window": WINDOW,
        "steps": 1,
        "horizon": 1,
        "max_horizon": 10,
        "readings": ReadingLimits(minimum=0, maximum=100, window_std_minimum=5, window_std_maximum=30),
        "step_errors": StepErrors(
            baseline="seasonal_naive", split="test", model_rmse=[2.0, 4.0], baseline_rmse=[4.0, 4.0]
        ),
    }
    return ForecastCard(task="forecast", name=name, version=version, **(COMMON | defaults | changes))


def comparison(ratio: float, steps: int = 2) -> Comparison:
    """A network whose errors are so many times those of the forecaster of any series."""
    return Comparison(
        any_series="any/1",
        measured_on="made-up origins",
        origins=10,
        baseline="seasonal_naive",
        model_rmse=[2.0 * ratio] * steps,
        any_series_rmse=[2.0] * steps,
        baseline_rmse=[4.0] * steps,
    )


def sentiment_card(version: str = "1", **changes: Any) -> SentimentCard:
    """The card of a model with three classes, a few words of which are told apart by `good_words`."""
    defaults: dict[str, Any] = {
        "format_version": 2,
        "name": "sentiment",
        "classes": ["negative", "neutral", "positive"],
        "poles": Poles(negative="negative", positive="positive"),
        "max_tokens": 10,
        "truncation": "keep_last",
        "vocabulary": 100,
        "max_unknown_share": 0.5,
        "language": Language(
            code="en", common_words=3, least_common=0.2, most_unknown=0.25, least_tokens=4, threshold_choice=""
        ),
        "explanation_baseline": logits(0.2, 0.6, 0.2),
        "mixed": MixedRule(positive=0.5, negative=-0.5, threshold_choice=""),
        "calibration": Calibration(
            temperature=1,
            fitted_on="validation",
            expected_calibration_error=0.01,
            bins=15,
            measured_on="test",
            confidence_thresholds=[ConfidenceThreshold(confidence=0.8, coverage=0.9, accuracy_covered=0.95)],
            threshold_choice="",
        ),
    }
    return SentimentCard(task="sentiment", version=version, **(COMMON | defaults | changes))


def last_plus_ten(*arrays: Any) -> dict[str, Any]:
    """A network of one step: the last reading plus ten. Its input is scaled by 100."""
    (batch,) = arrays
    return {"output": batch[:, -1, :] + np.float32(0.1)}


def logits(*probabilities: float) -> list[float]:
    return [float(each) for each in np.log(probabilities)]


def network_of_words(baseline: Sequence[float], likely: Mapping[str, Sequence[float]]) -> Network:
    """A network that tokenizes: each word of `likely` turns the probabilities of the baseline into its own.

    The weights add up. Words that begin with 'zz' are unknown; 'a', 'the' and 'film' are common.
    """
    none = np.array(logits(*baseline))
    adds = {word: np.array(logits(*probabilities)) - none for word, probabilities in likely.items()}

    def weights(words: list[str]) -> Any:
        return np.array([adds.get(word.strip(".!?").lower(), none * 0) for word in words[-10:]] or [none * 0])

    def run(*arrays: Any) -> dict[str, Any]:
        (batch,) = arrays
        texts = [text.decode().split() for text in batch]
        rows = [weights(words) for words in texts]
        odds = np.exp([none + row.sum(axis=0) for row in rows])
        opposed = [row[:, -1] - row[:, 0] for row in rows]
        padded = np.zeros((len(rows), max(map(len, rows)), len(none)))
        for index, row in enumerate(rows):
            padded[index, : len(row)] = row

        def count(is_counted: Any) -> Any:
            return np.array([[sum(map(is_counted, words[-10:]))] for words in texts])

        return {
            "probability": odds / odds.sum(axis=1, keepdims=True),
            "evidence": np.array([[max(0, *row), min(0, *row)] for row in opposed]),
            "weights": padded,
            "tokens_total": np.array([[len(words)] for words in texts]),
            "tokens_unknown": count(lambda word: word.startswith("zz")),
            "words_read": count(lambda word: True),
            "words_unknown": count(lambda word: word.startswith("zz")),
            "words_common": count(lambda word: word.lower() in ("a", "the", "film")),
        }

    return run


GOOD_WORDS = {"good": (0.02, 0.08, 0.9), "bad": (0.9, 0.08, 0.02)}
good_words = network_of_words((0.2, 0.6, 0.2), GOOD_WORDS)  # neutral, unless it says 'good' or 'bad'


def forecast_bundle(
    card: ForecastCard | None = None,
    run: Network = last_plus_ten,
    answer: float = 60.0,
    readings: list[float] = READINGS,
) -> Bundle:
    golden = Golden(
        relative_tolerance=1e-4,
        absolute_tolerance=1e-3,
        cases=[GoldenCase(request={"readings": readings, "horizon": 1}, answer=[answer])],
    )
    return Bundle(card or forecast_card(), MinMax(0, 100), golden, run)


def universal_bundle(name: str = "any", spread: float = 0.0) -> Bundle:
    """A forecaster of any series, which continues its level and season; its outer deciles are so far from the median."""

    def run(*arrays: Any) -> dict[str, Any]:
        _, steps = arrays
        return {
            "output": np.zeros((*steps.shape[:2], 9), np.float32) + spread * np.linspace(-1, 1, 9, dtype=np.float32)
        }

    card = forecast_card(name, readings=None, reads="context", features=FORM, window=4, steps=64, max_horizon=64)
    golden = Golden(
        relative_tolerance=1e-4,
        absolute_tolerance=1e-3,
        cases=[GoldenCase(request={"readings": [10.0] * 8, "horizon": 1}, answer=[10.0])],
    )
    return Bundle(card, None, golden, run)


def sentiment_bundle(
    card: SentimentCard | None = None, run: Network = good_words, golden_answer: Sequence[float] = GOOD_WORDS["good"]
) -> Bundle:
    golden = Golden(
        relative_tolerance=1e-4,
        absolute_tolerance=1e-4,
        cases=[GoldenCase(request={"text": "a good film"}, answer=[*golden_answer, 3, 3, 0])],
    )
    return Bundle(card or sentiment_card(), None, golden, run)


def binary_bundle() -> Bundle:
    """A classifier of two classes, as users train them on two labels."""
    card = sentiment_card(classes=["negative", "positive"], explanation_baseline=logits(0.4, 0.6))
    run = network_of_words((0.4, 0.6), {"good": (0.1, 0.9), "bad": (0.9, 0.1)})
    return sentiment_bundle(card, run, (0.1, 0.9))


def topic_bundle() -> Bundle:
    """A classifier of topics, which have no poles."""
    card = sentiment_card(
        classes=["sport", "politics", "film", "music"],
        poles=None,
        mixed=None,
        explanation_baseline=logits(0.25, 0.25, 0.25, 0.25),
    )
    run = network_of_words((0.25, 0.25, 0.25, 0.25), {"film": (0.05, 0.05, 0.8, 0.1), "song": (0.1, 0.1, 0.1, 0.7)})
    return sentiment_bundle(card, run, (0.05, 0.05, 0.8, 0.1))


def default_bundles() -> list[Bundle]:
    """Two versions of one forecaster, a less accurate one, and a sentiment model."""
    worse = StepErrors(baseline="seasonal_naive", split="test", model_rmse=[9.0], baseline_rmse=[4.0])
    return [
        forecast_bundle(forecast_card(version="1")),
        forecast_bundle(forecast_card(version="2")),
        forecast_bundle(forecast_card("simple_rnn", step_errors=worse, window=3)),
        sentiment_bundle(),
    ]


class FakeLoad:
    """Stands for `bundle.load`, with bundles that are in memory. `models_dir` gets empty directories."""

    def __init__(self, models_dir: Path, bundles: list[Bundle]) -> None:
        self._bundles = {(b.card.name, b.card.version): b for b in bundles}
        for name, version in self._bundles:
            (models_dir / name / version).mkdir(parents=True)

    def __call__(self, path: Path, threads: int, backend: Backend) -> Bundle:
        return replace(self._bundles[path.parent.name, path.name], backend=backend)


class Gate:
    """Wraps a network. While the gate is closed, a call waits. `batches` has the size of every batch."""

    def __init__(self, run: Network) -> None:
        self._run = run
        self._open = Event()
        self._open.set()
        self.entered = Event()
        self.batches: list[int] = []

    def close(self) -> None:
        self._open.clear()
        self.entered.clear()

    def open(self) -> None:
        self._open.set()

    def __call__(self, *arrays: Any) -> Mapping[str, Any]:
        self.batches.append(len(arrays[0]))
        self.entered.set()
        assert self._open.wait(PATIENCE_S), "the gate was never opened"
        return self._run(*arrays)


def settings(models_dir: Path, **changes: Any) -> Settings:
    """The defaults, but for a deadline that a slow machine does not reach."""
    return Settings(models_dir=models_dir, **({"timeout_ms": 60_000} | changes))


@dataclass
class FakeCaller:
    """Waits for answers until `deadline`; notes the times that are recorded."""

    deadline: float = float("inf")
    has_left: bool = False
    times: list[tuple[float, float]] = field(default_factory=list)

    def is_disconnected(self) -> bool:
        return self.has_left

    def record(
        self, queue_seconds: float, compute_seconds: float, items: int = 1, started: float = 0.0, model: object = None
    ) -> None:
        self.times.append((queue_seconds, compute_seconds))


def loaded(bundle: Bundle) -> LoadedModel:
    """The model of a bundle with a batcher of its own. Needs a running event loop."""
    predictor = load_predictor(bundle)
    if isinstance(predictor, Forecaster):
        return LoadedForecaster(predictor, MicroBatcher(predictor), "digest")
    return LoadedClassifier(predictor, MicroBatcher(predictor), "digest")


def registry(bundles: list[Bundle]) -> Registry:
    """The models of bundles. Needs a running event loop; `await registry.retire()` ends its threads."""
    return Registry([loaded(bundle) for bundle in bundles])


def shaken(model: Any) -> Any:
    """Give a Keras model random weights, also for its biases: zeros would hide a bias in the wrong place."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(rng.normal(scale=max(weight.shape) ** -0.5, size=weight.shape))
    return model
