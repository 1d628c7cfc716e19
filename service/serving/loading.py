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
from ..artifacts.trusted_keys import TrustedKeys
from ..artifacts.verification import check_signature
from ..forecast.forecaster import Forecaster
from ..forecast.window_forecaster import WindowForecaster
from ..predictors import load_predictor
from ..sentiment.classifier import SentimentClassifier
from ..settings import Settings
from .admission import Limits
from .batching import MicroBatcher
from .model_measures import ModelMeasures, ServingMeasures
from .registry import LoadedClassifier, LoadedForecaster, LoadedModel

Load = Callable[..., Bundle]  # (path, threads, backend), and `trusted` where the settings have such keys
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
        self._trusted = self._read_trusted()

    @property
    def tensorflow_loads_left(self) -> int:
        """How many SavedModels TensorFlow may still load."""
        return self._settings.max_tensorflow_reloads - self.tensorflow_loads

    async def read_trusted(self) -> None:
        """Read the trusted keys again, before versions are looked at. Raises TrustedKeysError, and keeps those it had."""
        self._trusted = await asyncio.to_thread(self._read_trusted)

    async def digest(self, path: Path) -> str:
        """Return the digest of a version. Raises BundleError, also if there are trusted keys and none signed it.

        A signature is no part of the digest: a version that is signed again is the same, and is not loaded again.
        """
        return await asyncio.to_thread(digest_of, path, self._trusted)

    def _read_trusted(self) -> TrustedKeys | None:
        """The keys whose versions are served; None without the setting."""
        file = self._settings.trusted_keys_file
        return None if file is None else TrustedKeys.read(file)

    async def load(self, path: Path, *, is_reload: bool) -> tuple[Forecaster | SentimentClassifier, str]:
        """Return one version in the first backend of the setting in which it is verified, and its digest.

        Raises BundleError with the faults of all backends.
        """
        backends = BACKENDS[self._settings.engine]
        if len(backends) > 1 and not await asyncio.to_thread(onnx.exists, path):
            backends = backends[1:]
        digest = await self.digest(path)
        faults: list[str] = []
        for backend in backends:
            try:
                is_limited = backend == "tensorflow" and is_reload
                if is_limited:
                    self._check_tensorflow_loads(path)
                threads, trusted = self._settings.threads, self._trusted
                bundle = await asyncio.to_thread(_load_bundle, path, self._load, threads, backend, trusted)
                self.tensorflow_loads += is_limited
                predictor = await asyncio.to_thread(_verified_predictor, path, bundle)
            except BundleError as error:
                faults += [fault for fault in error.faults if fault not in faults]
                if backend != backends[-1]:
                    log.error("refused as compiled, TensorFlow is tried instead: %s", error)
            else:
                if digest != await self.digest(path):
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


def digest_of(path: Path, trusted: TrustedKeys | None = None) -> str:
    """SHA-256 of the two files that state what a version is made of; the same for all versions that have neither.

    Raises BundleError if there are `trusted` keys, and none of them signed it.
    """
    if trusted is not None:
        check_signature(path, trusted)
    files = [path / SUMS, path / onnx.DIRECTORY / onnx.MANIFEST]
    with refusing(path):
        contents = [read_bytes(file, MAX_JSON_BYTES) for file in files if file.is_file()]
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def _load_bundle(path: Path, load: Load, threads: int, backend: Backend, trusted: TrustedKeys | None) -> Bundle:
    with refusing(path):
        return load(path, threads, backend, **({} if trusted is None else {"trusted": trusted}))


def _verified_predictor(path: Path, bundle: Bundle) -> Forecaster | SentimentClassifier:
    with refusing(path):
        predictor = load_predictor(bundle)
        verify(predictor, bundle.golden, str(path / "golden.json"))
    return predictor
