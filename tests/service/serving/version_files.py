"""Versions on disk that are whole by their checksums, and a repository that loads them as fakes, every byte compared."""

import asyncio
from dataclasses import replace

from service.artifacts import bundle, onnx
from service.serving.repository import ModelRepository
from service.serving.versions import RefusedVersion, ReloadReport
from service.serving.watching import Watcher
from tests import fakes


def write_version(models_dir, version="1", name="gru", content=b"weights", *, compiled=True):
    """A version whose network is a fake; `content` makes its files different."""
    original = fakes.forecast_bundle(fakes.forecast_card(name, version))

    def write(path):
        (path / "variables").mkdir()
        (path / "variables" / "data").write_bytes(content)
        (path / "saved_model.pb").write_bytes(b"graph")

    path = bundle.save(models_dir, original.card, original.golden, write, scaler=original.scaler)
    if compiled:
        onnx.write(path, b"network " + content)
    return path


def load_whole(path, threads, backend):
    """Check a version as the service does, and return a fake network. `loads` in a test counts by its own means."""
    bundle.verify(path)
    card, scaler, golden = bundle.read(path)
    return replace(fakes.forecast_bundle(card), scaler=scaler, golden=golden, backend=backend)


class Clock:
    """Time that only a test moves."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Watched:
    """An open repository with a watcher, whose looks a test makes one by one. `reports` has what each reload changed."""

    def __init__(self, models_dir, load=load_whole, **changes):
        self.settings = fakes.settings(models_dir, **changes)
        self.repository = ModelRepository(self.settings, load)
        self.clock = Clock()
        self.reports = []
        self.worker_fault = None  # why another worker cannot take a reload
        self.watcher = Watcher(self.settings, self.repository, self._reload, self.clock)

    async def _reload(self, unsettled):
        if self.worker_fault is None:
            report = await self.repository.reload(unsettled)
        else:
            report = ReloadReport([], [], [RefusedVersion(None, None, self.worker_fault)], 0, 0)
        self.reports.append(report)
        return report

    async def look(self, seconds=1.0):
        """Look once, so many seconds after the last look."""
        self.clock.now += seconds
        await self.watcher.look()

    async def looks(self, count, seconds=1.0):
        for _ in range(count):
            await self.look(seconds)

    @property
    def versions(self):
        """What serves, the version that answers by default last."""
        registry = self.repository.registry
        return [model.predictor.card.version for model in sorted(registry, key=registry.is_default)]


def watching(models_dir, work, **changes):
    """The result of `work(watched)` on an open repository, which is closed afterwards."""

    async def run():
        watched = Watched(models_dir, **changes)
        await watched.repository.open()
        try:
            await watched.look()
            return await work(watched)
        finally:
            await watched.repository.close()

    return asyncio.run(run())
