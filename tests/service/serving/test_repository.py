"""What lies under models/: found, refused with the path and the fault, and reloaded while requests go on."""

import asyncio
import shutil
from dataclasses import replace

import pytest

from service.artifacts.files import BundleError
from service.errors import Overloaded
from service.serving.batching import never_disconnected
from service.serving.repository import ModelRepository, version_directories
from tests import fakes


def test_versions_are_found_and_bystanders_left_alone(tmp_path):
    """Plain files, and directories that begin with a dot (a version being written), are no models."""
    (tmp_path / "gru" / "2").mkdir(parents=True)
    (tmp_path / "gru" / ".3-unfinished").mkdir()
    (tmp_path / "README.md").write_text("")
    assert version_directories(tmp_path) == [tmp_path / "gru" / "2"]


@pytest.mark.parametrize("path", ["gru/v1", "gru/01", "gru/0", "GRU/1", "gru/1.bak", "my model/1"])
def test_a_directory_that_is_no_version_is_refused_by_name(tmp_path, path):
    (tmp_path / path).mkdir(parents=True)
    with pytest.raises(BundleError, match="its name is not"):
        version_directories(tmp_path)


def test_an_empty_model_directory_is_refused(tmp_path):
    (tmp_path / "gru").mkdir()
    with pytest.raises(BundleError, match="gru holds no version"):
        version_directories(tmp_path)


def test_no_models_at_all_says_how_to_train_some(tmp_path):
    with pytest.raises(BundleError, match="make train-forecast"):
        version_directories(tmp_path)
    with pytest.raises(BundleError, match="is not a directory"):
        version_directories(tmp_path / "nowhere")


def test_one_version_that_fails_its_proof_keeps_the_service_from_starting(tmp_path):
    """Failing to start is a feature: nothing is served next to a wrong model."""
    load = fakes.FakeLoad(tmp_path, [fakes.sentiment_bundle(), fakes.forecast_bundle(answer=61.0)])

    async def start():
        await ModelRepository(fakes.settings(tmp_path), load).open()

    with pytest.raises(BundleError, match=r"gru/1/golden\.json: golden case 1 differs"):
        asyncio.run(start())


class Shelf:
    """A models directory of fake versions, on which versions come and go; counts loads by engine."""

    def __init__(self, path):
        self.path = path
        self.bundles = {}
        self.loads = []

    def put(self, bundle, digest="first"):
        card = bundle.card
        directory = self.path / card.name / card.version
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "SHA256SUMS").write_text(digest)
        self.bundles[card.name, card.version] = bundle

    def compile(self, name, version):
        (self.path / name / version / "compiled").mkdir()

    def remove(self, name, version):
        shutil.rmtree(self.path / name / version)

    def __call__(self, path, threads, backend):
        self.loads.append(backend)
        return replace(self.bundles[path.parent.name, path.name], backend=backend)


@pytest.fixture
def shelf(tmp_path):
    shelf = Shelf(tmp_path)
    shelf.put(fakes.forecast_bundle(fakes.forecast_card(version="1")))
    return shelf


def opened(shelf, work, **changes):
    """Run `work(library)` on an open library, then close it."""

    async def run():
        library = ModelRepository(fakes.settings(shelf.path, **changes), shelf)
        await library.open()
        try:
            return await work(library)
        finally:
            await library.close()

    return asyncio.run(run())


def versions(library):
    return [model.predictor.card.version for model in library.registry]


def test_a_reload_loads_what_is_new_and_keeps_what_is_unchanged(shelf):
    async def work(library):
        first = library.registry.get("gru")
        shelf.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))
        report = await library.reload()
        assert [(v.name, v.version) for v in report.loaded] == [("gru", "2")]
        assert (report.retired, report.refused) == ([], [])
        assert library.registry.get("gru", "1") is first
        assert library.registry.get("gru").predictor.card.version == "2"

    opened(shelf, work)
    assert len(shelf.loads) == 2


def test_a_reload_without_changes_changes_nothing(shelf):
    async def work(library):
        before = library.registry
        await library.reload()
        assert library.registry is before

    opened(shelf, work)


def test_a_version_that_is_gone_is_retired_and_its_engine_closed(shelf):
    shelf.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))

    async def work(library):
        old = library.registry.get("gru", "2").batcher
        shelf.remove("gru", "2")
        report = await library.reload()
        assert [(v.name, v.version) for v in report.retired] == [("gru", "2")]
        await asyncio.gather(*library._background)
        with pytest.raises(Overloaded):
            await old.submit(None, 0, never_disconnected)
        return versions(library)

    assert opened(shelf, work) == ["1"]


def test_a_version_that_fails_its_proof_is_refused_and_the_old_one_goes_on(shelf):
    async def work(library):
        shelf.put(fakes.forecast_bundle(fakes.forecast_card(version="2"), answer=61.0))
        report = await library.reload()
        assert (report.refused[0].name, report.refused[0].version) == ("gru", "2")
        assert "golden case 1 differs" in report.refused[0].reason
        assert library.reloads == {"done": 0, "refused": 1}
        return versions(library)

    assert opened(shelf, work) == ["1"]


