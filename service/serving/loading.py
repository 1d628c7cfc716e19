"""A version on disk → a predictor that is verified: loaded in the first backend in which its golden answers come out."""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

from ..artifacts import onnx
from ..artifacts.bundle import SUMS, Backend, Bundle
from ..artifacts.files import MAX_JSON_BYTES, BundleError, read_bytes, refuse, refusing
from ..artifacts.golden import verify
from ..forecast.forecaster import Forecaster
from ..forecast.window_forecaster import WindowForecaster
from ..predictors import load_predictor
from ..sentiment.classifier import SentimentClassifier
from ..settings import Settings
from .batching import Limits, MicroBatcher
from .model_measures import ModelMeasures, ServingMeasures
from .registry import LoadedClassifier, LoadedForecaster, LoadedModel

Load = Callable[[Path, int, Backend], Bundle]
BACKENDS: dict[str, tuple[Backend, ...]] = {
    "auto": ("onnx", "tensorflow"),
    "onnx": ("onnx",),
    "tensorflow": ("tensorflow",),
}
# A model call on the event loop delays other requests, but saves two hand-overs between threads. With one core nothing
# else could run meanwhile, so all calls but long ones run there. With more cores only very short calls do.
INLINE_SECONDS_ONE_CORE = 0.020
INLINE_SECONDS = 0.0003
log = logging.getLogger("gatecast")


class Loader:
    """Loads and verifies versions. Tests replace `load` by a fake. `tensorflow_loads` counts those after the start."""

    def __init__(self, settings: Settings, load: Load, measures: ServingMeasures | None = None) -> None:
        self._settings = settings
        self._measures = measures
        self._load = load
        self.tensorflow_loads = 0

    @property
    def tensorflow_loads_left(self) -> int:
        """How many SavedModels TensorFlow may still load."""
        return self._settings.max_tensorflow_reloads - self.tensorflow_loads

    async def load(self, path: Path, *, is_reload: bool) -> tuple[Forecaster | SentimentClassifier, str]:
        """Return one version in the first backend of the setting in which it is verified, and its digest.

        Raises BundleError with the faults of all backends.
        """
        backends = BACKENDS[self._settings.engine]
        if len(backends) > 1 and not await asyncio.to_thread(onnx.exists, path):
            backends = backends[1:]
        faults: list[str] = []
        for backend in backends:
            try:
                is_limited = backend == "tensorflow" and is_reload
                if is_limited:
                    self._check_tensorflow_loads(path)
                digest = await asyncio.to_thread(digest_of, path)
                bundle = await asyncio.to_thread(_load_bundle, path, self._load, self._settings.threads, backend)
                self.tensorflow_loads += is_limited
                predictor = await asyncio.to_thread(_verified_predictor, path, bundle)
            except BundleError as error:
                faults += [fault for fault in error.faults if fault not in faults]
                if backend != backends[-1]:
                    log.error("refused as compiled, TensorFlow is tried instead: %s", error)
            else:
                if digest != await asyncio.to_thread(digest_of, path):
                    refuse(path, "was changed while it was loaded")
                log.info("loaded %s version %s, engine %s", predictor.card.name, predictor.card.version, backend)
                return predictor, digest
        raise BundleError("; ".join(faults))

    def with_batcher(self, predictor: Forecaster | SentimentClassifier, digest: str) -> LoadedModel:
        """Return the model with a batcher of its own. Needs a running event loop."""
        limits = Limits(
            max_batch=self._settings.max_batch,
            max_queue=self._settings.max_queue,
            inline_seconds=inline_seconds(predictor.backend, self._settings.inline_ms, self._settings.cores),
        )
        name = predictor.card.name
        measures = self._measures_of(predictor)
        if isinstance(predictor, Forecaster):
            return LoadedForecaster(predictor, MicroBatcher(predictor, limits, name, measures), digest)
        return LoadedClassifier(predictor, MicroBatcher(predictor, limits, name, measures), digest)

    def _check_tensorflow_loads(self, path: Path) -> None:
        if self.tensorflow_loads >= self._settings.max_tensorflow_reloads:
            raise BundleError(
                f"{path} is not loaded: TensorFlow has loaded {self.tensorflow_loads} versions since the start and gives "
                "no memory back; restart the service (or raise GATECAST_MAX_TENSORFLOW_RELOADS)"
            )

    def _measures_of(self, predictor: Forecaster | SentimentClassifier) -> ModelMeasures | None:
        if self._measures is None:
            return None
        steps = predictor.window if isinstance(predictor, WindowForecaster) else 1
        return self._measures.of(predictor.card.name, predictor.card.version, steps)


def inline_seconds(backend: Backend, inline_ms: float | None, cores: int) -> float:
    """Return how long a model call may be expected to take and still run on the event loop.

    `inline_ms` is the setting in milliseconds; without it the number of cores that this process may count on decides.
    TensorFlow never runs there.
    """
    if backend != "onnx":
        return 0.0
    if inline_ms is not None:
        return inline_ms / 1000
    return INLINE_SECONDS_ONE_CORE if cores <= 1 else INLINE_SECONDS


def digest_of(path: Path) -> str:
    """SHA-256 of the two files that state what a version is made of; the same for all versions that have neither."""
    files = [path / SUMS, path / onnx.DIRECTORY / onnx.MANIFEST]
    with refusing(path):
        contents = [read_bytes(file, MAX_JSON_BYTES) for file in files if file.is_file()]
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def _load_bundle(path: Path, load: Load, threads: int, backend: Backend) -> Bundle:
    with refusing(path):
        return load(path, threads, backend)


def _verified_predictor(path: Path, bundle: Bundle) -> Forecaster | SentimentClassifier:
    with refusing(path):
        predictor = load_predictor(bundle)
        verify(predictor, bundle.golden, str(path / "golden.json"))
    return predictor
