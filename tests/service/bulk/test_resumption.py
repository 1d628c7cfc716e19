"""A run that was stopped goes on where it was, and nothing is lost, doubled or mixed up."""

import os
import signal
import subprocess
import sys

import pytest

from service.bulk import journal as journals
from service.bulk.errors import Refused, Unscorable, WorkerDied
from service.bulk.outputs import parts_directory
from service.bulk.parts import opened
from service.bulk.run import run
from tests.patience import PATIENCE_S
from tests.processes import ROOT
from tests.service.bulk.helpers import Lengths, done, panel_job, texts_job

KILLED = """
import os, signal, sys
from service.bulk.run import run
from tests.service.bulk.helpers import texts_job

def report(progress):
    if progress.read == 2000:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    run(texts_job(sys.argv[1], sys.argv[2], workers=int(sys.argv[3])), None, report, print)
"""


@pytest.fixture
def source(tmp_path):
    """Four batches of texts."""
    path = tmp_path / "in.jsonl"
    path.write_text("".join(f'{{"id": {n}, "body": "text {n}"}}\n' for n in range(3500)))
    return path


@pytest.fixture
def expected(source, tmp_path):
    done(texts_job(source, tmp_path / "whole.csv"))
    return (tmp_path / "whole.csv").read_bytes()


class Stop(Exception):
    """Ends a run."""


def stop_after(rows):
    """Report that ends a run when so many rows are written."""

    def report(progress):
        if progress.read == rows:
            raise Stop

    return report


def stopped(job, rows=2000):
    with pytest.raises(Stop):
        run(job, None, stop_after(rows), print)


