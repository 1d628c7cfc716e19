"""models/<name>/<version>/ on disk → a registry of proven engines: opened, reloaded without downtime, closed.

A reload loads beside what is serving, proves, swaps at once and drains the old. What fails stays out and is
reported; what it would have replaced goes on.
"""

import asyncio
import gc
import hashlib
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from service.artifacts import onnx
from service.artifacts.bundle import SUMS, Bundle, EngineName
from service.artifacts.card import Name, Version
from service.artifacts.files import BundleError
from service.artifacts.golden import verify
from service.forecast.forecaster import Forecaster
from service.predictors import load_predictor
from service.sentiment.classifier import SentimentClassifier
from service.serving.batching import Limits
from service.serving.engine import Engine, inline_seconds
from service.serving.registry import Loaded, LoadedClassifier, LoadedForecaster, Registry
from service.settings import Settings

Load = Callable[[Path, int, EngineName], Bundle]
Predictor = Forecaster | SentimentClassifier
ENGINES: dict[str, tuple[EngineName, ...]] = {
    "auto": ("onnx", "tensorflow"),
    "onnx": ("onnx",),
    "tensorflow": ("tensorflow",),
}
log = logging.getLogger("gatecast")


class VersionName(NamedTuple):
    """A version of a model, as models/<name>/<version>/ names it."""

    name: str
    version: str


class RefusedVersion(NamedTuple):
    """A version that stayed out, and why; without a name, the models directory as a whole."""

    name: str | None
    version: str | None
    reason: str


class ReloadReport(NamedTuple):
    """What a rescan of the models directory changed."""

    loaded: list[VersionName]
    retired: list[VersionName]
    refused: list[RefusedVersion]
    tensorflow_loads: int  # SavedModels that TensorFlow loaded since the start
    tensorflow_loads_left: int


