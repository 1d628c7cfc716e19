"""The log: its lines, and a reader that does not read, has gone, or comes back."""

import contextlib
import fcntl
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading

import httpx
import pytest

from service.line_writer import MAX_LINES, LineWriter
from service.log_lines import MAX_MESSAGE, MAX_TRACEBACK_LINE, format_line, json_line, utc
from service.logs import LogHandler, StandardError
from tests.connections import until
from tests.patience import PATIENCE_S
from tests.processes import COMMAND, ROOT, environment

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
BIDI = "\u202e"
HALF_PAIR = "\udc80"
LINE = b"x" * 99 + b"\n"
PIPE_BYTES = 4096


class Lines:
    """A writer that keeps its lines, as text."""

    def __init__(self):
        self.dropped = 0
        self.lines = []

    def write(self, lines):
        self.lines += [line.decode() for line in lines]


@contextlib.contextmanager
def small_pipe():
    """A pipe that holds 4 KiB, where the system can shrink one."""
    read, write = os.pipe()
    shrink(write)
    try:
        yield read, write
    finally:
        os.close(read)  # ends a write that waits


def shrink(fd):
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def read_until(fd, end):
    """What can be read until it ends with `end`."""
    data = b""
    while not data.endswith(end):
        data += os.read(fd, 1 << 16)
    return data


def run_script(script, **options):
    """Run Python code with its standard error in a pipe that is read."""
    command = [sys.executable, "-c", f"from service.logs import *\n{script}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, **options)


def start_script(script):
    """The same with a small pipe that nobody reads."""
    command = [sys.executable, "-c", f"from service.logs import *\n{script}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    shrink(process.stderr.fileno())
    return process


def reported(text):
    """How many lines were dropped, according to the lines that say so."""
    return sum(int(count) for count in re.findall(r"WARNING gatecast\.logs (\d+) log lines? w", text))


# ---- several processes


SHARED = """
import sys
configure("info", {log_format!r})
share({lock}, "worker={number}")
for number in range(300):
    logging.getLogger("x").info("%s", "{number}" * 3000)
    logging.getLogger("x").info("%s", "short")
"""


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_lines_of_several_processes_never_mix(log_format):
    """Not even those that are longer than what a pipe takes in one piece; each says whose it is."""
    lock = os.memfd_create("lock")
    read, write = os.pipe()
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from service.logs import *\n" + SHARED.format(log_format=log_format, lock=lock, number=number),
            ],
            cwd=ROOT,
            stderr=write,
            pass_fds=[lock],
        )
        for number in (1, 2, 3)
    ]
    os.close(write)
    with os.fdopen(read) as file:
        lines = file.read().splitlines()
    assert [process.wait(PATIENCE_S) for process in processes] == [0, 0, 0]
    os.close(lock)
    marks = {1: 0, 2: 0, 3: 0}
    for line in lines:
        if log_format == "json":
            fields = json.loads(line)
            number, message = fields["worker"], fields["message"]
        else:
            message, number = line.split(" ")[3], int(line.rpartition("worker=")[2])
        marks[number] += 1
        assert message in ("short", str(number) * 3000)
    assert marks == {1: 600, 2: 600, 3: 600}


def test_the_mark_is_in_the_first_line_of_an_entry():
    """Also of a traceback."""
    with small_pipe() as (read, fd):
        writer = LineWriter(fd)
        writer.share(os.memfd_create("lock"), "worker=7")
        writer.write([b"error\n  traceback\n", b"end\n"])
        assert read_until(read, b"end worker=7\n") == b"error worker=7\n  traceback\nend worker=7\n"


# ---- a reader that does not read


def test_lines_that_nobody_reads_are_dropped_and_counted():
    """What was taken comes first and in order, then the number of what was dropped, then what came later."""
    with small_pipe() as (read, fd):
        writer = LineWriter(fd, max_lines=50)
        writer.write([b"%99d\n" % number for number in range(50)])
        until(lambda: not writer._bytes)  # the thread has taken them all, more than the pipe holds: now it waits
        for number in range(50, 1000):
            writer.write([b"%99d\n" % number])
        dropped = writer.dropped
        assert dropped == 1000 - 2 * 50
        text = read_until(read, b"could not be written\n").decode()
        writer.write([b"end\n"])
        text += read_until(read, b"end\n").decode()
    numbers = [int(line) for line in text.splitlines() if line.strip().isdigit()]
    assert numbers == sorted(numbers)
    assert len(numbers) + dropped == 1000
    assert reported(text) == dropped


