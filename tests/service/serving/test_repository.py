"""The models on disk: found, refused with the path and the fault, and reloaded while requests are answered."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from service.artifacts.bundle import Bundle
from service.artifacts.files import BundleError
from service.errors import Overloaded
from service.serving.batching import never_disconnected
from service.serving.repository import ModelRepository, version_directories
from tests import fakes


def test_versions_are_found_and_other_files_ignored(tmp_path):
    """Plain files, and directories that begin with a dot (a version that is being written), are not models."""
    (tmp_path / "gru" / "2").mkdir(parents=True)
    (tmp_path / "gru" / ".3-unfinished").mkdir()
    (tmp_path / "README.md").write_text("")
    assert version_directories(tmp_path) == [tmp_path / "gru" / "2"]


@pytest.mark.parametrize("path", ["gru/v1", "gru/01", "gru/0", "GRU/1", "gru/1.bak", "my model/1"])
def test_a_directory_that_is_not_a_version_is_refused_by_name(tmp_path, path):
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


def test_one_version_with_wrong_golden_answers_keeps_the_service_from_starting(tmp_path):
    """Nothing is served beside a wrong model."""
    load = fakes.FakeLoad(tmp_path, [fakes.sentiment_bundle(), fakes.forecast_bundle(answer=61.0)])

    async def start():
        await ModelRepository(fakes.settings(tmp_path), load).open()

    with pytest.raises(BundleError, match=r"gru/1/golden\.json: golden case 1 differs"):
        asyncio.run(start())


class FakeModelsDirectory:
    """A models directory with fake versions, and the function that loads them. `loads` has the backend of every load."""

    def __init__(self, path):
        self.path = path
        self.bundles: dict[tuple[str, str], Bundle] = {}
        self.loads: list[str] = []

    def put(self, bundle, digest="first"):
        card = bundle.card
        version = self.path / card.name / card.version
        version.mkdir(parents=True, exist_ok=True)
        (version / "SHA256SUMS").write_text(digest)
        self.bundles[card.name, card.version] = bundle

    def compile(self, name, version):
        (self.path / name / version / "compiled").mkdir()

    def remove(self, name, version):
        shutil.rmtree(self.path / name / version)

    def __call__(self, path, threads, backend):
        self.loads.append(backend)
        return replace(self.bundles[path.parent.name, path.name], backend=backend)


@pytest.fixture
def directory(tmp_path):
    directory = FakeModelsDirectory(tmp_path)
    directory.put(fakes.forecast_bundle(fakes.forecast_card(version="1")))
    return directory


def opened(directory, work, **changes):
    """The result of `work(repository)` on an open repository, which is closed afterwards."""

    async def run():
        repository = ModelRepository(fakes.settings(directory.path, **changes), directory)
        await repository.open()
        try:
            return await work(repository)
        finally:
            await repository.close()

    return asyncio.run(run())


def versions(repository):
    return [model.predictor.card.version for model in repository.registry]


def test_a_reload_loads_what_is_new_and_keeps_what_is_unchanged(directory):
    async def work(repository):
        first = repository.registry.get("gru")
        directory.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))
        report = await repository.reload()
        assert [(v.name, v.version) for v in report.loaded] == [("gru", "2")]
        assert (report.retired, report.refused) == ([], [])
        assert repository.registry.get("gru", "1") is first
        assert repository.registry.get("gru").predictor.card.version == "2"

    opened(directory, work)
    assert len(directory.loads) == 2


def test_a_reload_without_changes_changes_nothing(directory):
    async def work(repository):
        before = repository.registry
        await repository.reload()
        assert repository.registry is before

    opened(directory, work)


def test_a_version_that_is_gone_is_retired_and_its_batcher_closed(directory):
    directory.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))

    async def work(repository):
        old = repository.registry.get("gru", "2").batcher
        directory.remove("gru", "2")
        report = await repository.reload()
        assert [(v.name, v.version) for v in report.retired] == [("gru", "2")]
        await asyncio.gather(*repository._background)
        with pytest.raises(Overloaded):
            await old.submit(None, 0, never_disconnected)
        return versions(repository)

    assert opened(directory, work) == ["1"]


def test_a_version_with_wrong_golden_answers_is_refused_and_the_old_one_serves(directory):
    async def work(repository):
        directory.put(fakes.forecast_bundle(fakes.forecast_card(version="2"), answer=61.0))
        report = await repository.reload()
        assert (report.refused[0].name, report.refused[0].version) == ("gru", "2")
        assert "golden case 1 differs" in report.refused[0].reason
        assert repository.reloads == {"done": 0, "refused": 1}
        return versions(repository)

    assert opened(directory, work) == ["1"]


def test_a_version_that_was_changed_in_place_and_fails_leaves_the_loaded_one_serving(directory):
    async def work(repository):
        before = repository.registry
        directory.put(fakes.forecast_bundle(answer=61.0), digest="second")
        report = await repository.reload()
        assert len(report.refused) == 1
        assert repository.registry is before

    opened(directory, work)


def test_a_directory_that_cannot_be_read_as_models_is_refused_as_a_whole(directory):
    async def work(repository):
        (directory.path / "gru" / "new").mkdir()
        report = await repository.reload()
        assert "its name is not a version" in report.refused[0].reason
        return versions(repository)

    assert opened(directory, work) == ["1"]


def test_files_that_cannot_be_read_are_refused(directory, monkeypatch):
    """A missing permission is a fault of the version, like any other."""

    async def work(repository):
        directory.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))

        def unreadable(*_):
            raise PermissionError("not yours")

        with monkeypatch.context() as patch:
            patch.setattr(directory, "bundles", {})
            patch.setattr(FakeModelsDirectory, "__call__", unreadable)
            loading = await repository.reload()
        with monkeypatch.context() as patch:
            patch.setattr(Path, "iterdir", unreadable)
            scanning = await repository.reload()
        assert "not yours" in loading.refused[0].reason
        assert "not yours" in scanning.refused[0].reason
        return versions(repository)

    assert opened(directory, work) == ["1"]


def test_a_request_is_answered_by_the_version_with_which_it_began(directory):
    """Its batcher is closed only after the request has left, even if it is asked after the reload."""

    async def work(repository):
        registry = repository.registry
        registry.enter()
        directory.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))
        directory.remove("gru", "1")
        await repository.reload()
        model = registry.get("gru")
        soon = asyncio.get_running_loop().time() + 20
        answer = await model.batcher.submit(model.predictor.prepare(fakes.READINGS), soon, never_disconnected)
        assert repository._background
        registry.leave()
        await asyncio.gather(*repository._background)
        return model.predictor.card.version, answer.result, versions(repository)

    version, forecast, now = opened(directory, work)
    assert (version, now) == ("1", ["2"])
    assert forecast.values == pytest.approx([60.0], abs=1e-3)


def test_a_model_of_two_old_registries_is_not_closed_with_the_first(directory):
    """After two reloads during a slow request, the model with which it began still answers."""

    async def work(repository):
        slow = repository.registry
        slow.enter()
        for version in ("2", "3"):
            directory.put(fakes.forecast_bundle(fakes.forecast_card(version=version)))
            await repository.reload()
        directory.remove("gru", "1")
        await repository.reload()
        model = slow.get("gru")
        soon = asyncio.get_running_loop().time() + 20
        await model.batcher.submit(model.predictor.prepare(fakes.READINGS), soon, never_disconnected)
        slow.leave()

    opened(directory, work)


def test_reloads_run_one_after_another(directory):
    """Two reloads at the same time do not load a version twice."""

    async def work(repository):
        directory.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))
        reports = await asyncio.gather(repository.reload(), repository.reload())
        return [len(report.loaded) for report in reports]

    assert opened(directory, work) == [1, 0]


def test_loads_by_tensorflow_after_the_start_are_limited(directory):
    """TensorFlow never frees the memory of a model. Over the limit a version is refused; the report says how many are left."""

    async def work(repository):
        directory.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))
        first = await repository.reload()
        directory.put(fakes.forecast_bundle(fakes.forecast_card(version="3")))
        second = await repository.reload()
        assert (first.tensorflow_loads, first.tensorflow_loads_left) == (1, 0)
        assert "restart the service" in second.refused[0].reason
        return versions(repository)

    assert opened(directory, work, engine="tensorflow", max_tensorflow_reloads=1) == ["1", "2"]


def test_auto_takes_the_compiled_form_if_there_is_one(directory):
    directory.compile("gru", "1")
    directory.put(fakes.sentiment_bundle())

    async def work(repository):
        return {m.predictor.card.name: m.predictor.backend for m in repository.registry}

    assert opened(directory, work) == {"gru": "onnx", "sentiment": "tensorflow"}


def test_auto_serves_the_saved_model_if_the_compiled_form_is_refused(directory, caplog):
    """An outdated compiled form makes the service slower, but it starts; the log has the reason."""
    directory.compile("gru", "1")

    def load(path, threads, backend):
        if backend == "onnx":
            raise BundleError("gru/1/compiled was compiled from another SavedModel")
        return directory(path, threads, backend)

    async def start():
        repository = ModelRepository(fakes.settings(directory.path), load)
        await repository.open()
        backends = [m.predictor.backend for m in repository.registry]
        await repository.close()
        return backends

    assert asyncio.run(start()) == ["tensorflow"]
    assert "compiled from another SavedModel" in caplog.text


def test_a_backend_that_is_named_is_the_only_one_tried(directory):
    directory.compile("gru", "1")

    async def work(repository):
        return directory.loads

    assert opened(directory, work, engine="tensorflow") == ["tensorflow"]
    assert opened(directory, work, engine="onnx") == ["tensorflow", "onnx"]
