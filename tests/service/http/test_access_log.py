"""The line of each request, and the log of defects."""

import io
import logging
import re

import pytest

from service.http.access_log import PROBES, AccessLog, RequestRecord, log_defect

LOGGER = "gatecast.requests"


def record(path="/forecast", **changes):
    return RequestRecord("POST", path, path, 200, 0.0123, "me-1", 1_700_000_000.25)._replace(**changes)


def written(*records):
    """The lines of these requests."""
    stream = io.StringIO()
    AccessLog(stream).write(records)
    return stream.getvalue().splitlines()


def test_a_line_has_the_form_of_other_log_lines(caplog):
    """Time with milliseconds, level, logger, then the request."""
    caplog.set_level(logging.INFO, LOGGER)
    (line,) = written(record())
    pattern = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,250 INFO gatecast\.requests POST /forecast 200 12\.3ms id=me-1"
    assert re.fullmatch(pattern, line)


@pytest.mark.parametrize(
    ("level", "count"), [(logging.WARNING, 0), (logging.INFO, 1), (logging.DEBUG, 1 + len(PROBES))]
)
def test_the_loggers_level_decides_which_requests_are_logged(caplog, level, count):
    """Probes come every few seconds: their lines are for debugging only."""
    caplog.set_level(level, LOGGER)
    assert len(written(record(), *(record(path) for path in sorted(PROBES)))) == count


def test_lines_of_probes_are_marked_as_debugging(caplog):
    caplog.set_level(logging.DEBUG, LOGGER)
    (line,) = written(record("/livez"))
    assert " DEBUG gatecast.requests " in line


@pytest.mark.parametrize(
    ("path", "escaped"),
    [
        ("/a\nb", r"/a\nb"),
        ("/a\r\n2026-01-01 INFO forged", r"/a\r\n2026-01-01 INFO forged"),
        ("/\x1b[2J", r"/\x1b[2J"),
        ("/caf\u00e9", r"/caf\xe9"),
        ("/a\u2028b", r"/a\u2028b"),
        ("/\x85", r"/\x85"),
    ],
)
def test_a_path_cannot_forge_a_line(caplog, path, escaped):
    """Line ends, control characters and what is not ASCII are escaped."""
    caplog.set_level(logging.INFO, LOGGER)
    (line,) = written(record(path))
    assert f" POST {escaped} 200 " in line


def test_times_of_the_same_second_and_of_another_are_right(caplog):
    """The text of a second is made once; the next second gets its own."""
    caplog.set_level(logging.INFO, LOGGER)
    first, second, third = (
        line.split()[1] for line in written(record(), record(ended=1_700_000_000.999), record(ended=1_700_000_001.0))
    )
    assert (first[-4:], second[-4:], third[-4:]) == (",250", ",999", ",000")
    assert first[:8] == second[:8] != third[:8]


def test_without_a_stream_lines_go_to_standard_error(caplog, capsys):
    caplog.set_level(logging.INFO, LOGGER)
    AccessLog().write([record()])
    assert "POST /forecast 200" in capsys.readouterr().err


def test_a_defect_is_logged_with_its_traceback(caplog):
    error = RuntimeError("secret detail")
    log_defect("me-1", error)
    (entry,) = caplog.records
    assert (entry.levelname, entry.getMessage()) == ("ERROR", "defect, id=me-1")
    assert "secret detail" in caplog.text


def test_one_log_line_per_request(serve, capsys, caplog):
    """A line has id, status and time. A path cannot forge another line."""
    caplog.set_level(logging.INFO, "gatecast.requests")
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
