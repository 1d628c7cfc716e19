"""Inputs that can be read only once."""

import os
import threading

import pytest

from service.bulk.outputs import parts_directory
from service.bulk.reading.source import open_source
from tests.service.bulk.helpers import done, texts_job

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
