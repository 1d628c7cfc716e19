"""One log line per request, and the log of defects."""

import json
import logging
import re
from collections.abc import Sequence
from json.encoder import encode_basestring_ascii
from typing import Any, NamedTuple

from .. import log_lines, logs
from .probes import PROBES

log = logging.getLogger("gatecast.requests")
MAX_PATH = 512  # characters; in text, of any part

PLAIN = re.compile("[!-~…]*")
_quote = encode_basestring_ascii  # a text as JSON


class RequestRecord(NamedTuple):
    """A request that was answered. What is None is not known, or the request had none.

    `route` is its path with the names of parameters; `ended` is in seconds since 1970; `key` is the name of the caller's
    key; `items` are its series or texts. A record holds no text and no reading.
    """

    method: str
    path: str
    route: str
    status: int
    seconds: float
    request_id: str
    ended: float
    client: str | None = None
    key: str | None = None
    model: str | None = None
    version: str | None = None
    items: int | None = None
    body_bytes: int | None = None
    reply_bytes: int | None = None
    queue_seconds: float | None = None
    compute_seconds: float | None = None
    trace_id: str | None = None


class AccessLog:
    """Writes the lines of many requests at once, in the form of the other log lines.

    `logging` takes longer for a line than a small model for a forecast, so it is asked for the level only, and the lines
    are made here. The level of the logger `gatecast.requests` decides which requests are logged; none are where
    `enabled` is false. Without a `writer`, the lines go where `logs.configure` sends the others.
    """

    def __init__(
        self, log_format: log_lines.Format = "text", enabled: bool = True, writer: logs.Writer | None = None
    ) -> None:
        self._line = _json if log_format == "json" else _text
        self._enabled = enabled
        self._writer = writer

    def write(self, records: Sequence[RequestRecord]) -> None:
        """Write a line for every request whose level is enabled."""
        if not self._enabled:
            return
        shown = {level: log.isEnabledFor(getattr(logging, level)) for level in ("DEBUG", "INFO")}
        # the lines of what is called every few seconds are for debugging only
        levels = ("DEBUG" if record.path in PROBES else "INFO" for record in records)
        lines = [self._line(record, level) for record, level in zip(records, levels, strict=True) if shown[level]]
        (self._writer or logs.writer()).write(lines)


def _text(record: RequestRecord, level: str) -> bytes:
    """Parts with a space between them. What a client sent can add no part and no line."""
    (method, path, _, status, seconds, request_id, ended, client, key, model, version) = record[:11]
    (items, body_bytes, _, queue_seconds, compute_seconds, trace_id) = record[11:]
    if len(path) > MAX_PATH or not PLAIN.fullmatch(
        f"{method}{path}{client}{key}{model}{version}{trace_id}{request_id}"
    ):
        return _text(RequestRecord(*map(_escape, record)), level)
    line = f"{log_lines.utc(ended)} {level} gatecast.requests {method} {path} {status} {seconds * 1e3:.1f}ms"
    if client is not None:
        line += f" client={client}"
    if key is not None:
        line += f" key={key}"
    if model is not None:
        line += f" model={model}" if version is None else f" model={model}/{version}"
    if items is not None:
        line += f" items={items}"
    if body_bytes is not None:
        line += f" bytes={body_bytes}"
    if queue_seconds is not None:
        line += f" queue={queue_seconds * 1e3:.1f}ms"
    if compute_seconds is not None:
        line += f" compute={compute_seconds * 1e3:.1f}ms"
    if trace_id is not None:
        line += f" trace={trace_id}"
    return f"{line} id={request_id}\n".encode()


def _json(record: RequestRecord, level: str) -> bytes:
    """One object of ASCII. It is put together here: a dictionary and its conversion would take twice as long."""
    (method, path, route, status, seconds, request_id, ended, client, key, model, version) = record[:11]
    (items, body_bytes, reply_bytes, queue_seconds, compute_seconds, trace_id) = record[11:]
    if len(path) > MAX_PATH:
        path, route = log_lines.cut(path, MAX_PATH), log_lines.cut(route, MAX_PATH)
    line = (
        f'{{"time":"{log_lines.utc(ended)}","level":"{level}","logger":"gatecast.requests","message":"request"'
        f',"method":{_quote(method)},"path":{_quote(path)},"route":{_quote(route)},"status":{status}'
        f',"duration_ms":{seconds * 1e3:.3f}'
    )
    if client is not None:
        line += f',"client":{_quote(client)}'
    if key is not None:
        line += f',"key":{_quote(key)}'
    if model is not None:
        line += f',"model":{_quote(model)}'
    if version is not None:
        line += f',"version":{_quote(version)}'
    if items is not None:
        line += f',"items":{items}'
    if body_bytes is not None:
        line += f',"bytes":{body_bytes}'
    if reply_bytes is not None:
        line += f',"reply_bytes":{reply_bytes}'
    if queue_seconds is not None:
        line += f',"queue_ms":{queue_seconds * 1e3:.3f}'
    if compute_seconds is not None:
        line += f',"model_ms":{compute_seconds * 1e3:.3f}'
    if trace_id is not None:
        line += f',"trace_id":{_quote(trace_id)}'
    line += f',"request_id":{_quote(request_id)}}}\n'
    if r"\ud" in line:  # perhaps half a surrogate pair, which many readers of JSON refuse
        return log_lines.json_line(json.loads(line))
    return line.encode()


def _escape(value: Any) -> Any:
    """A text in printable ASCII without spaces; other values as they are."""
    if not isinstance(value, str):
        return value
    return log_lines.cut(value.encode("unicode_escape").decode().replace(" ", r"\x20"), MAX_PATH)


def log_defect(request_id: str, error: BaseException) -> None:
    """Log the traceback of a 500 under the id that its client was given."""
    logging.getLogger("gatecast").error("defect, id=%s", request_id, exc_info=error)
