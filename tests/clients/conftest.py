"""Clients of others against a running service, each in an environment of its own: `make test-clients`.

Here is only what every one of these environments has: pytest. The service runs with the packages of .venv.
"""

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from tests.ports import reserved_port

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv/bin/python"


@contextmanager
def _serving(variables: Mapping[str, str]) -> Iterator[str]:
    settings = {name: value for name, value in os.environ.items() if not name.startswith("GATECAST_")}
    settings |= {"GATECAST_TIMEOUT_MS": "600000", "GATECAST_MAX_TIMEOUT_MS": "600000"}  # the machine may be slow
    with reserved_port() as port:
        settings |= {"GATECAST_PORT": str(port), "GATECAST_LOG_LEVEL": "error", **variables}
        process = subprocess.Popen([PYTHON, "-m", "service"], cwd=ROOT, env=settings)
        url = f"http://127.0.0.1:{port}"
        try:
            _wait(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_S)


@pytest.fixture(scope="session")
def start_service() -> Iterator[Callable[..., str]]:
    """start_service(GATECAST_…="…") → the address of a service with the shipped models, for as long as the tests run."""
    with ExitStack() as stack:
        yield lambda **variables: stack.enter_context(_serving(variables))


@pytest.fixture(scope="session")
def service_url(start_service: Callable[..., str]) -> str:
    """The address of a service with the default settings."""
    return start_service()


@pytest.fixture(scope="session")
def gatecast_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the package `gatecast` as `pip install .` leaves it, to be put on PYTHONPATH."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("gatecast")
    shutil.copytree(ROOT / "service", source / "service", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    options = ["--disable-pip-version-check", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [PYTHON, "-m", "pip", "install", *options, "--target", target, source], check=True, timeout=PATIENCE_S
    )
    return target


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the service is ready."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=30):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"the service did not start; its exit status is {process.poll()}")