@pytest.mark.parametrize("limits", [{"max_lines": 5}, {"max_bytes": 500}])
def test_the_queue_is_limited_in_lines_and_in_bytes(limits):
    """Of eight lines of 100 bytes, five fit."""
    with small_pipe() as (read, fd):
        writer = LineWriter(fd, **limits)
        writer.write([LINE] * 8)
        text = read_until(read, b"could not be written\n")
    assert text.startswith(LINE * 5)
    assert (text.count(LINE), writer.dropped, reported(text.decode())) == (5, 3, 3)


def test_a_hundred_thousand_lines_from_the_event_loop():
    """Nobody reads them. All calls return, the loop goes on to take SIGTERM, and the process ends."""
    process = start_script(
        """
import asyncio, signal
async def main():
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    for number in range(100_000):
        logging.getLogger("x").info("line %d", number)
    print(writer().dropped, flush=True)
    await ended.wait()
configure("info", "text")
asyncio.run(main())
"""
    )
    with process:
        dropped = int(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert 100_000 - MAX_LINES - 2_000 <= dropped < 100_000


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("logging.error('x' * 3000)\n" * 5, 0),
        ("print('x' * 10_000, file=sys.stderr)\nprint('x' * 100_000, file=sys.stderr)", 0),
        ("import warnings\nfor n in range(50): warnings.warn(f'{n}' * 1000)", 0),
        ("for n in range(50): logging.error('x' * 3000)\nsys.exit(3)", 3),
        ("for n in range(50): logging.error('x' * 3000)\nraise ValueError", 1),
    ],
)
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_process_ends_although_nobody_reads(script, status, log_format):
    """Whatever wrote: logging, print, a warning, an exception."""
    with start_script(f"configure('info', '{log_format}')\n{script}") as process:
        assert process.wait(PATIENCE_S) == status


def test_a_service_whose_log_nobody_reads_answers_and_ends(models):
    """It goes on far behind the point where the pipe is full, and SIGTERM ends it."""
    variables = environment(models, engine="onnx", grace_s=0, log_level="debug")
    with subprocess.Popen(COMMAND, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True) as process:
        try:
            while not (address := re.search(r"running on (http://\S+)", process.stderr.readline())):
                assert process.poll() is None
            shrink(process.stderr.fileno())
            with httpx.Client(base_url=address[1], timeout=PATIENCE_S) as client:
                for number in range(300):
                    assert client.get(f"/{number}/{'x' * 400}").status_code == 404
                assert client.get("/livez").status_code == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()


# ---- writes that fail, in part or wholly


def test_a_pipe_that_does_not_block_gets_every_line():
    """Another process that shares it may have made it so."""
    with small_pipe() as (read, fd):
        os.set_blocking(fd, False)
        writer = LineWriter(fd)
        lines = [b"%99d\n" % number for number in range(2_000)]
        threading.Thread(target=writer.write, args=[lines]).start()
        assert read_until(read, lines[-1]) == b"".join(lines)
        assert writer.dropped == 0


@pytest.mark.parametrize(("path", "flags"), [("/dev/full", os.O_WRONLY), ("/dev/null", os.O_RDONLY)])
def test_lines_that_cannot_be_written_are_counted(path, flags):
    """No space; a descriptor that is not open for writing."""
    writer = LineWriter(os.open(path, flags))
    for _ in range(3):
        writer.write([LINE, LINE])
        writer.close(60)
    assert writer.dropped == 6