def test_a_version_that_was_changed_in_place_and_fails_leaves_the_loaded_one(shelf):
    async def work(library):
        before = library.registry
        shelf.put(fakes.forecast_bundle(answer=61.0), digest="second")
        report = await library.reload()
        assert len(report.refused) == 1
        assert library.registry is before

    opened(shelf, work)


def test_a_directory_that_cannot_be_read_as_models_is_refused_as_a_whole(shelf):
    async def work(library):
        (shelf.path / "gru" / "new").mkdir()
        report = await library.reload()
        assert "its name is not a version" in report.refused[0].reason
        return versions(library)

    assert opened(shelf, work) == ["1"]


def test_files_that_cannot_be_read_are_refused_and_break_nothing(shelf, monkeypatch):
    """A permission that is missing is a fault of a version, as any other."""

    async def work(library):
        shelf.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))

        def unreadable(*_):
            raise PermissionError("not yours")

        with monkeypatch.context() as patch:
            patch.setattr(shelf, "bundles", {})
            patch.setattr(Shelf, "__call__", unreadable)
            loading = await library.reload()
        with monkeypatch.context() as patch:
            patch.setattr(fakes.Path, "iterdir", unreadable)
            scanning = await library.reload()
        assert "not yours" in loading.refused[0].reason
        assert "not yours" in scanning.refused[0].reason
        return versions(library)

    assert opened(shelf, work) == ["1"]


def test_a_request_ends_on_the_version_that_it_began_with(shelf):
    """Its engine is closed only after it has left, even when it asks after the swap."""

    async def work(library):
        registry = library.registry
        registry.enter()
        shelf.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))
        shelf.remove("gru", "1")
        await library.reload()
        model = registry.get("gru")
        soon = asyncio.get_running_loop().time() + 20
        answer = await model.batcher.submit(model.predictor.prepare(fakes.READINGS), soon, never_disconnected)
        assert library._background
        registry.leave()
        await asyncio.gather(*library._background)
        return model.predictor.card.version, answer.result, versions(library)

    version, forecast, now = opened(shelf, work)
    assert (version, now) == ("1", ["2"])
    assert forecast.values == pytest.approx([60.0], abs=1e-3)


def test_an_engine_that_two_old_registries_hold_outlives_the_first(shelf):
    """Two reloads overtake a slow request: what it began with is still there."""

    async def work(library):
        slow = library.registry
        slow.enter()
        for version in ("2", "3"):
            shelf.put(fakes.forecast_bundle(fakes.forecast_card(version=version)))
            await library.reload()
        shelf.remove("gru", "1")
        await library.reload()
        model = slow.get("gru")
        soon = asyncio.get_running_loop().time() + 20
        await model.batcher.submit(model.predictor.prepare(fakes.READINGS), soon, never_disconnected)
        slow.leave()

    opened(shelf, work)


def test_reloads_one_after_another(shelf):
    """Two at once do not load the same version twice."""

    async def work(library):
        shelf.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))
        reports = await asyncio.gather(library.reload(), library.reload())
        return [len(report.loaded) for report in reports]

    assert opened(shelf, work) == [1, 0]


def test_tensorflow_may_load_only_so_many_after_the_start(shelf):
    """It keeps the memory of what it once loaded: over the cap a version is refused, and it is said how many are left."""

    async def work(library):
        shelf.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))
        first = await library.reload()
        shelf.put(fakes.forecast_bundle(fakes.forecast_card(version="3")))
        second = await library.reload()
        assert (first.tensorflow_loads, first.tensorflow_loads_left) == (1, 0)
        assert "restart the service" in second.refused[0].reason
        return versions(library)

    assert opened(shelf, work, engine="tensorflow", max_tensorflow_reloads=1) == ["1", "2"]


def test_auto_takes_the_compiled_form_where_there_is_one(shelf):
    shelf.compile("gru", "1")
    shelf.put(fakes.sentiment_bundle())

    async def work(library):
        return {m.predictor.card.name: m.predictor.backend for m in library.registry}

    assert opened(shelf, work) == {"gru": "onnx", "sentiment": "tensorflow"}


def test_auto_serves_the_saved_model_where_the_compiled_form_is_refused(shelf, caplog):
    """A stale compiled form costs speed, not the service; the log says so."""
    shelf.compile("gru", "1")

    def load(path, threads, backend):
        if backend == "onnx":
            raise BundleError("gru/1/compiled was compiled from another SavedModel")
        return shelf(path, threads, backend)

    async def start():
        library = ModelRepository(fakes.settings(shelf.path), load)
        await library.open()
        engines = [m.predictor.backend for m in library.registry]
        await library.close()
        return engines

    assert asyncio.run(start()) == ["tensorflow"]
    assert "compiled from another SavedModel" in caplog.text


def test_an_engine_that_is_named_is_the_only_one_tried(shelf):
    shelf.compile("gru", "1")

    async def work(library):
        return shelf.loads

    assert opened(shelf, work, engine="tensorflow") == ["tensorflow"]
    assert opened(shelf, work, engine="onnx") == ["tensorflow", "onnx"]
