"""The service as a process of its own, for tests."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

ROOT = Path(__file__).parents[1]
KEY = "correct horse battery"
COMMAND = [sys.executable, "-m", "service"]


class ServerProcess(NamedTuple):
    """A running service. `log` is what it writes after its start; it is complete when the process has ended."""

    process: subprocess.Popen[str]
    client: httpx.Client
    log: Future[str]


def environment(models: Path, **settings: object) -> dict[str, str]:
    """Environment variables with these settings, for a free port."""
    variables = {name.upper(): str(value) for name, value in ({"port": 0, "models_dir": models} | settings).items()}
    return os.environ | {f"GATECAST_{name}": value for name, value in variables.items()}


def run_service(models: Path, *arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run `python -m service` until it ends by itself."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environment(models, **settings),
        capture_output=True,
        text=True,
        timeout=60,
    )


@contextmanager
def serving(models: Path, **settings: object) -> Iterator[ServerProcess]:
    """Run `python -m service` on a free port, with KEY as its admin key."""
    variables = environment(models, **({"admin_key": KEY} | settings))
    with (
        subprocess.Popen(COMMAND, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True) as process,
        ThreadPoolExecutor(1) as reader,
    ):
        try:
            assert process.stderr is not None
            lines = []
            for line in process.stderr:
                lines.append(line)
                if address := re.search(r"running on (http://\S+)", line):
                    break
            else:
                pytest.fail("the server did not start:\n" + "".join(lines))
            log = reader.submit(process.stderr.read)
            with httpx.Client(base_url=address[1], timeout=30) as client:
                yield ServerProcess(process, client, log)
        finally:
            process.kill()
