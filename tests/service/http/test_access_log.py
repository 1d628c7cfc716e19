"""The line of each request, and the log of defects."""

import json
import logging

import httpx
import pytest

from service.http.access_log import MAX_PATH, AccessLog, RequestRecord, log_defect
from service.http.probes import PROBES
from tests.patience import PATIENCE_S
from tests.processes import PATIENT, serving

LOGGER = "gatecast.requests"
ENDED = 1_795_849_730.123
FULL = RequestRecord(
    method="POST",
    path="/models/gru",
    route="/models/{name}",
    status=200,
    seconds=0.0012,
    request_id="me-1",
    ended=ENDED,
    client="203.0.113.7",
    key="shop",
    model="gru",
    version="1",
    items=2,
    body_bytes=345,
    reply_bytes=812,
    queue_seconds=0.0001,
    compute_seconds=0.0005,
    trace_id="4bf92f35",
)
HALF_PAIR = "\udc80"


class Lines:
    """A writer that keeps its lines, as text."""

    dropped = 0

    def __init__(self):
        self.lines = []

    def write(self, lines):
        self.lines += [line.decode() for line in lines]


@pytest.fixture(autouse=True)
def information(caplog):
    """Requests are logged, probes are not."""
    caplog.set_level(logging.INFO, LOGGER)


def record(path="/forecast", **changes):
    return RequestRecord("POST", path, path, 200, 0.0123, "me-1", ENDED)._replace(**changes)


def written(*records, log_format="text", enabled=True):
    """The lines of these requests."""
    writer = Lines()
    AccessLog(log_format, enabled, writer).write(records)
    assert all(line.endswith("\n") and len(line.splitlines()) == 1 for line in writer.lines)
    return [line[:-1] for line in writer.lines]


def test_a_line_of_text_has_all_that_is_known():
    (line,) = written(FULL)
    assert line == (
        "2026-11-28T07:08:50.123Z INFO gatecast.requests POST /models/gru 200 1.2ms client=203.0.113.7 key=shop "
        "model=gru/1 items=2 bytes=345 queue=0.1ms compute=0.5ms trace=4bf92f35 id=me-1"
    )


def test_a_line_of_json_has_all_that_is_known():
    (line,) = written(FULL, log_format="json")
    assert json.loads(line) == {
        "time": "2026-11-28T07:08:50.123Z",
        "level": "INFO",
        "logger": "gatecast.requests",
        "message": "request",
        "method": "POST",
        "path": "/models/gru",
        "route": "/models/{name}",
        "status": 200,
        "duration_ms": 1.2,
        "client": "203.0.113.7",
        "key": "shop",
        "model": "gru",
        "version": "1",
        "items": 2,
        "bytes": 345,
        "reply_bytes": 812,
        "queue_ms": 0.1,
        "model_ms": 0.5,
        "trace_id": "4bf92f35",
        "request_id": "me-1",
    }


def test_what_is_not_known_is_left_out():
    """Zero is known."""
    (line,) = written(record())
    assert line == "2026-11-28T07:08:50.123Z INFO gatecast.requests POST /forecast 200 12.3ms id=me-1"
    (line,) = written(record(items=0, body_bytes=0, queue_seconds=0.0, model="gru"))
    assert line.endswith(" 12.3ms model=gru items=0 bytes=0 queue=0.0ms id=me-1")
    (line,) = written(record(), log_format="json")
    known = {"time", "level", "logger", "message", "method", "path", "route", "status", "duration_ms", "request_id"}
    assert set(json.loads(line)) == known


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_log_of_requests_can_be_switched_off(log_format):
    assert written(FULL, log_format=log_format, enabled=False) == []


