"""The shipped models in process, and the same models behind HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import service
from service.app import create_app
from tests import fakes

MODELS = Path(__file__).parents[3] / "models"


@pytest.fixture(scope="session")
def universal() -> service.Model:
    """The forecaster of any series."""
    return service.load(MODELS / "universal")


@pytest.fixture(scope="session")
def sentiment() -> service.Model:
    """The classifier of reviews."""
    return service.load(MODELS / "sentiment")


@pytest.fixture(scope="session")
def lstm() -> service.Model:
    """A forecaster of one series."""
    return service.load(MODELS / "lstm")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of the service with these models, run by ONNX Runtime."""
    models = tmp_path_factory.mktemp("models")
    for name in ("universal", "sentiment", "lstm"):
        (models / name).symlink_to(MODELS / name)
    with TestClient(create_app(fakes.settings(models, engine="onnx"))) as client:
        yield client
