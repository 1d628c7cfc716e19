"""models/<name>/<version>/ on disk → a registry of verified models: opened, reloaded without downtime, closed.

A reload loads new versions beside those that serve, verifies them, swaps all at once and retires the old ones. What fails
stays out and is reported; what it would have replaced goes on serving. The start does the same, with nothing that serves
yet; it fails if nothing can be served. directories.py finds the versions.
"""

import asyncio
import gc
import hashlib
import logging
import os
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..artifacts import onnx
from ..artifacts.bundle import SUMS, Backend, Bundle
from ..artifacts.files import MAX_JSON_BYTES, BundleError, read_bytes, refusing
from ..artifacts.golden import verify
from ..forecast.forecaster import Forecaster
from ..forecast.window_forecaster import WindowForecaster
from ..predictors import load_predictor
from ..sentiment.classifier import SentimentClassifier
from ..settings import Settings
from .batching import Limits, MicroBatcher
from .directories import find_versions
from .model_measures import ModelMeasures, ServingMeasures
from .registry import LoadedClassifier, LoadedForecaster, LoadedModel, Registry, quoted

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
DEFAULT_IS_GONE = "GATECAST_SENTIMENT_MODEL names this model, and it is no longer in the models directory; what was loaded of it serves on"
log = logging.getLogger("gatecast")


class VersionName(NamedTuple):
    """A version of a model, as models/<name>/<version>/ names it."""

    name: str
    version: str


class RefusedVersion(NamedTuple):
    """A version that was not loaded, and why.

    Without a version, the directory of the model could not be read; without a name, the models directory.
    """

    name: str | None
    version: str | None
    reason: str


class ReloadReport(NamedTuple):
    """What a reload changed."""

    loaded: list[VersionName]
    retired: list[VersionName]
    refused: list[RefusedVersion]
    tensorflow_loads: int  # SavedModels that TensorFlow loaded since the start
    tensorflow_loads_left: int