def test_a_reader_that_comes_back_is_told_what_was_lost(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    first = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = LineWriter(os.open(path, os.O_WRONLY))
    os.close(first)
    for _ in range(3):
        writer.write([LINE])
        writer.close(60)
    second = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(second, True)
    writer.write([b"end\n"])
    report, end = read_until(second, b"end\n").decode().splitlines()
    os.close(second)
    assert (reported(report), end, writer.dropped) == (3, "end", 3)


def test_a_line_that_was_written_in_part_is_ended(tmp_path):
    """The file may not grow beyond 150 bytes, then it may."""
    path = tmp_path / "log"
    ended = run_script(
        f"""
import resource
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
lines = LineWriter(os.open({str(path)!r}, os.O_WRONLY | os.O_CREAT))
resource.setrlimit(resource.RLIMIT_FSIZE, (150, most))
lines.write([b"a" * 99 + b"\\n", b"b" * 99 + b"\\n"])
lines.close(60)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
lines.write([b"end\\n"])
lines.close(60)
print(lines.dropped)
"""
    )
    assert (ended.stdout, ended.stderr) == ("1\n", "")
    whole, part, report, end = path.read_text().splitlines()
    assert (whole, part, reported(report), end) == ("a" * 99, "b" * 50, 1, "end")


# ---- everything that Python writes


def test_what_a_failing_process_says_appears_in_order():
    """The last words of a start that fails, too."""
    ended = run_script(
        """
import warnings
configure("info", "text")
logging.getLogger("uvicorn.error").info("Uvicorn running on %s", "http://127.0.0.1:1")
print("printed", file=sys.stderr)
warnings.warn("outdated")
logging.getLogger("gatecast").error("not good")
print("error: cannot start", file=sys.stderr)
sys.exit(3)
"""
    )
    first, second, third, fourth, fifth = ended.stderr.splitlines()
    assert re.fullmatch(f"{TIME} INFO uvicorn.error Uvicorn running on http://127.0.0.1:1", first)
    assert (second, fifth) == ("printed", "error: cannot start")
    assert re.fullmatch(rf"{TIME} WARNING py.warnings .* UserWarning: outdated.*", third)
    assert re.fullmatch(f"{TIME} ERROR gatecast not good", fourth)
    assert ended.returncode == 3


UNCAUGHT = {
    "in a thread": "t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()",
    "in a finaliser": "class Broken:\n def __del__(self): 1 / 0\nBroken()",
    "in the event loop": """
import asyncio
async def main():
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0)
asyncio.run(main())""",
    "at last": "1 / 0",
}


@pytest.mark.parametrize("script", UNCAUGHT.values(), ids=UNCAUGHT)
def test_an_uncaught_exception_is_a_record(script):
    ended = run_script(f"configure('info', 'json')\n{script}")
    (line,) = ended.stderr.splitlines()
    error = json.loads(line)["error"]
    assert (error["type"], error["message"]) == ("ZeroDivisionError", "division by zero")
    assert error["traceback"].startswith("Traceback (most recent call last):\n")
    assert error["traceback"].endswith("\nZeroDivisionError: division by zero")


@pytest.mark.parametrize("raised", ["SystemExit", "KeyboardInterrupt"])
def test_an_end_that_is_meant_is_no_record(raised):
    """In a thread SystemExit ends the thread only. KeyboardInterrupt is printed as usual."""
    ended = run_script(
        f"""
configure("info", "text")
def end(): raise SystemExit
t = threading.Thread(target=end); t.start(); t.join()
raise {raised}
"""
    )
    assert "uncaught" not in ended.stderr
    assert (ended.stderr == "") == (raised == "SystemExit")


def test_without_standard_error_its_number_is_occupied():
    """A file that is opened later never gets the lines."""
    script = "from service.logs import *\nconfigure('info', 'text')\nlogging.error('x')\nprint(os.readlink('/proc/self/fd/2'))"
    ended = subprocess.run(
        ["sh", "-c", 'exec "$0" "$@" 2>&-', sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert (ended.returncode, ended.stdout) == (0, "/dev/null\n")


def test_a_finaliser_that_logs_while_a_line_is_taken():
    """The lock of the queue is reentrant: the same thread may come back."""
    ended = run_script(
        """
configure("info", "text")
def lines():
    yield b"first\\n"
    logging.error("from within")
    yield b"second\\n"
writer().write(lines())
"""
    )
    assert [line.split()[-1] for line in ended.stderr.splitlines()] == ["first", "within", "second"]


def test_parts_of_a_line_that_are_printed_wait_for_its_end():
    lines = Lines()
    stream = StandardError(lines, "text", 2)
    for part in ("a", "b\nc", "", "\n\rd\n"):
        stream.write(part)
    stream.write("e" * (MAX_MESSAGE + 1))
    assert lines.lines == ["ab\n", "c\n", "\\rd\n", "e" * (MAX_MESSAGE - 1) + "…\n"]
    assert (stream.fileno(), stream.writable(), stream.isatty()) == (2, True, False)


def test_a_line_without_an_end_is_not_lost():
    ended = run_script("configure('info', 'text')\nprint('last words', end='', file=sys.stderr)")
    assert ended.stderr == "last words\n"


def test_printed_lines_are_records_in_json():
    lines = Lines()
    print("a", "b", file=StandardError(lines, "json", 2))
    record = json.loads(lines.lines[0])
    assert (record["level"], record["logger"], record["message"]) == ("ERROR", "stderr", "a b")


# ---- lines


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1_795_849_730.123, "2026-11-28T07:08:50.123Z"),
        (1_795_849_730.9999, "2026-11-28T07:08:50.999Z"),
        (1_795_849_731.0, "2026-11-28T07:08:51.000Z"),
        (0.0, "1970-01-01T00:00:00.000Z"),
    ],
)
def test_times_are_in_utc_whatever_the_zone(monkeypatch, seconds, text):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    assert utc(seconds) == text