class ModelRepository:
    """Keeps `registry` true to the disk. `load` can be replaced by a fake."""

    def __init__(self, settings: Settings, load: Load) -> None:
        self._settings = settings
        self._load = load
        self._lock = asyncio.Lock()
        self._retiring: set[asyncio.Task[None]] = set()
        self.registry = Registry([])
        self.reloads = {"done": 0, "refused": 0}
        self.tensorflow_loads = 0  # after the start

    async def open(self) -> None:
        """Load and prove every version under `models_dir`, or raise BundleError and start nothing."""
        paths = await asyncio.to_thread(version_directories, self._settings.models_dir)
        found = [await self._proven(path) for path in paths]
        self.registry = Registry([self._started(*each) for each in found])

    async def reload(self) -> ReloadReport:
        """Bring the registry up to what is on disk; one reload at a time. Raises nothing that a file could cause."""
        async with self._lock:
            report, loaded = await self._rescanned()
            before = self.registry
            if set(loaded) != set(before):
                self.registry = Registry(loaded)
                self._in_background(_retire(before))
            self.reloads["refused" if report.refused else "done"] += 1
            for refused in report.refused:
                log.error("reload: refused: %s", refused.reason)
            log.info("reload: loaded %s, retired %s", _names(report.loaded), _names(report.retired))
            return report

    async def close(self) -> None:
        """Drain every engine."""
        before, self.registry = self.registry, Registry([])
        self._in_background(_retire(before))
        while self._retiring:
            await asyncio.gather(*self._retiring)

    async def _rescanned(self) -> tuple[ReloadReport, list[Loaded]]:
        """What is on disk now: versions that were loaded and are unchanged, and new ones, proven."""
        serving = {(m.predictor.card.name, m.predictor.card.version): m for m in self.registry}
        loaded: dict[tuple[str, str], Loaded] = {}
        new: list[tuple[str, str]] = []
        refused: list[RefusedVersion] = []
        try:
            paths = await asyncio.to_thread(version_directories, self._settings.models_dir)
        except BundleError as error:
            return self._report([], [], [RefusedVersion(name=None, version=None, reason=str(error))]), [
                *serving.values()
            ]
        for path in paths:
            key = path.parent.name, path.name
            try:
                if key in serving and serving[key].digest == await asyncio.to_thread(_digest, path):
                    loaded[key] = serving[key]
                    continue
                loaded[key] = self._started(*await self._proven(path, reloading=True))
                new.append(key)
            except BundleError as error:
                refused.append(RefusedVersion(name=key[0], version=key[1], reason=str(error)))
                if key in serving:
                    loaded[key] = serving[key]
        retired = [key for key in serving if key not in loaded]
        return self._report(new, retired, refused), [*loaded.values()]

    def _report(
        self, new: list[tuple[str, str]], retired: list[tuple[str, str]], refused: list[RefusedVersion]
    ) -> ReloadReport:
        return ReloadReport(
            loaded=[VersionName(name=name, version=version) for name, version in new],
            retired=[VersionName(name=name, version=version) for name, version in retired],
            refused=refused,
            tensorflow_loads=self.tensorflow_loads,
            tensorflow_loads_left=self._settings.max_tensorflow_reloads - self.tensorflow_loads,
        )

    async def _proven(self, path: Path, *, reloading: bool = False) -> tuple[Predictor, str]:
        """One version, loaded into the first engine of the setting that it is proven in, and its digest."""
        engines = ENGINES[self._settings.engine]
        if len(engines) > 1 and not await asyncio.to_thread(onnx.exists, path):
            engines = engines[1:]
        for engine in engines:
            try:
                limited = engine == "tensorflow" and reloading
                if limited:
                    self._check_tensorflow_loads(path)
                digest = await asyncio.to_thread(_digest, path)
                loaded = await asyncio.to_thread(_loaded, path, self._load, self._settings.threads, engine)
                self.tensorflow_loads += limited
                found = await asyncio.to_thread(_proved, path, loaded)
            except BundleError as error:
                if engine == engines[-1]:
                    raise
                log.error("refused as compiled, TensorFlow is tried instead: %s", error)
                refusal = error
            else:
                log.info("loaded %s version %s, engine %s", found.card.name, found.card.version, engine)
                return found, digest
        raise refusal

    def _check_tensorflow_loads(self, path: Path) -> None:
        if self.tensorflow_loads >= self._settings.max_tensorflow_reloads:
            raise BundleError(
                f"{path} is not loaded: TensorFlow has loaded {self.tensorflow_loads} versions since the start and gives "
                "no memory back; restart the service (or raise GATECAST_MAX_TENSORFLOW_RELOADS)"
            )

    def _started(self, found: Predictor, digest: str) -> Loaded:
        limits = Limits(
            max_batch=self._settings.max_batch,
            max_queue=self._settings.max_queue,
            inline_seconds=inline_seconds(found.engine, self._settings.inline_ms),
        )
        if isinstance(found, Forecaster):
            return LoadedForecaster(found, Engine(found, found.card.name, limits), digest)
        return LoadedClassifier(found, Engine(found, found.card.name, limits), digest)

    def _in_background(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._retiring.add(task)
        task.add_done_callback(self._retired)

    def _retired(self, task: asyncio.Task[None]) -> None:
        self._retiring.discard(task)
        gc.collect()  # engines and their networks hold on to each other; unasked, Python would look hours later


async def _retire(registry: Registry) -> None:
    """Once the last request has left it: close the engines that no other registry holds."""
    await registry.drained()
    await asyncio.gather(*(model.engine.close() for model in registry if model.engine.release()))


def version_directories(models_dir: Path) -> list[Path]:
    """Every models/<name>/<version>/; raises BundleError for anything that is not one.

    Plain files beside the model directories (a README) are left alone, and so are names that begin
    with a dot: a version that is being written has one.
    """
    try:
        return _version_directories(models_dir)
    except OSError as error:
        raise BundleError(f"{models_dir} cannot be read: {error}") from error


def _version_directories(models_dir: Path) -> list[Path]:
    if not models_dir.is_dir():
        raise BundleError(f"{models_dir} is not a directory; GATECAST_MODELS_DIR names the models")
    found: list[Path] = []
    for model in _directories(models_dir, Name, "a model name (lower-case letters, digits, _)"):
        versions = _directories(model, Version, "a version (a whole number from 1)")
        if not versions:
            raise BundleError(f"{model} holds no version directory")
        found += versions
    if not found:
        raise BundleError(
            f"{models_dir} holds no models; train some with `make train-forecast` and `make train-sentiment`"
        )
    return found


def _directories(parent: Path, rule: Any, meaning: str) -> list[Path]:
    adapter = TypeAdapter(rule)
    found = sorted(p for p in parent.iterdir() if p.is_dir() and not p.name.startswith("."))
    for path in found:
        try:
            adapter.validate_python(path.name)
        except ValidationError:
            raise BundleError(f"{path}: its name is not {meaning}") from None
    return found


def _digest(path: Path) -> str:
    """Of the two files that state what a version is made of; one that has neither gets the same as any such."""
    stated = [path / SUMS, path / onnx.DIRECTORY / onnx.MANIFEST]
    try:
        return hashlib.sha256(b"\0".join(file.read_bytes() for file in stated if file.is_file())).hexdigest()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error}") from error


def _loaded(path: Path, load: Load, threads: int, engine: EngineName) -> Bundle:
    try:
        return load(path, threads, engine)
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error}") from error


def _proved(path: Path, loaded: Bundle) -> Predictor:
    found = load_predictor(loaded)
    verify(found, loaded.golden, str(path / "golden.json"))
    return found


def _names(versions: Iterable[VersionName]) -> str:
    return ", ".join(f"{v.name}/{v.version}" for v in versions) or "nothing"