@pytest.mark.parametrize(
    ("level", "count"), [(logging.WARNING, 0), (logging.INFO, 1), (logging.DEBUG, 1 + len(PROBES))]
)
def test_the_loggers_level_decides_which_requests_are_logged(caplog, level, count):
    """Probes come every few seconds: their lines are for debugging only."""
    caplog.set_level(level, LOGGER)
    assert len(written(record(), *(record(path) for path in sorted(PROBES)))) == count


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_lines_of_probes_are_marked_as_debugging(caplog, log_format):
    caplog.set_level(logging.DEBUG, LOGGER)
    (line,) = written(record("/livez"), log_format=log_format)
    assert "DEBUG" in line


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("/a\nb", r"/a\nb"),
        ("/a\r\n2026-01-01 INFO forged", r"/a\r\n2026-01-01\x20INFO\x20forged"),
        ("/a 200 1.0ms client=forged", r"/a\x20200\x201.0ms\x20client=forged"),
        ("/\x1b[2J", r"/\x1b[2J"),
        ("/\x00", r"/\x00"),
        ("/\x7f", r"/\x7f"),
        ("/caf\u00e9", r"/caf\xe9"),
        ("/\ufffd", r"/\ufffd"),
        ("/a\u2028b", r"/a\u2028b"),
        ("/a\u202eb", r"/a\u202eb"),
        ("/\x85", r"/\x85"),
        (f"/{HALF_PAIR}", r"/\udc80"),
        ("/\U0001f600", r"/\U0001f600"),
        ('/"\\', '/"\\'),
    ],
)
@pytest.mark.parametrize("field", ["method", "path", "client", "key", "model", "version", "trace_id", "request_id"])
def test_a_text_cannot_forge_a_line_or_a_part_of_one(field, text, escaped):
    """Spaces, control characters and what is not ASCII are escaped; JSON gives the text back."""
    (line,) = written(FULL._replace(**{field: text}))
    assert line.replace("…", "").isascii()
    assert line.isprintable()
    assert escaped in line
    assert line.count(" ") == written(FULL)[0].count(" ")
    (line,) = written(FULL._replace(**{field: text}), log_format="json")
    assert line.isascii()
    assert json.loads(line)[field] == text.replace(HALF_PAIR, "?")


@pytest.mark.parametrize("character", ["x", "\n", "é", "…", HALF_PAIR, '"'])
def test_long_paths_are_cut(character):
    path = "/" + character * 30_000
    (line,) = written(record(path))
    shown = line.split(" ")[4]
    assert (len(shown), shown[0], shown[-1]) == (MAX_PATH, "/", "…")
    (line,) = written(record(path), log_format="json")
    fields = json.loads(line)
    assert fields["path"] == fields["route"] == ("/" + character * (MAX_PATH - 2) + "…").replace(HALF_PAIR, "?")


def test_without_a_writer_lines_go_to_standard_error(capsys):
    AccessLog().write([record()])
    assert "POST /forecast 200" in capsys.readouterr().err


def test_a_defect_is_logged_with_its_traceback(caplog):
    error = RuntimeError("secret detail")
    log_defect("me-1", error)
    (entry,) = caplog.records
    assert (entry.levelname, entry.getMessage()) == ("ERROR", "defect, id=me-1")
    assert "secret detail" in caplog.text


def test_one_log_line_per_request(serve, capsys):
    """A line has id, status and time. A path cannot forge another line."""
    client = serve()
    client.post("/sentiment", json={"text": "good"}, headers={"x-request-id": "me-1"})
    client.get("/a%0Ab")
    client.get("/livez")
    client.app.flush()
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("gatecast.requests ")[1].split()[:3] for line in lines] == [
        ["POST", "/sentiment", "200"],
        ["GET", "/a\\nb", "404"],
    ]
    assert lines[0].endswith("ms id=me-1")


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("access_log", [True, False])
def test_the_settings_decide_on_format_and_requests(models, log_format, access_log):
    """Other lines stay. A probe gives no line."""
    settings = {"engine": "onnx", "grace_s": 0, "log_format": log_format, "access_log": access_log}
    with serving(models, command=PATIENT, **settings) as (process, client, log):
        client.get("/livez")
        assert client.get("/a%0Ab").status_code == httpx.codes.NOT_FOUND
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        lines = log.result(PATIENCE_S).splitlines()
    if log_format == "json":
        lines = [f"{fields['logger']} {fields.get('path')}" for fields in map(json.loads, lines)]
    assert sum("gatecast.requests" in line for line in lines) == access_log
    assert any("uvicorn.error" in line for line in lines)
