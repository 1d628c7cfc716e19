"""A lock between processes: who is kept out, and that two locks never look like a deadlock."""

import os
import select
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.file_lock import FileLock
from service.line_writer import LineWriter
from service.workers.shared_memory import NamedMemory
from tests.connections import until
from tests.patience import PATIENCE_S
from tests.processes import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only several workers need it")

# holds the lock of the memory while its log writer waits for that of the log
OTHER = """
import sys
from service.line_writer import LineWriter
from service.workers.shared_memory import NamedMemory
memory, writer = NamedMemory(int(sys.argv[1]), 4096), LineWriter(2)
writer.share(int(sys.argv[2]))
with memory.locked():
    writer.write([b"line\\n"])
    input()
writer.close(600)
"""


def is_awaited(file: int) -> bool:
    """Whether somebody waits for a lock on a file, by the word of the system."""
    waiting = [line for line in Path("/proc/locks").read_text().splitlines() if "->" in line]
    return any(f":{os.fstat(file).st_ino} " in line for line in waiting)


@pytest.fixture
def files():
    """Two files that other processes inherit."""
    files = [os.memfd_create(name) for name in ("memory", "log")]
    yield files
    for file in files:
        os.close(file)


def test_two_locks_in_two_processes_are_no_deadlock(files):
    """The log writer of each waits or holds where its event loop holds or waits: nobody is refused a lock."""
    memory, log = files
    read, write = os.pipe()
    writer = LineWriter(write)
    writer.share(log)
    command = [sys.executable, "-c", OTHER, *map(str, files)]
    with (
        subprocess.Popen(
            command, cwd=ROOT, pass_fds=files, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        writer.write([b"x" * 50_000 + b"\n"] * 4)  # more than the pipe takes: the lock of the log is held
        until(lambda: is_awaited(log))
        taken = pool.submit(take, NamedMemory(memory, 4096))
        until(lambda: is_awaited(memory) or taken.done())
        other.stdin.write("\n")
        other.stdin.close()
        assert taken.result(PATIENCE_S) is None
        assert len(os.read(read, 1 << 20)) > 0
        while other.poll() is None:  # who waits for a lock has no turn for sure, so read as long as it is there
            if select.select([read], [], [], 0.05)[0]:
                os.read(read, 1 << 16)
        assert (other.stderr.read(), other.wait(PATIENCE_S)) == ("line\n", 0)
    os.close(read)


def take(memory: NamedMemory) -> None:
    with memory.locked():
        pass


def test_a_holder_that_ends_releases_the_lock(files):
    """Also one that is killed."""
    code = (
        f"import os; from service.file_lock import FileLock; FileLock({files[0]}).__enter__(); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, pass_fds=files).returncode == -9
    lock = FileLock(files[0])
    with lock:
        pass
    lock.close()
