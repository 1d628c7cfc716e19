"""What lies under models/: found, or refused with the path and the fault."""

import asyncio

import pytest

from service.bundle import BundleError
from service.registry import open_registry, version_directories
from tests import fakes


def test_versions_are_found_and_bystanders_left_alone(tmp_path):
    """Plain files, and directories that begin with a dot (a version being written), are no models."""
    (tmp_path / "gru" / "2").mkdir(parents=True)
    (tmp_path / "gru" / ".3-unfinished").mkdir()
    (tmp_path / "README.md").write_text("")
    assert version_directories(tmp_path) == [tmp_path / "gru" / "2"]


@pytest.mark.parametrize("path", ["gru/v1", "gru/01", "gru/0", "GRU/1", "gru/1.bak", "my model/1"])
def test_a_directory_that_is_no_version_is_refused_by_name(tmp_path, path):
    (tmp_path / path).mkdir(parents=True)
    with pytest.raises(BundleError, match="its name is not"):
        version_directories(tmp_path)


def test_an_empty_model_directory_is_refused(tmp_path):
    (tmp_path / "gru").mkdir()
    with pytest.raises(BundleError, match="gru holds no version"):
        version_directories(tmp_path)


def test_no_models_at_all_says_how_to_train_some(tmp_path):
    with pytest.raises(BundleError, match="make train-forecast"):
        version_directories(tmp_path)
    with pytest.raises(BundleError, match="is not a directory"):
        version_directories(tmp_path / "nowhere")


def test_one_version_that_fails_its_proof_keeps_the_service_from_starting(tmp_path):
    """Failing to start is a feature: nothing is served next to a wrong model."""
    load = fakes.FakeLoad(tmp_path, [fakes.sentiment_bundle(), fakes.forecast_bundle(answer=61.0)])
    with pytest.raises(BundleError, match=r"gru/1/golden\.json: golden case 1 differs"):
        asyncio.run(open_registry(fakes.settings(tmp_path), load))