HOSTILE = [
    "a\nb",
    "a\r\nb",
    "\x1b[2J",
    "\x00",
    "\x7f",
    "\x85",
    "\x9b2J",
    "a\u2028b",
    f"a{BIDI}b",
    f"a{HALF_PAIR}b",
    "\t",
]


@pytest.mark.parametrize("message", HOSTILE)
def test_a_message_cannot_break_a_line(message):
    """Nor a terminal. In JSON it can be had back, but for half of a surrogate pair."""
    line = format_line("text", 0, "INFO", "x", message).decode()
    assert line[:-1].isprintable()
    line = format_line("json", 0, "INFO", "x", message).decode()
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == message.replace(HALF_PAIR, "?")


def test_what_can_be_seen_is_not_escaped():
    assert format_line("text", 0, "INFO", "x", "gru → café 😀").endswith(" INFO x gru → café 😀\n".encode())


def test_long_messages_are_cut():
    line = format_line("text", 0, "INFO", "x", "y" * 10_000).decode()
    assert line.endswith("y…\n")
    assert line.count("y") == MAX_MESSAGE - 1


def raised(error):
    try:
        raise error
    except Exception as caught:
        return caught


class Mute(Exception):
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a\n1970-01-01T00:00:00.000Z INFO forged"),
        ValueError("x" * 100_000),
        ValueError("\n" * 100_000),
        ValueError(HALF_PAIR),
        Mute(),
        ExceptionGroup("several", [ValueError("a"), KeyError("b")]),
    ],
    ids=["forged", "long", "high", "half", "mute", "group"],
)
def test_a_traceback_is_indented_and_limited(error):
    """Only the first line of a record begins with its time."""
    lines = format_line("text", 0, "ERROR", "x", "defect", raised(error)).decode().splitlines()
    assert lines[0] == "1970-01-01T00:00:00.000Z ERROR x defect"
    assert len(lines) > 1
    assert all(
        line.startswith("  ") and line.isprintable() and len(line) < 2 * MAX_TRACEBACK_LINE for line in lines[1:]
    )
    assert sum(map(len, lines)) < 20_000
    record = json.loads(format_line("json", 0, "ERROR", "x", "defect", raised(error)))
    assert record["error"]["type"] == type(error).__qualname__
    assert len(record["error"]["traceback"]) < 20_000


def test_a_record_has_its_own_time_level_and_logger():
    lines = Lines()
    handler = LogHandler(lines, "json")
    record = logging.LogRecord("a.b", logging.WARNING, __file__, 7, "%d of %s", (1, "x"), None)
    record.created = 1_795_849_730.5
    handler.handle(record)
    assert json.loads(lines.lines[0]) == {
        "time": "2026-11-28T07:08:50.500Z",
        "level": "WARNING",
        "logger": "a.b",
        "message": "1 of x",
    }


@pytest.mark.parametrize(("message", "arguments"), [("%d", ("x",)), ("%s", (Mute(),)), ("%s %s", ("x",)), (Mute(), ())])
def test_a_record_that_cannot_be_formatted_names_its_place(message, arguments):
    """Nothing is printed to standard error in its place, and its caller goes on."""
    lines = Lines()
    LogHandler(lines, "text").handle(logging.LogRecord("a", logging.INFO, "file.py", 7, message, arguments, None))
    assert lines.lines[0].endswith(" INFO a a record that cannot be formatted: file.py, line 7\n")


def test_an_object_of_json_is_one_line_of_ascii():
    assert (
        json_line({"a": "é\u2028\n", "b": {"c": HALF_PAIR}, "d": 1})
        == b'{"a":"\\u00e9\\u2028\\n","b":{"c":"?"},"d":1}\n'
    )
