"""models/<name>/<version>/ on disk → a registry of verified models: opened, reloaded without downtime, closed.

A reload loads new versions beside those that serve, verifies them (scanning.py), swaps all at once and retires the old ones.
What fails stays out and is reported; what it would have replaced goes on serving. The start does the same, with nothing that
serves yet; it fails if nothing can be served. Several processes reload together: one prepares, the others prepare what it has
proven, and then all commit.
"""

import asyncio
import gc
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any

from ..artifacts.files import BundleError
from ..policies import Policy
from ..settings import Settings
from .loading import Load, Loader
from .model_measures import ServingMeasures
from .registry import LoadedClassifier, LoadedModel, Registry, quoted
from .scanning import Scanner
from .versions import (
    NOTHING_UNSETTLED,
    Prepared,
    RefusedVersion,
    ReloadReport,
    Unsettled,
    VersionDigest,
    VersionName,
    list_versions,
)

__all__ = [
    "Load",
    "ModelRepository",
    "NotPrepared",
    "Prepared",
    "RefusedVersion",
    "ReloadReport",
    "VersionDigest",
    "VersionName",
]

log = logging.getLogger("gatecast")


class NotPrepared(Exception):
    """What is to be committed is not what was prepared last."""


class ModelRepository:
    """Keeps `registry` equal to the models on disk. Tests replace `load` by a fake."""

    def __init__(self, settings: Settings, load: Load, measures: ServingMeasures | None = None) -> None:
        self._settings = settings
        self._loader = Loader(settings, load, measures)
        self._scanner = Scanner(settings, self._loader)
        self._lock = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()
        self._prepared: Prepared | None = None
        self.policies: dict[str, Policy] = {}  # in use, by the model's name
        self._is_open = False
        self.registry = Registry([])
        self.refused: list[RefusedVersion] = []  # by the last scan
        self.measures = measures
        self.reloads = {"done": 0, "refused": 0}
        self.count_reload: Callable[[str], object] = str  # is called with the outcome of each

    @property
    def tensorflow_loads(self) -> int:
        """SavedModels that TensorFlow loaded after the start."""
        return self._loader.tensorflow_loads

    async def open(self, only: Collection[VersionDigest] | None = None) -> list[RefusedVersion]:
        """Load and verify every version under `models_dir`, or those of `only`; returns those that are left out.

        Raises BundleError, with all reasons, if nothing can be served, or if there is a bad version and the settings
        refuse to start with one.
        """
        prepared = await self.prepare(only)
        refused, models = prepared.report.refused, prepared.models
        try:
            if refused and (not models or self._settings.on_bad_version == "refuse"):
                raise BundleError(*[each.reason for each in refused])
            for each in refused:
                log.error("left out: %s", each.reason)
            self._check_default(models)
        except BundleError:
            await self.discard(prepared)
            raise
        self._swap(prepared)
        self._is_open = True
        return refused

    async def reload(self, unsettled: Unsettled = NOTHING_UNSETTLED) -> ReloadReport:
        """Load what is new on disk and retire what is gone, one reload at a time. No file on disk makes it raise."""
        return self.commit(await self.prepare(unsettled=unsettled))

    async def prepare(
        self, only: Collection[VersionDigest] | None = None, unsettled: Unsettled = NOTHING_UNSETTLED
    ) -> Prepared:
        """Load and verify what is to serve, beside what serves, and change nothing. One after another.

        That is what is on disk, but for what is `unsettled`; or exactly the versions of `only`, which another process has
        proven. What was prepared before and is not committed is discarded.
        """
        async with self._lock:
            if self._prepared is not None:
                await self.discard(self._prepared)
            if only is None:
                prepared = await self._scanner.scan(self.registry, self.policies, unsettled, is_reload=self._is_open)
            else:
                prepared = await self._scanner.take(self.registry, self.policies, only, is_reload=self._is_open)
            self._prepared = prepared
            return prepared

    @property
    def serving(self) -> list[VersionDigest]:
        """The versions that serve: what another process is to load, so that both serve the same."""
        return list_versions(self.registry, self.registry.arms)

    def commit(self, prepared: Prepared, *, is_counted: bool = True) -> ReloadReport:
        """Serve what was prepared, from the next request on, and retire what it replaces. Nothing is awaited.

        Of several processes that reload together, one counts and logs it.

        Raises NotPrepared if it was discarded, or prepared beside other models than those that serve.
        """
        if self._prepared is not prepared or self.registry is not prepared.base:
            raise NotPrepared("this reload was not the last to be prepared, or is committed or discarded already")
        before, report = self.registry, prepared.report
        if set(prepared.models) != set(before) or prepared.arms != before.arms:
            self._swap(prepared)
            self._run_in_background(before.retire())
        self._prepared, self.policies, self.refused = None, prepared.policies, report.refused
        if is_counted:
            self._count("refused" if report.refused else "done")
            _log(prepared, before)
        return report

    def note_refusal(self, refused: list[RefusedVersion]) -> None:
        """Note, log and count that a reload changes nothing, because another process could not take it too."""
        self.refused = refused
        self._count("refused")
        for each in refused:
            log.error("reload: refused: %s", each.reason)

    async def discard(self, prepared: Prepared) -> None:
        """Close the models of a reload that is not to be committed. A second time, or after a commit, nothing happens."""
        if self._prepared is prepared:
            self._prepared = None
            await asyncio.gather(*(model.batcher.close() for model in prepared.fresh))

    async def close(self) -> None:
        """Answer every request in flight, then close all models."""
        if self._prepared is not None:
            await self.discard(self._prepared)
        before, self.registry = self.registry, Registry([])
        self._run_in_background(before.retire())
        while self._background:
            await asyncio.gather(*self._background)

    def _swap(self, prepared: Prepared) -> None:
        self.registry = Registry(prepared.models, self._settings.sentiment_model, prepared.arms)
        self._prepared, self.policies, self.refused = None, prepared.policies, prepared.report.refused

    def _count(self, outcome: str) -> None:
        self.reloads[outcome] += 1
        self.count_reload(outcome)

    def _check_default(self, models: Sequence[LoadedModel]) -> None:
        """Raise BundleError if the setting names a sentiment model that is not loaded."""
        name = self._settings.sentiment_model
        names = sorted({model.predictor.card.name for model in models if isinstance(model, LoadedClassifier)})
        if name is not None and name not in names:
            known = f"loaded are {quoted(names)}" if names else "none is loaded"
            raise BundleError(f"GATECAST_SENTIMENT_MODEL is '{name}', which is no sentiment model here; {known}")

    def _run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._end_background)

    def _end_background(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        gc.collect()  # models and batchers refer to each other; unasked, Python would free them hours later


def _log(prepared: Prepared, before: Registry) -> None:
    """Say what a reload refuses and changes."""
    report = prepared.report
    for refused in report.refused:
        log.error("reload: refused: %s", refused.reason)
    log.info("reload: loaded %s, retired %s", _names(report.loaded), _names(report.retired))
    for name, arms in prepared.arms.items():
        if arms != before.arms.get(name):
            log.info("reload: %s: %s", name, arms)


def _names(versions: Iterable[VersionName]) -> str:
    return ", ".join(f"{v.name}/{v.version}" for v in versions) or "nothing"
