"""Served forecasters as methods of a backtest."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from service.artifacts import bundle, onnx
from service.errors import UnsupportedLevel
from service.forecast.forecaster import Forecaster
from service.interfaces import Array
from service.predictors import load_predictor
from training.evaluation.rolling import Method, Predictions

BATCH = 32  # histories in one call


def versions(models_dir: Path, words: str) -> list[Path]:
    """Return the version directories for names or name/version with commas between, or `none`.

    A name without a version means its newest. Raises ValueError for one that is not there.
    """
    paths = []
    for word in () if words == "none" else [word for word in words.split(",") if word]:
        name, _, version = word.partition("/")
        matches = [path for path in bundle.versions(models_dir / name) if version in ("", path.name)]
        if not matches:
            raise ValueError(f"{models_dir} holds no '{word}'")
        paths.append(matches[-1])
    return paths


def load(path: Path) -> Forecaster:
    """Load a version with one thread. Raises BundleError where it does not load, and ValueError where it is a classifier."""
    forecaster = load_predictor(bundle.load(path, backend="onnx" if onnx.exists(path) else "tensorflow"))
    if not isinstance(forecaster, Forecaster):
        raise ValueError(f"{path} is no forecaster")
    return forecaster


def load_method(path: Path, season_length: int) -> Method:
    """Load a version as a method that forecasts as the service does.

    Raises BundleError where the version does not load, and ValueError where it is a classifier.
    """
    return as_method(load(path), season_length)


def as_method(forecaster: Forecaster, season_length: int) -> Method:
    """Return a method that calls `forecaster` as the service does; it leaves out the levels that are not supported."""

    def predict(histories: list[Array], steps: int, levels: Sequence[float]) -> Predictions:
        supported = tuple(level for level in sorted(levels) if is_supported(forecaster, level))
        prepared = [
            forecaster.prepare([None if np.isnan(r) else float(r) for r in history], steps, supported, season_length)
            for history in histories
        ]
        forecasts = [
            forecast
            for start in range(0, len(prepared), BATCH)
            for forecast in forecaster.predict(prepared[start : start + BATCH])
        ]
        bounds = [
            [[getattr(interval, end) for interval in forecast.intervals] for forecast in forecasts]
            for end in ("lower", "upper")
        ]
        shape = (len(forecasts), len(supported), steps)
        lower, upper = (np.moveaxis(np.array(bound, dtype=np.float64).reshape(shape), 1, 0) for bound in bounds)
        return Predictions(np.array([forecast.values for forecast in forecasts]), supported, lower, upper)

    return predict


def is_supported(forecaster: Forecaster, level: float) -> bool:
    """Whether a forecaster has intervals of a level in percent."""
    try:
        return bool(forecaster.levels([level]))
    except UnsupportedLevel:
        return False
