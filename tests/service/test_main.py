"""`python -m service`: its arguments, its settings, a start that fails, and signals from its first moment on."""

import contextlib
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.__main__ import main
from tests.connections import until
from tests.patience import PATIENCE_S
from tests.processes import COMMAND, ROOT, environment, run_service, serving, shipped
from tests.service.http.test_server import copy_as_version

COPIES = 12  # of a model, besides the one that is there


def test_a_wrong_argument_or_setting_is_named(models):
    """Nothing is served by mistake."""

    assert run_service(models, "--port", "1").returncode == 2
    wrong = run_service(models, engine="torch")
    assert (wrong.returncode, "GATECAST_ENGINE" in wrong.stderr) == (2, True)
    checked = run_service(models, "--check")
    assert (checked.returncode, checked.stdout) == (0, f"ensemble/{shipped('ensemble').name}: proven, engine onnx\n")
    shutil.rmtree(models / "ensemble" / shipped("ensemble").name / "compiled")
    missing = run_service(models, "--check", engine="onnx")
    assert (missing.returncode, "compiled is missing" in missing.stderr) == (3, True)


def test_main_serves_without_arguments(monkeypatch, capsys):
    """The default of its arguments is an empty tuple; a wrong setting shows that it went on from there."""
    monkeypatch.setenv("GATECAST_PORT", "x")
    assert main() == 2
    assert "GATECAST_PORT" in capsys.readouterr().err


def test_a_start_that_fails_prints_what_was_wrong_and_no_traceback(models):
    """Every fault has a line of its own, which names the file."""
    shutil.copytree(models / "ensemble", models / "other")
    version = shipped("ensemble").name
    (models / "ensemble" / version / "golden.json").write_text("{}")
    ended = run_service(models)
    assert ended.returncode == 3
    assert re.search(rf"^error: \S+/ensemble/{version}/golden\.json was changed", ended.stderr, re.MULTILINE)
    assert re.search(
        rf"^error: \S+/other/{version}/manifest\.json is the card of ensemble/{version}", ended.stderr, re.MULTILINE
    )
    assert "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("error: ")


def test_a_bad_version_is_left_out_unless_the_settings_refuse_it(models):
    """The others serve; --check is strict in both cases, lists every bad version and proves the good ones."""
    for bad in ("98", "99"):
        (models / "ensemble" / bad).mkdir()
    with serving(models, engine="onnx", grace_s=0) as (process, client, _):
        assert client.get("/version").json()["models"] == {"ensemble": [shipped("ensemble").name]}
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    printed = []
    for settings in ({}, {"on_bad_version": "refuse"}):
        checked = run_service(models, "--check", engine="onnx", **settings)
        assert checked.returncode == 3
        for bad in ("98", "99"):
            assert f"error: {models}/ensemble/{bad}/SHA256SUMS is missing" in checked.stderr
        printed.append(checked.stdout)
    assert f"ensemble/{shipped('ensemble').name}: proven" in printed[0]
    assert run_service(models, engine="onnx", on_bad_version="refuse").returncode == 3


def test_an_address_that_is_taken_is_named(models):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for settings in ({"port": port}, {"operations_port": port}):
            ended = run_service(models, **settings)
            assert ended.returncode == 3
            assert ended.stderr.splitlines()[-1].startswith(f"error: cannot listen on 127.0.0.1:{port} ")
            assert "Traceback" not in ended.stderr


