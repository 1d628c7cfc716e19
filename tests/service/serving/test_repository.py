"""The models on disk: found, refused with the path and the fault, and reloaded while requests are answered."""

import asyncio
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from service.artifacts import bundle
from service.artifacts.bundle import Bundle
from service.artifacts.files import BundleError
from service.artifacts.golden import Golden, GoldenCase
from service.errors import Overloaded
from service.serving.batching import never_disconnected
from service.serving.repository import ModelRepository
from tests import fakes


def test_one_bad_version_is_left_out_and_the_others_serve(tmp_path, caplog):
    """A start is like a reload: the log has the file and the fault."""
    load = fakes.FakeLoad(tmp_path, [fakes.sentiment_bundle(), fakes.forecast_bundle(answer=61.0)])
    repository, refused = start(tmp_path, load)
    assert [model.predictor.card.name for model in repository] == ["sentiment"]
    assert [(version.name, version.version) for version in refused] == [("gru", "1")]
    assert "gru/1/golden.json: golden case 1 differs" in caplog.text
    assert [record.levelname for record in caplog.records if "left out" in record.message] == ["ERROR"]


def test_a_bad_version_ends_the_start_where_the_settings_refuse_it(tmp_path):
    bundles = [fakes.sentiment_bundle(), fakes.forecast_bundle(answer=61.0)]
    with pytest.raises(BundleError, match=r"gru/1/golden\.json: golden case 1 differs"):
        start(tmp_path, fakes.FakeLoad(tmp_path, bundles), on_bad_version="refuse")


@pytest.mark.parametrize("setting", ["skip", "refuse"])
def test_the_start_fails_with_every_reason_if_nothing_can_be_served(tmp_path, setting):
    cards = [fakes.forecast_card(version=version) for version in ("1", "2")]
    load = fakes.FakeLoad(tmp_path, [fakes.forecast_bundle(card, answer=61.0) for card in cards])
    with pytest.raises(BundleError) as refusal:
        start(tmp_path, load, on_bad_version=setting)
    assert [
        f"gru/{version}/golden.json" in fault for version, fault in zip("12", refusal.value.faults, strict=True)
    ] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    "failure",
    [
        BundleError("gru/1/saved_model.pb uses ReadFile"),
        PermissionError(13, "Permission denied", "gru/1/variables"),
        FileNotFoundError(2, "No such file or directory", "gru/1/manifest.json"),
        MemoryError(),
        RecursionError("maximum recursion depth exceeded"),
        TypeError("prepare() got an unexpected keyword argument 'reading'"),
        ValueError("a corrupt network"),
        OSError(5, "Input/output error"),
        UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_whatever_a_version_raises_it_alone_is_left_out(tmp_path, failure, caplog):
    """At the start and at a reload; the reason names the version."""
    bundles = fakes.FakeLoad(tmp_path, [fakes.sentiment_bundle(), fakes.forecast_bundle()])

    def load(path, threads, backend):
        if path.parent.name == "gru":
            raise failure
        return bundles(path, threads, backend)

    async def run():
        repository = ModelRepository(fakes.settings(tmp_path), load)
        at_start = await repository.open()
        report = await repository.reload()
        await repository.close()
        return at_start, report.refused

    for refused in asyncio.run(run()):
        ((name, version, reason),) = refused
        assert (name, version) == ("gru", "1")
        assert "gru/1" in reason
        assert reason.isprintable()
    assert "Traceback" not in caplog.text


def test_a_predictor_that_cannot_be_made_is_refused(tmp_path):
    """Its card and its parts do not fit together."""
    bundle = replace(fakes.forecast_bundle(), scaler=None)
    with pytest.raises(BundleError, match="gru/1"):
        start(tmp_path, fakes.FakeLoad(tmp_path, [bundle]))


def test_golden_answers_with_other_keys_are_refused(tmp_path):
    golden = Golden(
        relative_tolerance=1e-4, absolute_tolerance=1e-3, cases=[GoldenCase(request={"nonsense": 1}, answer=[1.0])]
    )
    with pytest.raises(BundleError, match=r"gru/1/golden\.json: golden case 1 fails: TypeError"):
        start(tmp_path, fakes.FakeLoad(tmp_path, [replace(fakes.forecast_bundle(), golden=golden)]))


def start(path, load, **changes):
    """The registry after a start, and what was refused."""

    async def run():
        repository = ModelRepository(fakes.settings(path, **changes), load)
        refused = await repository.open()
        registry = list(repository.registry)
        await repository.close()
        return registry, refused

    return asyncio.run(run())


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


def sentiment_models(directory, *names):
    for name in names:
        directory.put(fakes.sentiment_bundle(fakes.sentiment_card(name=name)))


@pytest.mark.parametrize(
    ("names", "known"), [(["sentiment"], "loaded are 'sentiment'"), ([], "none is loaded")], ids=["another", "none"]
)
def test_a_start_without_the_default_sentiment_model_of_the_setting_says_so(directory, names, known):
    """The name may be of no model, or of a forecaster."""
    sentiment_models(directory, *names)
    for name in ("airline", "gru"):
        with pytest.raises(BundleError) as refusal:
            opened(directory, None, sentiment_model=name)
        assert str(refusal.value) == (
            f"GATECAST_SENTIMENT_MODEL is '{name}', which is no sentiment model here; {known}"
        )


def test_the_default_sentiment_model_stays_the_default_over_reloads(directory):
    """Also when it is gone from disk: no other model answers in its name. A reload reports it until it is back."""
    sentiment_models(directory, "airline", "sentiment")

    async def work(repository):
        before = repository.registry.classifier()
        directory.remove("airline", "1")
        sentiment_models(directory, "another")
        report = await repository.reload()
        assert repository.registry.classifier() is before
        assert [(each.name, "GATECAST_SENTIMENT_MODEL" in each.reason) for each in report.refused] == [
            ("airline", True)
        ]
        assert report.retired == []
        sentiment_models(directory, "airline")
        assert (await repository.reload()).refused == []
        return repository.registry.classifier().predictor.card.name

    assert opened(directory, work, sentiment_model="airline") == "airline"


def test_without_the_setting_the_default_sentiment_model_may_change(directory):
    """It is `sentiment` once that is there."""
    sentiment_models(directory, "airline")

    async def work(repository):
        before = repository.registry.classifier().predictor.card.name
        sentiment_models(directory, "sentiment")
        await repository.reload()
        return before, repository.registry.classifier().predictor.card.name

    assert opened(directory, work) == ("airline", "sentiment")


def test_an_empty_model_directory_does_not_keep_the_others_from_serving(directory, caplog):
    """A training that failed may have left one: a line in the log names it."""
    (directory.path / "my-sales").mkdir()

    async def work(repository):
        return versions(repository)

    assert opened(directory, work, on_bad_version="refuse") == ["1"]
    assert [r.message for r in caplog.records if "my-sales" in r.message] == [
        f"ignored: {directory.path / 'my-sales'} holds no version"
    ]


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


def test_one_stray_directory_never_blocks_a_reload(directory, caplog):
    """It is ignored with a warning, and a new version beside it is loaded."""

    async def work(repository):
        for name in ("gru/2.bak", "gru/.3-unfinished", "lost+found", "GRU/1", "gru/01", "new"):
            (directory.path / name).mkdir(parents=True)
        directory.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))
        report = await repository.reload()
        assert report.refused == []
        return versions(repository)

    assert opened(directory, work) == ["1", "2"]
    ignored = [record for record in caplog.records if record.message.startswith("ignored: ")]
    assert {record.levelname for record in ignored} == {"WARNING"}
    assert len(ignored) == 6