@pytest.mark.parametrize("form", ["csv", "csv.gz", "jsonl", "parquet"])
def test_a_stopped_run_goes_on(source, tmp_path, form):
    """The second run scores only what is left; the output is that of a run that was not stopped."""
    out, whole, log = tmp_path / f"out.{form}", tmp_path / f"other.{form}", tmp_path / "log"
    done(texts_job(source, whole))
    stopped(texts_job(source, out, scoring=Lengths(str(log))))
    assert not out.exists()
    progress, _ = done(texts_job(source, out, scoring=Lengths(str(log))))
    assert log.read_text().split() == ["1000", "1000", "1000", "500"]
    assert (progress.read, progress.done) == (3500, 2000)
    assert out.read_bytes() == whole.read_bytes()
    assert not parts_directory(out).exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_goes_on(source, tmp_path, expected, workers):
    """SIGKILL leaves no time to tidy up."""
    out = tmp_path / "out.csv"
    command = [sys.executable, "-c", KILLED, source, out, str(workers)]
    ended = subprocess.run(command, cwd=ROOT, timeout=PATIENCE_S, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert ended.returncode == -signal.SIGKILL
    assert not out.exists()
    progress, _ = done(texts_job(source, out))
    assert progress.done >= 2000
    assert out.read_bytes() == expected


@pytest.mark.parametrize("damage", ["half a line", "half a piece", "other bytes", "no rows"])
def test_what_was_not_written_whole_is_made_again(source, tmp_path, expected, damage):
    """Whichever file lacks its end, or holds what was never flushed."""
    out = tmp_path / "out.csv"
    stopped(texts_job(source, out))
    rows, journal = parts_directory(out) / "rows", parts_directory(out) / "journal"
    if damage == "half a line":
        journal.write_bytes(journal.read_bytes()[:-20])
    elif damage == "half a piece":
        rows.write_bytes(rows.read_bytes()[:-20])
    elif damage == "other bytes":
        rows.write_bytes(rows.read_bytes()[:-20] + b"\0" * 20)
    else:
        rows.write_bytes(b"")
    progress, _ = done(texts_job(source, out))
    assert progress.done in (0, 1000)
    assert out.read_bytes() == expected


def test_another_job_is_refused_in_words(source, tmp_path):
    """Other options, another input, another model: the rows would not go together. --restart forgets them."""
    out = tmp_path / "out.csv"
    stopped(texts_job(source, out))
    with pytest.raises(Refused, match=r"its keep was null, and is \[\"id\"\] now.*--restart"):
        done(texts_job(source, out, keep=("id",)))
    source.write_text('{"id": 1, "body": "x"}\n')
    with pytest.raises(Refused, match="the file was changed since"):
        done(texts_job(source, out))
    progress, _ = done(texts_job(source, out, restart=True))
    assert (progress.read, progress.done) == (1, 0)


def test_two_runs_on_one_output_are_refused(source, tmp_path):
    out = tmp_path / "out.csv"
    job = texts_job(source, out)

    def report(progress):
        if progress.read == 1000:
            with pytest.raises(Refused, match="another process is at work"):
                done(texts_job(source, out))

            with pytest.raises(Refused, match="another process is at work"):
                done(texts_job(source, out, restart=True))

    run(job, None, report, print)
    assert out.exists()


def test_an_existing_output_is_not_replaced_unasked(source, tmp_path):
    """Nor is the input."""
    out = tmp_path / "out.csv"
    out.write_text("mine")
    with pytest.raises(Refused, match="--overwrite"):
        done(texts_job(source, out))
    assert out.read_text() == "mine"
    stopped(texts_job(source, out, overwrite=True))
    assert out.read_text() == "mine"
    done(texts_job(source, out, overwrite=True))
    assert out.read_text().startswith("id,body,length,error\n")
    with pytest.raises(Refused, match="is the input"):
        done(texts_job(source, source, overwrite=True))


def test_a_directory_that_is_not_there_is_named(source, tmp_path):
    with pytest.raises(Refused, match="nowhere is no directory"):
        done(texts_job(source, tmp_path / "nowhere" / "out.csv"))
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(Refused, match="is a directory"):
        done(texts_job(source, tmp_path / "out.csv", overwrite=True))


def test_a_panel_goes_on_between_two_series(tmp_path, monkeypatch):
    """Ids before the stop are still known."""
    monkeypatch.setattr("service.bulk.panels.READINGS", 2)
    monkeypatch.setattr("service.bulk.panels.PanelBatches.__init__.__defaults__", (2,))
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("store,day,units\n" + "".join(f"{name},2020-01-0{day},1\n" for name in "abcd" for day in (1, 2)))
    stopped(panel_job(source, out), 4)
    progress, _ = done(panel_job(source, out))
    assert progress.done == 4
    assert [line[0] for line in out.read_text().splitlines()[1:]] == list("aabbccdd")


def test_workers_give_the_rows_in_order(source, tmp_path, expected):
    out = tmp_path / "out.csv"
    progress, _ = done(texts_job(source, out, workers=2))
    assert progress.read == 3500
    assert out.read_bytes() == expected


def test_a_worker_that_dies_is_reported_and_nothing_is_lost(tmp_path, monkeypatch):
    """The batch is named; what was done before it is kept."""
    monkeypatch.setattr("service.bulk.workers.END_SECONDS", PATIENCE_S)  # for the system to say how it ended
    source, out = tmp_path / "in.jsonl", tmp_path / "out.csv"
    source.write_text('{"body": "text"}\n' * 1500 + '{"body": "die"}\n' + '{"body": "text"}\n' * 1000)
    with pytest.raises(WorkerDied, match=r"SIGKILL while it scored batch 2: rows 1,001 to 2,000.*--workers"):
        done(texts_job(source, out, workers=2))
    assert len((parts_directory(out) / "journal").read_text().splitlines()) <= 1
    assert not out.exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_model_refuses_is_told_alike_with_any_number_of_workers(tmp_path, workers):
    """It is no defect of a worker."""
    (tmp_path / "in.jsonl").write_text('{"body": "text"}\n' * 1500 + '{"body": "refused"}\n')
    with pytest.raises(Unscorable, match="rows 1,001 to 1,501: the model reads no such text") as caught:
        done(texts_job(tmp_path / "in.jsonl", tmp_path / "out.csv", workers=workers))
    assert caught.value.status == 2


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_file_is_not_replaced(source, tmp_path, overwrite):
    out = tmp_path / "out.csv"
    os.mkfifo(out)
    with pytest.raises(Refused, match=r"is a pipe or a device.*standard output"):
        done(texts_job(source, out, overwrite=overwrite))
    assert out.is_fifo()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_link_stays_one(source, tmp_path, form):
    """The file that it points to is replaced, and the state is beside that one."""
    (tmp_path / "there").mkdir()
    target, out = tmp_path / "there" / f"file.{form}", tmp_path / f"out.{form}"
    out.symlink_to(target)
    stopped(texts_job(source, out))
    assert (tmp_path / "there" / f"file.{form}.parts").is_dir()
    for _ in range(2):
        done(texts_job(source, out, overwrite=True))
        assert (out.is_symlink(), target.is_file(), parts_directory(out).exists()) == (True, True, False)


def test_the_output_has_its_name_before_another_run_can_begin(source, tmp_path, monkeypatch):
    """So that it never takes what is there for its own."""
    out = tmp_path / "out.csv"
    replace = os.replace

    def replaced(before, after):
        if after == out:
            with pytest.raises(Refused, match="another process is at work"):
                done(texts_job(source, out, restart=True))
        replace(before, after)

    monkeypatch.setattr(os, "replace", replaced)
    done(texts_job(source, out))
    assert out.exists()


def test_entries_of_a_journal_are_read_back():
    """A line that was cut is no entry."""
    line = b'{"number": 0, "read": 1, "rows": 1, "errors": 0, "size": 2, "checksum": 3, "columns": ["a"]}\n'
    entry = journals.Entry.parse(line)
    assert (entry.number, entry.columns) == (0, ("a",))
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        journals.Entry.parse(line[:30])


def test_another_format_of_the_input_is_another_job(tmp_path):
    """The same bytes read as other rows."""
    source, out = tmp_path / "in.dat", tmp_path / "out.jsonl"
    source.write_text("text\n" + "a,b\n" * 2500)
    stopped(texts_job(source, out, text="text", given="csv"), 834)
    with pytest.raises(Refused, match="input format"):
        done(texts_job(source, out, text="text", given="txt"))


def test_rows_without_a_job_are_not_taken_for_those_of_this_one(source, tmp_path, expected):
    """Neither where the job's file was cut, nor where it is gone."""
    out, other = tmp_path / "out.csv", tmp_path / "other.jsonl"
    other.write_text('{"id": 0, "body": "another"}\n' * 2500)
    stopped(texts_job(other, out))
    (parts_directory(out) / "job.json").write_text('{"inp')
    progress, _ = done(texts_job(source, out))
    assert progress.done == 0
    assert out.read_bytes() == expected
    stopped(texts_job(other, out, overwrite=True))
    (parts_directory(out) / "job.json").unlink()
    with pytest.raises(Refused, match="is not of this command"):
        done(texts_job(source, out, overwrite=True))


def test_a_run_that_is_stopped_before_its_job_is_written_leaves_no_obstacle(source, tmp_path, expected):
    out = tmp_path / "out.csv"
    parts_directory(out).mkdir()
    for name in ("lock", "rows", "journal"):
        (parts_directory(out) / name).touch()
    done(texts_job(source, out))
    assert out.read_bytes() == expected
    assert not parts_directory(out).exists()


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("has_job", [False, True])
def test_a_directory_of_someone_else_is_left_alone(source, tmp_path, restart, has_job):
    """Also one in which there is a job, with other files beside it."""
    out = tmp_path / "out.csv"
    parts = parts_directory(out)
    parts.mkdir()
    (parts / "rows").write_text("mine")
    (parts / "photo").write_text("mine")
    if has_job:
        (parts / "job.json").write_text("{}")
    with pytest.raises(Refused, match="is not of this command: it holds"):
        done(texts_job(source, out, restart=restart))
    assert (parts / "rows").read_text() == (parts / "photo").read_text() == "mine"


def test_nothing_is_written_through_a_link(source, tmp_path):
    """Neither a directory that is one, nor one of its files."""
    out, victim = tmp_path / "out.csv", tmp_path / "victim"
    victim.mkdir()
    parts_directory(out).symlink_to(victim)
    with pytest.raises(Refused, match="is a link"):
        done(texts_job(source, out))
    assert list(victim.iterdir()) == []
    parts_directory(out).unlink()
    (tmp_path / "secret").write_text("mine")
    parts_directory(out).mkdir()
    (parts_directory(out) / "rows").symlink_to(tmp_path / "secret")
    with pytest.raises(Refused, match="holds rows"):
        done(texts_job(source, out))
    with pytest.raises(OSError, match="symbolic"):
        opened(parts_directory(out) / "rows")
    assert (tmp_path / "secret").read_text() == "mine"