class ModelRepository:
    """Keeps `registry` equal to the models on disk. Tests replace `load` by a fake."""

    def __init__(self, settings: Settings, load: Load, measures: ServingMeasures | None = None) -> None:
        self.measures = measures
        self.refused: list[RefusedVersion] = []  # by the last scan
        self._settings = settings
        self._load = load
        self._lock = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()
        self.registry = Registry([])
        self.reloads = {"done": 0, "refused": 0}
        self.tensorflow_loads = 0  # after the start

    async def open(self) -> list[RefusedVersion]:
        """Load and verify every version under `models_dir`; returns those that are left out.

        Raises BundleError, with all reasons, if nothing can be served, or if there is a bad version and the settings
        refuse to start with one.
        """
        report, models = await self._rescan(is_reload=False)
        if report.refused and (not models or self._settings.on_bad_version == "refuse"):
            raise BundleError(*[refused.reason for refused in report.refused])
        for refused in report.refused:
            log.error("left out: %s", refused.reason)
        self._check_default(models)
        self.registry, self.refused = self._registry(models), report.refused
        return report.refused

    async def reload(self) -> ReloadReport:
        """Load what is new on disk and retire what is gone, one reload at a time. No file on disk makes it raise."""
        async with self._lock:
            report, models = await self._rescan(is_reload=True)
            before, self.refused = self.registry, report.refused
            if set(models) != set(before):
                self.registry = self._registry(models)
                self._run_in_background(before.retire())
            self.reloads["refused" if report.refused else "done"] += 1
            for refused in report.refused:
                log.error("reload: refused: %s", refused.reason)
            log.info("reload: loaded %s, retired %s", _names(report.loaded), _names(report.retired))
            return report

    async def close(self) -> None:
        """Answer every request in flight, then close all models."""
        before, self.registry = self.registry, Registry([])
        self._run_in_background(before.retire())
        while self._background:
            await asyncio.gather(*self._background)

    async def _rescan(self, *, is_reload: bool) -> tuple[ReloadReport, list[LoadedModel]]:
        """The models on disk now: those that are loaded and unchanged, and new ones, verified."""
        serving = {VersionName(m.predictor.card.name, m.predictor.card.version): m for m in self.registry}
        try:
            found = await asyncio.to_thread(find_versions, self._settings.models_dir)
        except BundleError as error:
            return self._report([], [], [RefusedVersion(None, None, "; ".join(error.faults))]), [*serving.values()]
        for ignored in found.ignored:
            log.warning("ignored: %s", ignored)
        # what cannot be looked into may be there still, so nothing of it is retired
        models = {key: model for key, model in serving.items() if key.name in found.unreadable}
        refused = [RefusedVersion(name, None, reason) for name, reason in found.unreadable.items()]
        loaded: list[VersionName] = []
        for path in found.versions:
            key = VersionName(path.parent.name, path.name)
            try:
                if key in serving and serving[key].digest == await asyncio.to_thread(_digest, path):
                    models[key] = serving[key]
                    continue
                models[key] = self._with_batcher(*await self._load_verified(path, is_reload=is_reload))
                loaded.append(key)
            except BundleError as error:
                log.debug("refused", exc_info=error)
                refused.append(RefusedVersion(*key, str(error)))
                if key in serving:
                    models[key] = serving[key]
        if kept := self._missing_default(serving, models):
            models |= kept
            refused.append(RefusedVersion(self._settings.sentiment_model, None, DEFAULT_IS_GONE))
        retired = [key for key in serving if key not in models]
        return self._report(loaded, retired, refused), [*models.values()]

    def _registry(self, models: Iterable[LoadedModel]) -> Registry:
        return Registry(models, self._settings.sentiment_model)

    def _check_default(self, models: Sequence[LoadedModel]) -> None:
        """Raise BundleError if the setting names a sentiment model that is not loaded."""
        name = self._settings.sentiment_model
        names = sorted({model.predictor.card.name for model in models if isinstance(model, LoadedClassifier)})
        if name is not None and name not in names:
            known = f"loaded are {quoted(names)}" if names else "none is loaded"
            raise BundleError(f"GATECAST_SENTIMENT_MODEL is '{name}', which is no sentiment model here; {known}")

    def _missing_default(
        self, serving: Mapping[VersionName, LoadedModel], found: Mapping[VersionName, LoadedModel]
    ) -> dict[VersionName, LoadedModel]:
        """What serves of the sentiment model that the setting names, if it is no longer on disk.

        It serves on, so that no other model answers in its name.
        """
        name = self._settings.sentiment_model
        if any(key.name == name and isinstance(model, LoadedClassifier) for key, model in found.items()):
            return {}
        return {key: model for key, model in serving.items() if key.name == name}

    def _report(
        self, loaded: list[VersionName], retired: list[VersionName], refused: list[RefusedVersion]
    ) -> ReloadReport:
        left = self._settings.max_tensorflow_reloads - self.tensorflow_loads
        return ReloadReport(loaded, retired, refused, self.tensorflow_loads, left)

    async def _load_verified(self, path: Path, *, is_reload: bool) -> tuple[Forecaster | SentimentClassifier, str]:
        """One version in the first backend of the setting in which it is verified, and its digest."""
        backends = BACKENDS[self._settings.engine]
        if len(backends) > 1 and not await asyncio.to_thread(onnx.exists, path):
            backends = backends[1:]
        faults: list[str] = []
        for backend in backends:
            try:
                is_limited = backend == "tensorflow" and is_reload
                if is_limited:
                    self._check_tensorflow_loads(path)
                digest = await asyncio.to_thread(_digest, path)
                bundle = await asyncio.to_thread(_load_bundle, path, self._load, self._settings.threads, backend)
                self.tensorflow_loads += is_limited
                predictor = await asyncio.to_thread(_verified_predictor, path, bundle)
            except BundleError as error:
                faults += [fault for fault in error.faults if fault not in faults]
                if backend != backends[-1]:
                    log.error("refused as compiled, TensorFlow is tried instead: %s", error)
            else:
                log.info("loaded %s version %s, engine %s", predictor.card.name, predictor.card.version, backend)
                return predictor, digest
        raise BundleError("; ".join(faults))

    def _check_tensorflow_loads(self, path: Path) -> None:
        if self.tensorflow_loads >= self._settings.max_tensorflow_reloads:
            raise BundleError(
                f"{path} is not loaded: TensorFlow has loaded {self.tensorflow_loads} versions since the start and gives "
                "no memory back; restart the service (or raise GATECAST_MAX_TENSORFLOW_RELOADS)"
            )

    def _with_batcher(self, predictor: Forecaster | SentimentClassifier, digest: str) -> LoadedModel:
        limits = Limits(
            max_batch=self._settings.max_batch,
            max_queue=self._settings.max_queue,
            inline_seconds=inline_seconds(predictor.backend, self._settings.inline_ms),
        )
        name = predictor.card.name
        measures = self._measures_of(predictor)
        if isinstance(predictor, Forecaster):
            return LoadedForecaster(predictor, MicroBatcher(predictor, limits, name, measures), digest)
        return LoadedClassifier(predictor, MicroBatcher(predictor, limits, name, measures), digest)

    def _measures_of(self, predictor: Forecaster | SentimentClassifier) -> ModelMeasures | None:
        if self.measures is None:
            return None
        steps = predictor.window if isinstance(predictor, WindowForecaster) else 1
        return self.measures.of(predictor.card.name, predictor.card.version, steps)

    def _run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._end_background)

    def _end_background(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        gc.collect()  # models and batchers refer to each other; unasked, Python would free them hours later


def inline_seconds(backend: Backend, inline_ms: float | None) -> float:
    """Return how long a model call may be expected to take and still run on the event loop.

    `inline_ms` is the setting in milliseconds; without it the number of cores decides. TensorFlow never runs there.
    """
    if backend != "onnx":
        return 0.0
    if inline_ms is not None:
        return inline_ms / 1000
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return INLINE_SECONDS_ONE_CORE if cores == 1 else INLINE_SECONDS


def _digest(path: Path) -> str:
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


def _names(versions: Iterable[VersionName]) -> str:
    return ", ".join(f"{v.name}/{v.version}" for v in versions) or "nothing"