def test_a_models_directory_that_is_gone_leaves_all_serving(directory, tmp_path):
    """A volume that is not mounted, for example; the report has the reason."""

    async def work(repository):
        directory.path.rename(tmp_path.with_name("away"))
        report = await repository.reload()
        assert (report.refused[0].name, report.refused[0].version) == (None, None)
        assert "is not a directory" in report.refused[0].reason
        tmp_path.with_name("away").rename(directory.path)
        return versions(repository)

    assert opened(directory, work) == ["1"]


def denied(function, name):
    """The function, without the permission for paths that have `name` in them, as for another user than root."""

    def call(path, *arguments, **options):
        if f"/{name}" in os.fspath(path):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return function(path, *arguments, **options)

    return call


@pytest.mark.parametrize("function", ["os.listdir", "os.scandir", "os.stat", "os.open", "pathlib.Path.stat"])
@pytest.mark.parametrize("name", ["gru", "gru/2", "gru/2/SHA256SUMS", "gru/2/compiled"])
def test_what_may_not_be_read_is_refused_and_what_serves_goes_on(directory, monkeypatch, function, name):
    """At a reload a missing permission is a fault of the version, or of the model, like any other; nothing is raised."""

    async def work(repository):
        directory.put(fakes.forecast_bundle(fakes.forecast_card(version="2")), "x")
        directory.compile("gru", "2")
        module, _, attribute = function.rpartition(".")
        owner = {"os": os, "pathlib.Path": Path}[module]
        with monkeypatch.context() as patch:
            patch.setattr(owner, attribute, denied(getattr(owner, attribute), name))
            report = await repository.reload()
        assert all(
            "Permission denied" in refused.reason and name.split("/")[0] in refused.reason for refused in report.refused
        )
        assert report.retired == []
        return versions(repository)

    assert opened(directory, work)[0] == "1"


def test_a_model_that_cannot_be_looked_into_is_told_and_not_retired(directory, monkeypatch):
    """The report has its name without a version; the other models are reloaded."""
    directory.put(fakes.sentiment_bundle())

    async def work(repository):
        directory.put(fakes.sentiment_bundle(fakes.sentiment_card("2")))
        with monkeypatch.context() as patch:
            patch.setattr(os, "listdir", denied(os.listdir, "gru"))
            report = await repository.reload()
        assert [(refused.name, refused.version) for refused in report.refused] == [("gru", None)]
        assert "gru cannot be read: Permission denied" in report.refused[0].reason
        assert [(loaded.name, loaded.version) for loaded in report.loaded] == [("sentiment", "2")]
        return versions(repository)

    assert opened(directory, work) == ["1", "1", "2"]


def test_a_start_with_a_models_directory_that_may_not_be_read_says_so(directory, monkeypatch):
    monkeypatch.setattr(os, "listdir", denied(os.listdir, directory.path.name))
    with pytest.raises(BundleError, match="cannot be read: Permission denied"):
        opened(directory, lambda repository: None)


def test_a_version_that_disappears_while_it_is_loaded_is_refused(directory, monkeypatch):
    async def work(repository):
        directory.put(fakes.forecast_bundle(fakes.forecast_card(version="2")))

        def vanishing(self, path, threads, backend):
            shutil.rmtree(path)
            return bundle.load(path, threads, backend)

        with monkeypatch.context() as patch:
            patch.setattr(FakeModelsDirectory, "__call__", vanishing)
            report = await repository.reload()
        assert "gru/2" in report.refused[0].reason
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
