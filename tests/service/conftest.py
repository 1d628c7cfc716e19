"""What tests of several modules of the service start from."""

import shutil

import pytest

from tests.processes import ROOT


@pytest.fixture
def models(tmp_path):
    """A models directory with the smallest shipped model, which has a compiled form."""
    shutil.copytree(ROOT / "models" / "ensemble", tmp_path / "models" / "ensemble")
    return tmp_path / "models"
