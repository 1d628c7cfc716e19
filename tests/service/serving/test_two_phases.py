"""Reloads of several processes: one prepares, the others prepare what it has proven, and then all commit."""

import asyncio
import json
import shutil

import pytest

from service.errors import Overloaded
from service.policies import Policy
from service.serving.policy_files import write_policy_file
from service.serving.repository import ModelRepository, NotPrepared
from service.serving.versions import Unsettled, VersionDigest, VersionName
from tests import fakes
from tests.service.serving.version_files import load_whole, write_version


@pytest.fixture
def models(tmp_path):
    write_version(tmp_path, "1")
    return tmp_path


def with_repositories(models, work, count=2, **changes):
    """The result of `work` on open repositories of one directory, each as if in a process of its own."""

    async def run():
        repositories = [ModelRepository(fakes.settings(models, **changes), load_whole) for _ in range(count)]
        for repository in repositories:
            await repository.open()
        try:
            return await work(*repositories)
        finally:
            for repository in repositories:
                await repository.close()

    return asyncio.run(run())


def versions(repository):
    return [model.predictor.card.version for model in sorted(repository.registry, key=repository.registry.is_default)]


def sent(proven):
    """What was proven, as it comes over the control channel."""
    return [VersionDigest(*each) for each in json.loads(json.dumps(proven))]


async def is_closed(model):
    try:
        await model.batcher.submit_many([], 0.0)
    except Overloaded:
        return True
    return False


def test_what_one_has_proven_the_others_serve(models):
    """Versions, and who answers: the directory may have changed meanwhile."""
    write_version(models, "2")
    write_policy_file(models / "gru", Policy("1", "2", 5.0))

    async def work(first, second):
        write_version(models, "3")
        prepared = await first.prepare()
        write_version(models, "4")
        write_policy_file(models / "gru", Policy("4"))
        other = await second.prepare(sent(prepared.proven))
        assert [(v.version, v.part, v.percent) for v in prepared.proven] == [
            ("1", "stable", 0.0),
            ("2", "canary", 5.0),
            ("3", "", 0.0),
        ]
        reports = first.commit(prepared), second.commit(other)
        assert reports[0][:3] == reports[1][:3]
        assert first.registry.arms == second.registry.arms
        return versions(first), versions(second)

    assert with_repositories(models, work) == (["2", "3", "1"], ["2", "3", "1"])


def test_a_version_that_changed_after_it_was_proven_is_refused(models):
    async def work(first, second):
        path = write_version(models, "2")
        prepared = await first.prepare()
        shutil.rmtree(path)
        write_version(models, "2", content=b"others")
        other = await second.prepare(sent(prepared.proven))
        (refused,) = other.report.refused
        assert refused.reason == f"{path} was changed after another worker had proven it"
        await second.discard(other)
        return versions(second)

    assert with_repositories(models, work) == ["1"]


def test_a_version_that_is_gone_from_disk_serves_on_where_the_first_has_it(models):
    """Nothing is read of a version that a process serves already."""

    async def work(first, second):
        prepared = await first.prepare()
        shutil.rmtree(models / "gru" / "1")
        other = await second.prepare(sent(prepared.proven))
        second.commit(other)
        return versions(second), other.report.refused

    assert with_repositories(models, work) == (["1"], [])


def test_a_process_that_starts_later_serves_what_the_others_serve(models):
    async def work(first):
        proven = (await first.prepare()).proven
        write_version(models, "2")
        late = ModelRepository(fakes.settings(models), load_whole)
        await late.open(sent(proven))
        served = versions(late)
        await late.close()
        return served

    assert with_repositories(models, work, 1) == ["1"]


def test_nothing_changes_before_the_commit_and_all_at_once_with_it(models):
    async def work(repository):
        before = repository.registry
        write_version(models, "2")
        prepared = await repository.prepare()
        assert (repository.registry, repository.reloads) == (before, {"done": 0, "refused": 0})
        report = repository.commit(prepared)
        assert repository.reloads == {"done": 1, "refused": 0}
        return report.loaded, versions(repository)

    assert with_repositories(models, work, 1) == ([("gru", "2")], ["1", "2"])


def test_what_is_discarded_is_closed_and_cannot_be_committed(models):
    """Twice is as good as once; what serves is not touched."""

    async def work(repository):
        write_version(models, "2")
        prepared = await repository.prepare()
        await repository.discard(prepared)
        await repository.discard(prepared)
        with pytest.raises(NotPrepared):
            repository.commit(prepared)
        (fresh,), (serving,) = prepared.fresh, repository.registry
        return await is_closed(fresh), await is_closed(serving)

    assert with_repositories(models, work, 1) == (True, False)


def test_what_is_prepared_anew_closes_what_was_prepared_before(models):
    async def work(repository):
        write_version(models, "2")
        one = await repository.prepare()
        other = await repository.prepare()
        with pytest.raises(NotPrepared):
            repository.commit(one)
        repository.commit(other)
        with pytest.raises(NotPrepared):
            repository.commit(other)
        await repository.discard(other)
        return await is_closed(one.fresh[0]), await is_closed(other.fresh[0])

    assert with_repositories(models, work, 1) == (True, False)


def test_what_is_prepared_and_never_committed_is_closed_with_the_repository(models):
    async def work(repository):
        write_version(models, "2")
        return await repository.prepare()

    async def check(prepared):
        return await is_closed(prepared.fresh[0])

    async def run():
        repository = ModelRepository(fakes.settings(models), load_whole)
        await repository.open()
        prepared = await work(repository)
        await repository.close()
        return await check(prepared)

    assert asyncio.run(run())


def test_a_prepare_that_is_cancelled_leaves_nothing_open(models):
    """And the next one is done as usual."""

    async def work(repository):
        write_version(models, "2")
        task = asyncio.create_task(repository.prepare())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await repository.reload()
        return versions(repository)

    assert with_repositories(models, work, 1) == ["1", "2"]


def test_prepares_at_the_same_time_run_one_after_another(models):
    """The last one can be committed."""

    async def work(repository):
        write_version(models, "2")
        prepared = await asyncio.gather(*(repository.prepare() for _ in range(3)))
        with pytest.raises(NotPrepared):
            repository.commit(prepared[0])
        repository.commit(prepared[-1])
        return versions(repository)

    assert with_repositories(models, work, 1) == ["1", "2"]


def test_what_is_unsettled_is_left_as_it_is(models):
    """Not loaded, not reported, not retired."""

    async def work(repository):
        (write_version(models, "2") / "golden.json").unlink()
        shutil.rmtree(models / "gru" / "1")
        write_policy_file(models / "gru", Policy("2"))
        unsettled = Unsettled(frozenset([VersionName("gru", "1"), VersionName("gru", "2")]), frozenset(["gru"]))
        report = await repository.reload(unsettled)
        return report.loaded, report.refused, report.retired, versions(repository)

    assert with_repositories(models, work, 1) == ([], [], [], ["1"])
