"""New versions arrive in all ways that files are copied, with a look between any two steps: never half, and in the end."""

import asyncio
import os
import shutil
import tarfile

import pytest

from service.artifacts import onnx
from service.errors import NotReady
from service.policies import Policy
from service.serving.policy_files import write_policy_file
from service.serving.watching import GONE_SECONDS, RETRY_SECONDS, STILL_SECONDS
from tests.service.serving.version_files import load_whole, watching, write_version


@pytest.fixture
def models(tmp_path):
    """A models directory with version 1, beside which version 2 is made elsewhere."""
    write_version(tmp_path / "models")
    write_version(tmp_path / "elsewhere", "2")
    return tmp_path / "models"


def files_of(version):
    return sorted(path for path in version.rglob("*") if path.is_file())


def steps_of_a_copy(source, target, names=lambda name: name, order=sorted, chunks=3):
    """Copy file by file, in chunks; each step is a moment at which somebody may look. Names may be others at first."""
    for file in order(files_of(source)):
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        yield
        content, written = file.read_bytes(), place.with_name(names(place.name))
        size = max(1, -(-len(content) // chunks))
        with written.open("wb") as out:
            for start in range(0, len(content), size):
                out.write(content[start : start + size])
                out.flush()
                os.utime(written, (1, 1))  # as rsync and tar keep times: they say nothing
                yield
        written.rename(place)
        yield


def steps_of_rsync(source, target):
    return steps_of_a_copy(source, target, names=lambda name: f".{name}.Xa81b2")


def steps_of_reversed_order(source, target):
    return steps_of_a_copy(source, target, order=lambda files: sorted(files, reverse=True))


def steps_of_tar(source, target):
    with tarfile.open(target.parent.parent.parent / "version.tar", "w") as archive:
        archive.add(source, target.name)
    with tarfile.open(target.parent.parent.parent / "version.tar") as archive:
        for member in archive:
            archive.extract(member, target.parent, filter="data")
            yield


def steps_of_a_link(source, target):
    """A link to a directory elsewhere, which is then flipped to another: as Kubernetes and git-sync do."""
    first, second = (target.parent.parent.parent / name for name in ("first", "second"))
    shutil.copytree(source, first)
    shutil.copytree(source, second)
    target.symlink_to(first, target_is_directory=True)
    yield
    target.with_name(".next").symlink_to(second, target_is_directory=True)
    yield
    target.with_name(".next").rename(target)
    yield


COPIES = [steps_of_a_copy, steps_of_rsync, steps_of_reversed_order, steps_of_tar, steps_of_a_link]


@pytest.mark.parametrize("copy", COPIES)
def test_a_version_is_taken_whole_however_it_is_copied(models, copy):
    """Many looks go by between any two steps, but fewer than a half version is given."""

    async def work(watched):
        for _ in copy(models.parent / "elsewhere" / "gru" / "2", models / "gru" / "2"):
            await watched.looks(2)
            if not is_whole(models / "gru" / "2"):
                assert watched.versions == ["1"]
        await watched.looks(5)
        assert watched.versions == ["1", "2"]
        (report,) = watched.reports
        return [(v.name, v.version) for v in report.loaded], report.refused, report.retired

    assert watching(models, work) == ([("gru", "2")], [], [])


def is_whole(version):
    source = version.parents[2] / "elsewhere" / "gru" / "2"
    return all(
        (version / file.relative_to(source)).is_file()
        and (version / file.relative_to(source)).read_bytes() == file.read_bytes()
        for file in files_of(source)
    )


def test_a_version_is_taken_whole_after_every_single_byte(models):
    """A look after each byte of the file that states what a version is made of, and of the compiled form."""

    async def work(watched):
        source, target = models.parent / "elsewhere" / "gru" / "2", models / "gru" / "2"
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("SHA256SUMS", "binding.json"))
        await watched.looks(3)
        for name in ("SHA256SUMS", "compiled/binding.json"):
            content = (source / name).read_bytes()
            with (target / name).open("wb") as out:
                for byte in content[:-1]:
                    out.write(bytes([byte]))
                    out.flush()
                    await watched.look(3)
                    assert watched.versions == ["1"]
                out.write(content[-1:])
        await watched.looks(5)
        assert [len(report.refused) for report in watched.reports] == [0]
        return watched.versions

    assert watching(models, work) == ["1", "2"]


def test_a_version_without_its_compiled_form_is_waited_for(models):
    """The SavedModel is whole by its checksums before `compiled/` is there; it would be served by TensorFlow, slowly."""
    source, target = models.parent / "elsewhere" / "gru" / "2", models / "gru" / "2"

    async def work(watched):
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("compiled"))
        await watched.looks(10)
        assert watched.versions == ["1"]
        shutil.copytree(source / "compiled", target / "compiled")
        await watched.looks(5)
        return watched.versions, watched.repository.registry.get("gru").predictor.backend

    assert watching(models, work) == (["1", "2"], "onnx")


