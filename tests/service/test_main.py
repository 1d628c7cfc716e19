"""`python -m service`: its arguments, its settings, and a start that fails."""

import re
import shutil
import socket

from service.__main__ import main
from tests.processes import run_service


def test_a_wrong_argument_or_setting_is_named(models):
    """Nothing is served by mistake."""

    assert run_service(models, "--port", "1").returncode == 2
    wrong = run_service(models, engine="torch")
    assert (wrong.returncode, "GATECAST_ENGINE" in wrong.stderr) == (2, True)
    checked = run_service(models, "--check")
    assert (checked.returncode, checked.stdout) == (0, "ensemble/1: proven, engine onnx\n")
    shutil.rmtree(models / "ensemble" / "1" / "compiled")
    missing = run_service(models, "--check", engine="onnx")
    assert (missing.returncode, "compiled is missing" in missing.stderr) == (3, True)


def test_main_serves_without_arguments(monkeypatch, capsys):
    """The default of its arguments is an empty tuple; a wrong setting shows that it went on from there."""
    monkeypatch.setenv("GATECAST_PORT", "x")
    assert main() == 2
    assert "GATECAST_PORT" in capsys.readouterr().err


def test_a_start_that_fails_ends_with_what_was_wrong(models):
    """The last line names the file and the fault."""
    (models / "ensemble" / "1" / "golden.json").write_text("{}")
    ended = run_service(models)
    assert ended.returncode == 3
    assert re.fullmatch(r"error: .*golden\.json was changed.*", ended.stderr.splitlines()[-1])


def test_an_address_that_is_taken_is_named(models):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run_service(models, port=port)
    assert (ended.returncode, f"cannot listen on 127.0.0.1:{port}" in ended.stderr) == (3, True)
