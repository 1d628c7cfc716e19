"""Policies at the start and at reloads: newest, pinned and canary, from files and from the setting."""

import asyncio

import pytest

from service.artifacts.files import BundleError
from service.policies import Policy
from service.serving.policy_files import POLICY_FILE, read_policy_file, write_policy_file
from service.serving.repository import ModelRepository
from tests import fakes
from tests.service.serving.version_files import load_whole, write_version


@pytest.fixture
def models(tmp_path):
    for version in "12":
        write_version(tmp_path, version)
    return tmp_path


def opened(models, work, **changes):
    """The result of `work(repository)` on an open repository."""

    async def run():
        repository = ModelRepository(fakes.settings(models, **changes), load_whole)
        await repository.open()
        try:
            return await work(repository)
        finally:
            await repository.close()

    return asyncio.run(run())


async def shares(repository):
    registry = repository.registry
    return {f"{m.predictor.card.name}/{m.predictor.card.version}": registry.share_of(m) for m in registry}


def reasons(refused):
    return [each.reason for each in refused]


@pytest.mark.parametrize(
    ("policy", "setting", "expected"),
    [
        (None, "", {"gru/1": 0.0, "gru/2": 1.0}),
        (Policy("1"), "", {"gru/1": 1.0, "gru/2": 0.0}),
        (Policy("1", "2", 25), "", {"gru/1": 0.75, "gru/2": 0.25}),
        (Policy("1"), "gru=newest", {"gru/1": 0.0, "gru/2": 1.0}),
        (None, "gru=1+2:5%", {"gru/1": 0.95, "gru/2": 0.05}),
    ],
    ids=["newest", "pinned", "canary", "the setting wins", "canary of the setting"],
)
def test_the_policy_says_who_answers_at_the_start(models, policy, setting, expected):
    if policy is not None:
        write_policy_file(models / "gru", policy)
    assert opened(models, shares, versions=setting) == expected


def test_a_policy_is_read_again_at_a_reload(models):
    """Pinning the older version is a rollback; a new version does not answer then."""

    async def work(repository):
        write_policy_file(models / "gru", Policy("1"))
        await repository.reload()
        write_version(models, "3")
        report = await repository.reload()
        assert [v.version for v in report.loaded] == ["3"]
        return await shares(repository)

    assert opened(models, work) == {"gru/1": 1.0, "gru/2": 0.0, "gru/3": 0.0}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            '{"policy": "pinned", "version": "7"}',
            "wants version 7 to answer, which is not loaded; loaded are '1', '2', '3'",
        ),
        ('{"policy": "pinned"', "is not JSON"),
        ('{"policy": "latest"}', "has no known policy ('latest')"),
        ("\ud800".encode("utf-8", "surrogatepass"), "is not UTF-8"),
        (b" " * 5000, "is larger than 4096 bytes"),
    ],
    ids=["not there", "not JSON", "unknown", "not UTF-8", "too large"],
)
def test_a_policy_that_cannot_be_used_leaves_all_as_it_was(models, content, reason):
    """Of this model alone: another model is reloaded. No new version answers where the operator asked for a pin."""

    async def work(repository):
        before = await shares(repository)
        write_version(models, "3")
        write_version(models, "1", name="lstm")
        file = models / "gru" / POLICY_FILE
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        report = await repository.reload()
        (refused,) = report.refused
        assert refused.name == "gru"
        assert str(file) in refused.reason
        assert reason in refused.reason
        assert await shares(repository) == before | {"lstm/1": 1.0}
        write_policy_file(models / "gru", Policy("3"))
        await repository.reload()
        return (await shares(repository))["gru/3"]

    assert opened(models, work) == 1.0


def test_a_pinned_version_that_goes_serves_on(models):
    """No other version answers in its place."""
    write_policy_file(models / "gru", Policy("1"))

    async def work(repository):
        (models / "gru" / "1").rename(models / "gru" / ".1")
        report = await repository.reload()
        assert "wants version 1 to answer" in report.refused[0].reason
        assert report.retired == []
        return await shares(repository)

    assert opened(models, work) == {"gru/1": 1.0, "gru/2": 0.0}


