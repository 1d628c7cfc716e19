"""The thread that writes the lines of the log, so that nobody else waits for whoever reads them.

A pipe that nobody reads is full at some time, and then a write to it waits for ever. Here only the thread of a `LineWriter`
waits. What does not fit into its queue is dropped and counted.

`logging.handlers.QueueListener` is no such writer. Its queue has a limit in records but none in bytes, it does not say
how many it dropped, and `stop` waits for ever for a handler that waits for a reader. So does `logging.shutdown`, for the
lock of that handler.
"""

import os
import select
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import accumulate

from .file_lock import FileLock
from .log_lines import Format, format_line

MAX_LINES = 10_000  # that wait for their reader
MAX_BYTES = 4 << 20
CHUNK_BYTES = 1 << 16  # that are written at once; a pipe of Linux holds as many
CLOSE_SECONDS = 1.0  # for the last lines of the process


class LineWriter:
    """Writes lines to a file descriptor. `write` never waits, whatever becomes of the reader.

    Lines are dropped and counted where the queue is full and where a write fails (the reader has gone, the disk is full).
    A line says at their place how many there were, as soon as lines flow again.

    The lock is never held during a system call. It is reentrant because a finaliser may log while `write` runs.

    Several processes may write to one file descriptor: see `share`.
    """

    def __init__(
        self, fd: int, log_format: Format = "text", max_lines: int = MAX_LINES, max_bytes: int = MAX_BYTES
    ) -> None:
        self.dropped = 0
        self._fd = fd
        self._format = log_format
        self._max_lines = max_lines
        self._max_bytes = max_bytes
        self._entries: deque[bytes | int] = deque()  # lines, and in the place of dropped ones their number
        self._bytes = 0  # of the lines in the queue
        self._is_writing = False
        self._is_torn = False  # the last line that was written lacks its end
        self._mark = b""
        self._lock: FileLock | None = None
        self._changed = threading.Condition(threading.RLock())
        threading.Thread(target=self._run, name="log writer", daemon=True).start()

    def write(self, lines: Iterable[bytes]) -> None:
        with self._changed:
            for line in lines:
                if len(self._entries) < self._max_lines and self._bytes + len(line) <= self._max_bytes:
                    self._entries.append(line)
                    self._bytes += len(line)
                else:
                    self.dropped += 1
                    last = self._entries[-1] if self._entries else None
                    if isinstance(last, int):
                        self._entries[-1] = last + 1
                    else:
                        self._entries.append(1)
            self._changed.notify_all()

    def share(self, lock_file: int, mark: str = "") -> None:
        """Write while no other process does that has the same lock file, so that lines never mix. Each entry gets `mark`.

        The system releases the lock of a process that ends.
        """
        self._lock = FileLock(lock_file)
        key, _, value = mark.partition("=")
        self._mark = (
            b"" if not mark else f',"{key}":{value}}}\n'.encode() if self._format == "json" else f" {mark}\n".encode()
        )

    def close(self, timeout: float = CLOSE_SECONDS) -> None:
        """Wait until all lines are written, at most `timeout` seconds. Later lines are still taken."""
        with self._changed:
            self._changed.wait_for(lambda: not self._bytes and not self._is_writing, timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._is_writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._bytes)
                self._is_writing = True
                entries = self._take()
            self._write_entries(entries)

    def _take(self) -> list[bytes | int]:
        """Take the next lines off the queue, about CHUNK_BYTES of them, with the numbers before and behind them."""
        entries = []
        size = 0
        while self._entries and (size < CHUNK_BYTES or isinstance(self._entries[0], int)):
            entry = self._entries.popleft()
            entries.append(entry)
            if isinstance(entry, bytes):
                size += len(entry)
        self._bytes -= size
        return entries

    def _write_entries(self, entries: list[bytes | int]) -> None:
        lines = [self._report(entry) if isinstance(entry, int) else entry for entry in entries]
        if self._mark:
            lines = [self._marked(line) for line in lines]
        if self._is_torn:
            lines[0] = b"\n" + lines[0]
        data = b"".join(lines)
        with _exclusive(self._lock):
            written = self._write_bytes(data)
        if written:
            self._is_torn = data[written - 1 : written] != b"\n"
        if written < len(data):
            ends = accumulate(map(len, lines))
            self._lose([entry for entry, end in zip(entries, ends, strict=True) if end > written])

    def _marked(self, line: bytes) -> bytes:
        """The entry with the mark of this process, in its first line."""
        if self._format == "json":
            return line.removesuffix(b"}\n") + self._mark
        return line.replace(b"\n", self._mark, 1)

    def _write_bytes(self, data: bytes) -> int:
        """Write all, or up to the first fault; returns how many bytes were written."""
        written = 0
        while written < len(data):
            try:
                written += os.write(self._fd, memoryview(data)[written:])
            except BlockingIOError:  # another process made the pipe non-blocking
                poll = select.poll()
                poll.register(self._fd, select.POLLOUT)
                poll.poll()
            except OSError:
                break
        return written

    def _lose(self, entries: list[bytes | int]) -> None:
        """Count lines that could not be written. They are reported before the next line."""
        with self._changed:
            self.dropped += sum(isinstance(entry, bytes) for entry in entries)
            unreported = sum(entry if isinstance(entry, int) else 1 for entry in entries)
            first = self._entries[0] if self._entries else None
            if isinstance(first, int):
                self._entries[0] = first + unreported
            else:
                self._entries.appendleft(unreported)

    def _report(self, count: int) -> bytes:
        lines = "1 log line was" if count == 1 else f"{count} log lines were"
        message = f"{lines} dropped: nobody read them, or they could not be written"
        return format_line(self._format, time.time(), "WARNING", "gatecast.logs", message)


@contextmanager
def _exclusive(lock: FileLock | None) -> Iterator[None]:
    """Keep other processes from writing; nothing without a lock."""
    with ExitStack() as held:
        if lock is not None:
            with suppress(OSError):  # without it, lines may mix, but none is lost
                held.enter_context(lock)
        yield
