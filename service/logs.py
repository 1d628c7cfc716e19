"""The log of the process: lines of text or JSON to standard error, written by a thread of its own.

A pipe that nobody reads is full at some time, and then a write to it waits for ever. Here only the thread of a `LineWriter`
waits. What does not fit into its queue is dropped and counted.

`logging.handlers.QueueListener` is no such writer. Its queue has a limit in records but none in bytes, it does not say
how many it dropped, and `stop` waits for ever for a handler that waits for a reader. So does `logging.shutdown`, for the
lock of that handler.
"""

import atexit
import io
import logging
import os
import select
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache
from itertools import accumulate
from types import TracebackType
from typing import Any, Literal, Protocol

from pydantic_core import PydanticSerializationError, to_json

from .file_lock import FileLock

Format = Literal["text", "json"]

MAX_LINES = 10_000  # that wait for their reader
MAX_BYTES = 4 << 20
CHUNK_BYTES = 1 << 16  # that are written at once; a pipe of Linux holds as many
CLOSE_SECONDS = 1.0  # for the last lines of the process
MAX_MESSAGE = 4096  # characters
MAX_TRACEBACK_LINES = 200  # the last ones
MAX_TRACEBACK_LINE = 512  # characters: an exception may repeat what a caller sent
MILLISECONDS = [f".{number:03d}Z" for number in range(1000)]

log = logging.getLogger("gatecast")


class Writer(Protocol):
    """Takes finished lines, each with its line end. `dropped` counts those that were not written."""

    dropped: int

    def write(self, lines: Iterable[bytes]) -> None: ...


class DirectWriter:
    """Writes to `sys.stderr` at once, and waits for its reader: for tests, and for processes of other people."""

    dropped = 0

    def write(self, lines: Iterable[bytes]) -> None:
        sys.stderr.write(b"".join(lines).decode())
        sys.stderr.flush()


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


class LogHandler(logging.Handler):
    """Hands the records of `logging` to a writer. It never waits, and a record that is broken gives a line that says so."""

    def __init__(self, writer: Writer, log_format: Format) -> None:
        super().__init__()
        self._writer = writer
        self._format = log_format

    def emit(self, record: logging.LogRecord) -> None:
        head = (self._format, record.created, record.levelname, record.name)
        try:
            line = format_line(*head, record.getMessage(), record.exc_info[1] if record.exc_info else None)
        except Exception:
            line = format_line(*head, f"a record that cannot be formatted: {record.pathname}, line {record.lineno}")
        self._writer.write([line])

    def close(self) -> None:
        """Called at the end of the process, by `logging.shutdown`."""
        if isinstance(self._writer, LineWriter):
            self._writer.close()
        super().close()


class StandardError(io.TextIOBase):
    """Takes the place of `sys.stderr`. Whole lines go to the log: as they are, or as records where its format is JSON."""

    encoding = "utf-8"

    def __init__(self, writer: Writer, log_format: Format, fd: int) -> None:
        self._writer = writer
        self._format = log_format
        self._fd = fd
        self._rest = ""  # a line without its end
        self._lock = threading.RLock()

    def write(self, text: str) -> int:
        with self._lock:
            *lines, self._rest = (self._rest + text).split("\n")
            if len(self._rest) > MAX_MESSAGE:
                lines.append(self._rest)
                self._rest = ""
        self._writer.write([self._line(line) for line in lines])
        return len(text)

    def end_line(self) -> None:
        """End a line that was begun, if there is one."""
        if self._rest:
            self.write("\n")

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        """The file descriptor, for what writes to it without Python."""
        return self._fd

    def _line(self, line: str) -> bytes:
        if self._format == "json":
            return format_line("json", time.time(), "ERROR", "stderr", line)
        return f"{escape(cut(line, MAX_MESSAGE))}\n".encode()


_writer: Writer = DirectWriter()


def configure(level: str, log_format: Format) -> LineWriter:
    """Send all that Python code of this process logs, warns of or prints to standard error through one `LineWriter`.

    `logging.shutdown`, which Python calls at the end of the process, waits for its last lines.
    """
    global _writer
    # without standard error, its number would be that of the next file that is opened: occupy it
    fd = os.open(os.devnull, os.O_WRONLY) if sys.stderr is None else os.dup(sys.stderr.fileno())
    _writer = writer = LineWriter(fd, log_format)
    sys.stderr = standard_error = StandardError(writer, log_format, fd)
    atexit.register(standard_error.end_line)
    logging.basicConfig(level=level.upper(), handlers=[LogHandler(writer, log_format)], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    sys.unraisablehook = _log_unraisable
    threading.excepthook = _log_uncaught_in_thread
    return writer


def share(lock_file: int, mark: str = "") -> None:
    """Let other processes write to standard error too; see `LineWriter.share`. For after `configure`."""
    if isinstance(_writer, LineWriter):
        _writer.share(lock_file, mark)


def writer() -> Writer:
    """The writer of `configure`; before it was called, one that writes to `sys.stderr` at once."""
    return _writer


def format_line(
    log_format: Format, seconds: float, level: str, logger: str, message: str, error: BaseException | None = None
) -> bytes:
    """A log line with its line end. `seconds` since 1970. The text of a traceback follows in lines that are indented."""
    message = cut(message.rstrip("\n"), MAX_MESSAGE)
    raised = None if error is None else traceback.TracebackException.from_exception(error)
    if log_format == "json":
        fields: dict[str, Any] = {"time": utc(seconds), "level": level, "logger": logger, "message": message}
        if raised is not None:
            text = cut(str(raised), MAX_TRACEBACK_LINE)
            fields["error"] = {
                "type": type(error).__qualname__,
                "message": text,
                "traceback": "\n".join(_traceback(raised)),
            }
        return json_line(fields)
    lines = [f"{utc(seconds)} {level} {logger} {message}"]
    if raised is not None:
        lines += [f"  {line}" for line in _traceback(raised)]
    return "".join(f"{escape(line)}\n" for line in lines).encode()


def json_line(fields: dict[str, Any]) -> bytes:
    """One object in one line of ASCII, so that no reader finds a line end in it."""
    try:
        return to_json(fields, ensure_ascii=True) + b"\n"
    except PydanticSerializationError:  # half a surrogate pair
        return to_json(encodable(fields), ensure_ascii=True) + b"\n"


def encodable(value: Any) -> Any:
    """The same with ? for each half of a surrogate pair."""
    if isinstance(value, dict):
        return {name: encodable(item) for name, item in value.items()}
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def escape(text: str) -> str:
    """Escape line ends, control characters and whatever else cannot be seen. Half surrogate pairs are among it."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def cut(text: str, length: int) -> str:
    """The first `length` characters at most."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def utc(seconds: float) -> str:
    """Seconds since 1970 as 2026-11-28T07:08:50.123Z."""
    milliseconds = int(seconds * 1000)
    return _utc_second(milliseconds // 1000) + MILLISECONDS[milliseconds % 1000]


@lru_cache(maxsize=4)
def _utc_second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _traceback(raised: traceback.TracebackException) -> list[str]:
    """The last lines of a traceback, as Python prints it."""
    lines = "".join(raised.format()).rstrip("\n").split("\n")
    return [cut(line, MAX_TRACEBACK_LINE) for line in lines[-MAX_TRACEBACK_LINES:]]


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        log.critical("uncaught exception", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        name = args.thread.name if args.thread else "that has ended"
        log.error("uncaught exception in thread %s", name, exc_info=args.exc_value)


def _log_unraisable(args: "sys.UnraisableHookArgs") -> None:
    log.error("exception ignored in %s", type(args.object).__qualname__, exc_info=args.exc_value)