def test_a_start_without_the_pinned_version_leaves_the_model_out_or_is_refused(models):
    """As with any bad version; no other version answers in its place."""
    write_version(models, "1", name="lstm")
    write_policy_file(models / "gru", Policy("7"))
    assert opened(models, shares) == {"lstm/1": 1.0}
    with pytest.raises(BundleError, match="wants version 7 to answer, which is not loaded; loaded are '1', '2'"):
        opened(models, shares, on_bad_version="refuse")


def test_a_canary_that_is_refused_gets_no_requests_and_a_warning_says_so(models, caplog):
    (models / "gru" / "2" / "golden.json").unlink()
    write_policy_file(models / "gru", Policy("1", "2", 5))
    assert opened(models, shares) == {"gru/1": 1.0}
    assert "version 2 as the canary, which is not loaded; version 1 answers all requests" in caplog.text


def test_a_canary_that_vanishes_falls_back_to_the_stable_version(models, caplog):
    write_policy_file(models / "gru", Policy("1", "2", 5))

    async def work(repository):
        (models / "gru" / "2").rename(models / "gru" / ".2")
        report = await repository.reload()
        assert [v.version for v in report.retired] == ["2"]
        assert report.refused == []
        return await shares(repository)

    assert opened(models, work) == {"gru/1": 1.0}
    assert "as the canary, which is not loaded" in caplog.text


def test_a_share_that_changes_swaps_the_registry_and_closes_nothing(models):
    write_policy_file(models / "gru", Policy("1", "2", 5))

    async def work(repository):
        before = [*repository.registry]
        write_policy_file(models / "gru", Policy("1", "2", 50))
        report = await repository.reload()
        assert (report.loaded, report.retired) == ([], [])
        await asyncio.gather(*repository._background)
        assert [*repository.registry] == before
        await before[0].batcher.submit_many([], 0.0)
        return await shares(repository)

    assert opened(models, work) == {"gru/1": 0.5, "gru/2": 0.5}


def test_a_setting_of_a_model_that_is_not_there_is_told(models, caplog):
    """With the nearest name. It ends the start only where one bad version does."""
    assert opened(models, shares, versions="grru=1") == {"gru/1": 0.0, "gru/2": 1.0}
    assert "GATECAST_VERSIONS names 'grru', and there is no such model; did you mean 'gru'?" in caplog.text
    with pytest.raises(BundleError, match="did you mean 'gru'"):
        opened(models, shares, versions="grru=1", on_bad_version="refuse")


def test_a_model_whose_versions_are_all_refused_is_reported_once_each(models):
    write_policy_file(models / "gru", Policy("1"))
    write_version(models, "1", name="lstm")
    for version in "12":
        (models / "gru" / version / "golden.json").unlink()

    async def work(repository):
        return len((await repository.reload()).refused)

    assert opened(models, work) == 2


def test_the_default_sentiment_model_has_its_policy_too(tmp_path):
    """GATECAST_SENTIMENT_MODEL names the model, its policy the version."""
    bundles = [fakes.sentiment_bundle(fakes.sentiment_card(version, name="airline")) for version in "12"]

    async def run():
        load = fakes.FakeLoad(tmp_path, bundles)
        settings = fakes.settings(tmp_path, sentiment_model="airline", versions="airline=1+2:50%")
        repository = ModelRepository(settings, load)
        await repository.open()
        views = {repository.registry.view(f"{n}").classifier().predictor.card.version for n in range(50)}
        await repository.close()
        return views

    assert asyncio.run(run()) == {"1", "2"}


def test_a_policy_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    """Nobody reads half of it, and nothing is left beside it."""
    write_policy_file(tmp_path, Policy("1"))

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_policy_file(tmp_path, Policy("2"))
    assert [path.name for path in tmp_path.iterdir()] == [POLICY_FILE]
    assert read_policy_file(tmp_path) == Policy("1")