def test_a_version_that_never_gets_a_compiled_form_is_taken_in_the_end(models):
    async def work(watched):
        write_version(models, "3", compiled=False)
        await watched.looks(int(STILL_SECONDS))
        assert watched.versions == ["1"]
        await watched.looks(5)
        return watched.versions

    assert watching(models, work) == ["1", "3"]


def test_a_version_that_stays_half_written_is_refused_once_and_taken_when_it_is_whole(models):
    source, target = models.parent / "elsewhere" / "gru" / "2", models / "gru" / "2"

    async def work(watched):
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("golden.json"))
        await watched.looks(200)
        (report,) = watched.reports
        (refused,) = report.refused
        assert "golden.json is missing" in refused.reason
        shutil.copy(source / "golden.json", target)
        await watched.looks(5)
        return watched.versions

    assert watching(models, work) == ["1", "2"]


def test_a_version_changed_in_place_serves_on_until_its_successor_is_whole(models):
    async def work(watched):
        before = watched.repository.registry.get("gru")
        version = models / "gru" / "1"
        shutil.rmtree(models / "gru" / "1")
        await watched.looks(10)
        for _ in steps_of_a_copy(write_version(models.parent / "changed", content=b"others"), version):
            await watched.look(1)
            assert watched.repository.registry.get("gru") is before
        await watched.looks(5)
        assert watched.repository.registry.get("gru") is not before
        return watched.versions

    assert watching(models, work) == ["1"]


def test_a_version_that_was_half_at_the_start_is_taken_when_it_is_whole(models):
    """Also if it became whole before the first look."""
    source, target = models.parent / "elsewhere" / "gru" / "2", models / "gru" / "2"
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("golden.json"))

    async def work(watched):
        assert watched.versions == ["1"]
        shutil.copy(source / "golden.json", target)
        await watched.looks(5)
        return watched.versions

    assert watching(models, work) == ["1", "2"]


def away(path):
    return path.with_name("away")


@pytest.mark.parametrize("is_emptied", [False, True])
def test_a_models_directory_that_is_away_retires_nothing(models, caplog, is_emptied):
    """However long; a mount may leave an empty directory. One line of the log says so."""

    caplog.set_level("INFO")

    async def work(watched):
        models.rename(away(models))
        if is_emptied:
            models.mkdir()
        await watched.looks(100)
        assert watched.versions == ["1"]
        if is_emptied:
            models.rmdir()
        away(models).rename(models)
        await watched.looks(5)
        return watched.versions, watched.reports

    assert watching(models, work) == (["1"], [])
    assert len([record for record in caplog.records if record.message.startswith("watch: ")]) == 2


def test_a_version_that_is_gone_for_a_moment_serves_on_and_for_long_is_retired(models):
    write_version(models, "2")

    async def work(watched):
        (models / "gru" / "2").rename(models / "gru" / ".2")
        await watched.looks(int(GONE_SECONDS) - 5)
        (models / "gru" / ".2").rename(models / "gru" / "2")
        await watched.looks(50)
        assert (watched.versions, watched.reports) == (["1", "2"], [])
        shutil.rmtree(models / "gru" / "2")
        await watched.looks(int(GONE_SECONDS))
        assert watched.versions == ["1", "2"]
        await watched.looks(5)
        return watched.versions

    assert watching(models, work) == ["1"]


