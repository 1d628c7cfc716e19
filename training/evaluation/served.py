"""Served forecasters as methods that a backtest can ask."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from service.artifacts import bundle, onnx
from service.errors import UnsupportedLevel
from service.forecast.forecaster import Forecaster
from service.interfaces import Array
from service.predictors import load_predictor
from training.evaluation.rolling import Method, Predictions

BATCH = 32  # windows in one call


def versions(models_dir: Path, words: str) -> list[Path]:
    """Directories of the versions named, the newest where no version is; ValueError for one that is not there."""
    found = []
    for word in () if words == "none" else [word for word in words.split(",") if word]:
        name, _, version = word.partition("/")
        wanted = [path for path in bundle.versions(models_dir / name) if version in ("", path.name)]
        if not wanted:
            raise ValueError(f"{models_dir} holds no '{word}'")
        found.append(wanted[-1])
    return found


def served(path: Path, season: int) -> Method:
    """A version as the service answers with it. Raises BundleError where it does not load, ValueError for a classifier."""
    forecaster = load_predictor(bundle.load(path, backend="onnx" if onnx.exists(path) else "tensorflow"))
    if not isinstance(forecaster, Forecaster):
        raise ValueError(f"{path} is no forecaster")
    return answering(forecaster, season)


def answering(forecaster: Forecaster, season: int) -> Method:
    """The one place here that knows how a forecaster is asked; levels that it cannot give are left out."""

    def answer(histories: list[Array], steps: int, levels: Sequence[float]) -> Predictions:
        given = tuple(level for level in sorted(levels) if _supported(forecaster, level))
        batch = [
            forecaster.prepare([None if np.isnan(r) else float(r) for r in h], steps, given, season) for h in histories
        ]
        found = [
            one for place in range(0, len(batch), BATCH) for one in forecaster.predict(batch[place : place + BATCH])
        ]
        point = np.array([one.values for one in found])
        bounds = [[[getattr(band, end) for band in one.intervals] for one in found] for end in ("lower", "upper")]
        shape = (len(found), len(given), steps)
        lower, upper = (np.moveaxis(np.array(bound, dtype=np.float64).reshape(shape), 1, 0) for bound in bounds)
        return Predictions(point, given, lower, upper)

    return answer


def _supported(forecaster: Forecaster, level: float) -> bool:
    try:
        return bool(forecaster.levels([level]))
    except UnsupportedLevel:
        return False