@contextmanager
def starting(models, *prefix, command=COMMAND):
    """A process that is about to start: its many models are verified by TensorFlow, so that it is far from its end."""
    for version in range(100, 100 + COPIES):
        copy_as_version(models / "ensemble", str(version))
    process = subprocess.Popen(
        [*prefix, *command],
        cwd=ROOT,
        env=environment(models, engine="tensorflow"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def reach(process, moment):
    """Wait for a moment of a start, which must not have ended."""

    def is_reached():
        assert process.poll() is None, process.stdout.read()
        return moment()

    until(is_reached)


def handles(pid, sig):
    """Whether a process has a handler for a signal."""
    (caught,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt:")]
    return int(caught.split()[1], 16) >> (sig - 1) & 1


def has_loaded(pid, library):
    return library in Path(f"/proc/{pid}/maps").read_text()


# In the order of a start. The first is before anything is imported that takes time.
MOMENTS = {
    "handlers": lambda pid: handles(pid, signal.SIGTERM),
    "pydantic": lambda pid: has_loaded(pid, "_pydantic_core"),
    "numpy": lambda pid: has_loaded(pid, "_multiarray_umath"),
    "uvloop": lambda pid: has_loaded(pid, "uvloop"),
    "tensorflow": lambda pid: has_loaded(pid, "libtensorflow"),
}
LATER = [*list(MOMENTS)[:-1], pytest.param("tensorflow", marks=pytest.mark.slow)]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("moment", LATER)
@pytest.mark.parametrize(("sig", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_during_the_start_ends_it_at_once(models, moment, sig, status):
    """At whichever moment: nothing is served yet, so nothing is waited for, and nothing is printed."""
    with starting(models) as process:
        reach(process, lambda: MOMENTS[moment](process.pid))
        process.send_signal(sig)
        assert process.wait(PATIENCE_S) == status
        output = process.stdout.read()
        assert "Traceback" not in output
        assert output.count("loaded ensemble") <= COPIES  # of one more: the start did not go on to its end


def new_namespace():
    """The start of a command that makes another one PID 1."""
    command = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("namespaces are not allowed here")
    return command


@pytest.mark.parametrize("moment", LATER)
def test_a_signal_during_the_start_ends_the_first_process_of_a_container(models, moment):
    """The kernel drops a signal to PID 1 that has no handler for it; ours is set before anything else is imported."""
    with starting(models, *new_namespace()) as process:

        def first():
            """The process that is PID 1 of the namespace, by its number outside, once Python runs in it."""
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            return [int(child) for child in children if has_loaded(child, "python")]

        reach(process, first)
        (pid,) = first()
        reach(process, lambda: MOMENTS[moment](pid))
        os.kill(pid, signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_a_check_that_is_ended_has_not_passed(models):
    """0 would mean that all models are proven."""
    with starting(models, command=[*COMMAND, "--check"]) as process:
        reach(process, lambda: MOMENTS["numpy"](process.pid))
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 128 + signal.SIGTERM


@contextmanager
def at_a_terminal(command, models):
    """Run a command as the leader of a terminal's session; yields its process and the terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvpe(command[0], command, environment(models, engine="onnx", grace_s=0))
    with os.fdopen(terminal, "rb", buffering=0) as shown:
        try:
            yield pid, shown
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)


def ended(pid):
    """The exit status of a process, when it has ended."""
    done = [0, 0]

    def is_over():
        done[:] = os.waitpid(pid, os.WNOHANG)
        return done[0]

    until(is_over)
    return os.waitstatus_to_exitcode(done[1])


def read_until(terminal, words):
    """What a terminal shows, up to some words."""
    shown = b""
    while words not in shown:
        shown += terminal.read(4096)
    return shown.decode()


def address(shown):
    return re.search(r"running on http://([^:]+):(\d+)", shown).groups()


def is_listening(host, port):
    with socket.socket() as client:
        return client.connect_ex((host, int(port))) == 0


MAKE_SERVE = ["make", "--no-print-directory", "--old-file=.venv/.serve", "serve"]


@pytest.mark.parametrize(
    "command",
    [
        COMMAND,
        ["sh", "-c", '"$@"; exit $?', "sh", *COMMAND],
        ["sh", "-ic", '"$@"; exit $?', "sh", *COMMAND],
        pytest.param(
            MAKE_SERVE,
            marks=pytest.mark.skipif(not (ROOT / ".venv" / ".serve").exists(), reason="needs make, and `make setup`"),
        ),
    ],
    ids=["alone", "shell", "interactive shell", "make"],
)
def test_a_terminal_that_is_closed_ends_the_service(models, command):
    """Also one that a shell or make has started, which may get the hang-up alone: nothing is left that listens."""
    with at_a_terminal(command, models) as (pid, terminal):
        where = address(read_until(terminal, b"CTRL+C"))
        assert is_listening(*where)
        terminal.close()
        ended(pid)
        until(lambda: not is_listening(*where))


def test_a_hangup_during_the_start_ends_it(models):
    with at_a_terminal(COMMAND, models) as (pid, _):
        until(lambda: b"-m\0service" in Path(f"/proc/{pid}/cmdline").read_bytes() and MOMENTS["pydantic"](pid))
        os.kill(pid, signal.SIGHUP)
        assert ended(pid) == 0


def test_nohup_outlives_its_terminal(models):
    """It is started with SIGHUP ignored. The hang-up only makes it look for new versions."""
    output = models.parent / "output"
    command = ["sh", "-c", f'exec nohup "$@" >{output} 2>&1', "sh", *COMMAND]
    with at_a_terminal(command, models) as (pid, terminal):
        until(lambda: output.exists() and "CTRL+C" in output.read_text())
        where = address(output.read_text())
        terminal.close()
        until(lambda: "reload: loaded nothing" in output.read_text())
        assert is_listening(*where)
        os.kill(pid, signal.SIGKILL)
        ended(pid)


def test_the_first_process_of_a_container_reloads_at_a_hangup(models):
    """`docker run -t` gives it a terminal, and SIGHUP comes from `docker kill`."""
    with at_a_terminal([*new_namespace(), *COMMAND], models) as (pid, terminal):
        read_until(terminal, b"CTRL+C")
        (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(child), signal.SIGHUP)
        assert "reload: loaded nothing" in read_until(terminal, b"retired nothing")
        os.kill(pid, signal.SIGKILL)
        ended(pid)
