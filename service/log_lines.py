"""What a line of the log looks like: text or JSON, on one line, with nothing in it that cannot be seen."""

import time
import traceback
from functools import lru_cache
from typing import Any, Literal

from pydantic_core import PydanticSerializationError, to_json

Format = Literal["text", "json"]

MAX_MESSAGE = 4096  # characters
MAX_TRACEBACK_LINES = 200  # the last ones
MAX_TRACEBACK_LINE = 512  # characters: an exception may repeat what a caller sent
MILLISECONDS = [f".{number:03d}Z" for number in range(1000)]


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
