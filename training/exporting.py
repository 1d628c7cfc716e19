"""Write a version and prove it as the service will, or leave nothing behind."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from service import bundle
from service.card import ForecastCard, SentimentCard
from service.engine import prove
from service.predictors import Forecaster, SentimentClassifier, predictor
from service.scaling import MinMax


def save_proven(
    models_dir: Path,
    card: ForecastCard | SentimentCard,
    golden: bundle.Golden,
    write_model: Callable[[Path], None],
    *,
    scaler: MinMax | None = None,
    files: Mapping[str, Path] | None = None,
) -> tuple[Path, Forecaster | SentimentClassifier]:
    """`bundle.save`, then load the version and replay its golden answers; it is removed if they differ.

    Returns its path and the predictor that the service would run. Raises BundleError.
    """
    path = bundle.save(models_dir, card, golden, write_model, scaler=scaler, files=files)
    try:
        loaded = predictor(bundle.load(path))
        prove(loaded, golden, str(path))
    except BaseException:
        shutil.rmtree(path)
        raise
    return path, loaded
