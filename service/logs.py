"""The log of the process: all that it logs, warns of or prints to standard error, by the thread of a `LineWriter`."""

import atexit
import io
import logging
import os
import sys
import threading
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Protocol

from .line_writer import LineWriter
from .log_lines import MAX_MESSAGE, Format, cut, escape, format_line

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
