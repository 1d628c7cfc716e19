"""Fixtures that start the app with fake models, and the wheel."""

import gc
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings

from service.app import create_app
from service.artifacts.bundle import Bundle
from tests import fakes

# always the same examples, however long one takes: that says what else the machine does
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")
Serve = Callable[..., TestClient]
ROOT = Path(__file__).parents[1]
IN_A_CLONE = ("service", "training", "benchmarks", "models/README.md", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="session")
def installed_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with what `pip install .` puts into an environment, to be put on PYTHONPATH. It is made once."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in IN_A_CLONE:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--target", target, source], check=True, timeout=300)
    return target


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files with slow tests first: two workers that take file after file then end at about the same time."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Keep what is imported out of the searches for garbage.

    A service that ends searches once, and so does Python now and then. Among the million objects of all modules, TensorFlow's
    too, that takes half a second each time.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start the app with fake bundles and settings: serve(bundles, max_queue=1, …) → client."""
    with ExitStack() as stack:

        def start(bundles: list[Bundle] | None = None, **changes: Any) -> TestClient:
            models = tmp_path / f"models{len(list(tmp_path.iterdir()))}"
            models.mkdir()
            load = fakes.FakeLoad(models, fakes.default_bundles() if bundles is None else bundles)
            app = create_app(fakes.settings(models, **changes), load)
            return stack.enter_context(TestClient(app, raise_server_exceptions=False))

        yield start


@pytest.fixture
def client(serve: Serve) -> TestClient:
    """A client of the app with two forecasters and a sentiment model, all fakes."""
    return serve()