def test_a_policy_is_taken_and_a_rollback_needs_no_file_deleted(models):
    write_version(models, "2")

    async def work(watched):
        write_policy_file(models / "gru", Policy("1"))
        await watched.looks(4)
        assert watched.versions == ["2", "1"]
        write_version(models, "3")
        await watched.looks(5)
        assert watched.versions == ["2", "3", "1"]
        (models / "gru" / "policy.json").unlink()
        await watched.looks(10)
        assert watched.versions == ["2", "3", "1"]  # for a moment it may be gone
        await watched.looks(30)
        return watched.versions

    assert watching(models, work) == ["1", "2", "3"]


def test_a_policy_of_the_start_is_no_change(models):
    write_policy_file(models / "gru", Policy("1"))

    async def work(watched):
        await watched.looks(10)
        return watched.reports

    assert watching(models, work) == []


def test_a_policy_that_names_a_version_on_its_way_waits_for_it(models):
    """A checkout may bring the policy first. Nothing is refused, and both come into force together."""
    source, target = models.parent / "elsewhere" / "gru" / "2", models / "gru" / "2"

    async def work(watched):
        write_policy_file(models / "gru", Policy("1", "2", 5.0))
        for _ in steps_of_a_copy(source, target):
            await watched.look()
            assert watched.versions == ["1"]
        await watched.looks(5)
        assert [report.refused for report in watched.reports] == [[]] * len(watched.reports)
        registry = watched.repository.registry
        return {model.predictor.card.version: registry.share_of(model) for model in registry}

    assert watching(models, work) == {"1": 0.95, "2": 0.05}


def test_links_that_are_flipped_to_the_same_content_load_nothing_again(models):
    """git-sync makes a new checkout for each commit; most models in it are as before."""
    loads = []
    linked = models.with_name("linked")
    shutil.copytree(models, models.with_name("second"))
    linked.symlink_to(models, target_is_directory=True)

    def load(path, threads, backend):
        loads.append(path)
        return load_whole(path, threads, backend)

    async def work(watched):
        before = watched.repository.registry
        models.with_name("next").symlink_to(models.with_name("second"), target_is_directory=True)
        models.with_name("next").rename(linked)
        await watched.looks(10)
        assert watched.repository.registry is before
        return len(loads)

    assert watching(linked, work, load=load) == 1


def test_a_compiled_form_that_is_replaced_is_taken(models):
    async def work(watched):
        before = watched.repository.registry.get("gru")
        onnx.write(models / "gru" / "1", b"another network")
        await watched.looks(5)
        return watched.repository.registry.get("gru") is before

    assert watching(models, work) is False


@pytest.mark.parametrize("error", [NotReady("a worker starts"), RuntimeError("a defect")])
def test_a_reload_that_fails_is_tried_again_at_the_next_look(models, caplog, error):
    """What was to be taken is not forgotten. Only a defect is told, with its traceback."""
    failures = [error]

    async def work(watched):
        reload = watched.watcher._reload

        async def failing(unsettled):
            if failures:
                raise failures.pop()
            await reload(unsettled)

        async def pause(_):
            watched.clock.now += 1
            if watched.versions == ["1", "2"]:
                raise asyncio.CancelledError

        watched.watcher._reload = failing
        watched.watcher._pause = pause
        write_version(models, "2")
        with pytest.raises(asyncio.CancelledError):
            await watched.watcher.run(1.0)
        return watched.versions

    assert watching(models, work) == ["1", "2"]
    assert ("a defect" in caplog.text) == isinstance(error, RuntimeError)
    assert "a worker starts" not in caplog.text


def test_what_another_worker_could_not_take_is_tried_again(models):
    """Every half a minute, without a change on disk: the reason lies elsewhere."""

    async def work(watched):
        await watched.look()
        shutil.copytree(models.parent / "elsewhere" / "gru" / "2", models / "gru" / "2")
        watched.worker_fault = "worker 1 cannot serve them"
        await watched.looks(4)
        assert len(watched.reports) == 1
        await watched.looks(int(RETRY_SECONDS))
        assert len(watched.reports) == 2
        watched.worker_fault = None
        await watched.looks(int(RETRY_SECONDS))
        await watched.looks(int(2 * RETRY_SECONDS))
        assert (len(watched.reports), watched.versions) == (3, ["1", "2"])

    watching(models, work)
