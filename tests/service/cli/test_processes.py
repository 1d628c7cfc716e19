"""Commands as processes: pipes, terminals, signals."""

import os
import pty
import signal
import subprocess
import sys

import pytest

from tests.connections import until
from tests.patience import PATIENCE_S
from tests.processes import ROOT, serving, shipped

COMMAND = [sys.executable, "-m", "service.cli"]
SENTIMENT = str(ROOT / "models" / "sentiment")


def start(*arguments, **options):
    """A command, whose streams are pipes unless it is said otherwise."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*COMMAND, *map(str, arguments)], cwd=ROOT, **pipes | options)


def test_a_reader_that_leaves_is_no_error(tmp_path):
    """As with `| head`: nothing on standard error, and the status of SIGPIPE."""
    (tmp_path / "in.csv").write_text("body\n" + "Fine.\n" * 3000)
    with start("bulk", tmp_path / "in.csv", "--text", "body", "--model", SENTIMENT, "--quiet") as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(PATIENCE_S) == 141
        assert process.stderr.read() == b""


def test_standard_input_is_scored_as_a_stream(tmp_path):
    """In JSON lines, and out as CSV; bars and colours are for terminals."""
    with start("bulk", "-", "--text", "body", "--model", SENTIMENT, "--workers", "1") as process:
        out, err = process.communicate(b'{"body": "Great."}\n{"body": "Awful."}\n', timeout=PATIENCE_S)
    assert process.returncode == 0
    assert [line.split(b",")[1] for line in out.splitlines()] == [b"label", b"positive", b"negative"]
    assert err.startswith(b"2 rows read, 0 with errors")
    assert b"\x1b" not in out + err


@pytest.mark.parametrize(("sig", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_can_go_on_and_says_so(tmp_path, sig, status):
    """Its state is kept, and the same command finishes the file."""
    rows = 60_000
    (tmp_path / "in.csv").write_text("body\n" + "".join(f"A fine film, number {n}.\n" for n in range(rows)))
    command = [
        "bulk",
        tmp_path / "in.csv",
        "--text",
        "body",
        "--only",
        "--model",
        SENTIMENT,
        "--out",
        tmp_path / "out.csv",
    ]
    journal = tmp_path / "out.csv.parts" / "journal"
    with start(*command, "--workers", "2") as process:
        until(lambda: journal.exists() and journal.stat().st_size)
        process.send_signal(sig)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == status
    assert b"the same command goes on from here" in err
    assert not (tmp_path / "out.csv").exists()
    (tmp_path / "in.csv").touch()
    with start(*command) as process:
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert b"--restart" in err


def at_a_terminal(*arguments, **environment):
    """What a command shows at a terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.environ.update({"TERM": "xterm", "COLUMNS": "120", **environment})
        os.execvp(COMMAND[0], [*COMMAND, *map(str, arguments)])
    shown = b""
    try:
        while data := os.read(terminal, 4096):
            shown += data
    except OSError:  # the command has ended
        pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return shown.decode()


def test_a_terminal_gets_a_table_and_colours_unless_they_are_unwanted():
    """NO_COLOR is heeded."""
    shown = at_a_terminal("sentiment", "Great.", "--model", SENTIMENT)
    plain = at_a_terminal("sentiment", "Great.", "--model", SENTIMENT, NO_COLOR="1")
    assert "\x1b[1m" in shown
    assert "positive" in shown
    assert "," not in plain.splitlines()[0]
    assert "\x1b[3" not in plain


def test_a_terminal_gets_a_bar(tmp_path):
    (tmp_path / "in.csv").write_text("body\n" + "Fine.\n" * 1500)
    out = tmp_path / "out.csv"
    shown = at_a_terminal("bulk", tmp_path / "in.csv", "--text", "body", "--model", SENTIMENT, "--out", out)
    assert "rows/s" in shown
    assert "1,500 rows read" in shown


def test_serve_serves_and_ends_as_the_service_does(models):
    """With its settings as options."""
    command = [*COMMAND, "serve", "--port", "0", "--models", str(models)]
    with serving(models.parent / "nowhere", command=command, grace_s=0, engine="onnx") as (process, client, _):
        assert client.get("/version").json()["models"] == {"ensemble": [shipped("ensemble").name]}
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
