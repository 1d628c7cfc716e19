"""Inputs that can be read only once, and inputs that change while they are read."""

import gzip
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from service.bulk.errors import UnreadableInput
from service.bulk.outputs import parts_directory
from service.bulk.reading.source import open_source
from tests.service.bulk.helpers import Lengths, done, texts_job

ROWS = 30_000


@pytest.fixture
def pipe(tmp_path):
    """A named pipe, into which a thread writes rows."""
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)

    def feed():
        with path.open("w") as file:
            file.write("body,id\n")
            file.writelines(f"some words here,{number}\n" for number in range(ROWS))

    thread = threading.Thread(target=feed)
    thread.start()
    yield path
    thread.join()


def test_nothing_of_a_pipe_is_lost(pipe, tmp_path):
    """It is opened once, and nothing is kept of the run, as with standard input."""
    progress, _ = done(texts_job(pipe, tmp_path / "out.csv"))
    assert progress.read == ROWS
    assert not parts_directory(tmp_path / "out.csv").exists()


def test_a_device_has_no_size_and_no_fingerprint():
    source = open_source(os.devnull, "csv")
    assert (source.size, source.path, source.fingerprint()) == (None, None, None)
    source.close()


@dataclass(frozen=True)
class Changing(Lengths):
    """Does something to the input while it is scored."""

    change: Callable[[], object] = bool

    def __call__(self, frame):
        if len(frame):
            self.change()
        return super().__call__(frame)


def changed(tmp_path, change):
    """Do a job whose input is changed meanwhile."""
    source = tmp_path / "in.csv"
    source.write_text("body\nabc\n")
    return done(texts_job(source, tmp_path / "out.csv", scoring=Changing(change=lambda: change(source))))


@pytest.mark.parametrize("content", ["", "body\nabd\n"])
def test_an_input_that_is_changed_while_it_is_read_is_told(tmp_path, content):
    """Rows may be lost or mixed: the output does not get its name."""

    def change(source):
        source.write_text(content)
        os.utime(source, (1, 1))

    with pytest.raises(UnreadableInput, match="was changed while it was read"):
        changed(tmp_path, change)
    assert not (tmp_path / "out.csv").exists()


def test_an_input_that_grows_while_it_is_read_is_told(tmp_path):
    """As a log does. What was read is scored."""
    progress, warnings = changed(tmp_path, lambda source: source.write_text("body\nabc\nmore\n"))
    assert progress.read == 1
    assert "grew by 5 bytes while it was read" in warnings[0]


@pytest.mark.parametrize("rows", [2, ROWS])
@pytest.mark.parametrize("name", ["in.csv", "in.csv.gz"])
def test_an_input_that_is_rewritten_with_more_content_is_told(tmp_path, name, rows):
    """Such a file did not grow, although it is longer: its first bytes are others."""
    source = tmp_path / name
    source.write_bytes(b"body\n" + b"abc\n" * rows if name == "in.csv" else gzip.compress(b"body\nabc\n", 0))
    longer = source.read_bytes().replace(b"abc", b"other")
    change = Changing(change=lambda: source.write_bytes(longer))
    with pytest.raises(UnreadableInput, match="was changed while it was read"):
        done(texts_job(source, tmp_path / "out.csv", scoring=change))
    assert not (tmp_path / "out.csv").exists()


def test_an_input_into_which_rows_are_put_is_told(tmp_path):
    """It begins as before, and what were its last bytes are elsewhere."""
    source = tmp_path / "in.csv"
    begin, end = b"body\n" + b"abc\n" * ROWS, b"last\n" * ROWS
    source.write_bytes(begin + end)
    change = Changing(change=lambda: source.write_bytes(begin + b"between\n" + end))
    with pytest.raises(UnreadableInput, match="was changed while it was read"):
        done(texts_job(source, tmp_path / "out.csv", scoring=change))


@pytest.mark.parametrize("change", [Path.unlink, lambda source: source.with_name("new").replace(source)])
def test_an_input_that_is_removed_or_replaced_is_read_to_its_end(tmp_path, change):
    """It was opened before."""
    (tmp_path / "new").write_text("body\n")
    progress, warnings = changed(tmp_path, change)
    assert (progress.read, warnings) == (1, [])
