"""The service as a process of its own, for tests."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[1]
KEY = "correct horse battery"
COMMAND = [sys.executable, "-m", "service"]
PATIENT = [sys.executable, "-m", "tests.patient_service"]  # with its own end


def shipped(name: str) -> Path:
    """Return the shipped version of a model."""
    return max((ROOT / "models" / name).iterdir(), key=lambda path: int(path.name))


UNIVERSAL = shipped("universal")


class ServerProcess(NamedTuple):
    """A running service. `log` is what it writes after its start; it is complete when the process has ended."""

    process: subprocess.Popen[str]
    client: httpx.Client
    log: Future[str]


def environment(models: Path, **settings: object) -> dict[str, str]:
    """Environment variables with these settings, for a free port, and with a deadline that a slow machine does not reach."""
    usual = {"port": 0, "models_dir": models, "timeout_ms": 60_000}
    variables = {name.upper(): str(value) for name, value in (usual | settings).items()}
    return os.environ | {f"GATECAST_{name}": value for name, value in variables.items()}


def run_service(models: Path, *arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run `python -m service` until it ends by itself."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environment(models, **settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


@contextmanager
def serving(models: Path, *, command: Sequence[str] = COMMAND, **settings: object) -> Iterator[ServerProcess]:
    """Run `python -m service`, or another command, on a free port, with KEY as its admin key.

    It has a session of its own, so that SIGHUP asks for a reload also where the tests run at a terminal.
    """
    variables = environment(models, **({"admin_key": KEY} | settings))
    with (
        subprocess.Popen(
            command, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as process,
        ThreadPoolExecutor(1) as reader,
    ):
        try:
            assert process.stderr is not None
            lines = []
            for line in process.stderr:
                lines.append(line)
                if address := re.search(r"running on (https?://\S+)", line):
                    break
            else:
                pytest.fail("the server did not start:\n" + "".join(lines))
            log = reader.submit(process.stderr.read)
            with httpx.Client(base_url=address[1], timeout=PATIENCE_S, verify=False) as client:
                yield ServerProcess(process, client, log)
        finally:
            process.kill()
