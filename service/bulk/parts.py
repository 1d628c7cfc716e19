"""The files of a run's state in their directory. No other file is ever written, truncated or removed."""

import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from .errors import Refused

JOB, NEW_JOB, ROWS, JOURNAL, WHOLE, LOCK = "job.json", "job.json.new", "rows", "journal", "whole", "lock"
OWN = (WHOLE, ROWS, JOURNAL, NEW_JOB, JOB, LOCK)  # in the order in which they are removed: rows never lose their job


def check_own(directory: Path) -> None:
    """Raise Refused for a directory that was not made here: a link, or one with files, and no job among them."""
    if directory.is_symlink():
        raise Refused(f"{directory} is a link; the state of the run would be written through it: remove it")
    entries = {entry.name: entry for entry in os.scandir(directory)}
    foreign = [name for name, entry in entries.items() if name not in OWN or not entry.is_file(follow_symlinks=False)]
    if JOB not in entries:
        foreign += [name for name, entry in entries.items() if name not in foreign and entry.stat().st_size]
    if foreign:
        raise Refused(
            f"{directory} is not of this command: it holds {min(foreign)}. The state of the run needs this name; move the "
            "directory away, or name another output"
        )


def opened(path: Path, *, create: bool = True) -> IO[bytes]:
    """Open a file to read it and to write at its end, but not what a link points to. Raises OSError."""
    flags = os.O_RDWR | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | (os.O_CREAT if create else 0)
    return os.fdopen(os.open(path, flags, 0o666), "a+b")


def locked(directory: Path) -> IO[bytes]:
    """Return the lock of a directory, which is held until it is closed. Raises Refused if another process has it."""
    path = directory / LOCK
    file = opened(path)
    with suppress(ImportError):
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_there = path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())
        except OSError:
            is_there = False
        if not is_there:  # the process that had it has removed it meanwhile
            file.close()
            raise Refused(f"{directory}: another process is at work on this output")
    return file


def remove_own(directory: Path) -> None:
    """Remove the files of the state, and the directory if nothing else is in it."""
    for name in OWN:
        (directory / name).unlink(missing_ok=True)
    with suppress(OSError):
        directory.rmdir()
