"""The public names of the package are there, and cost nothing until they are used."""

import subprocess
import sys
from pathlib import Path

import pytest

import service

ROOT = Path(__file__).parents[2]
HEAVY = ("numpy", "pandas", "pydantic", "onnxruntime", "fastapi", "tensorflow")


def test_every_public_name_can_be_imported():
    """`__all__` names what is there, and `dir` lists it."""
    assert all(getattr(service, name) is not None for name in service.__all__)
    assert set(service.__all__) <= set(dir(service))


def test_an_unknown_name_is_an_attribute_error():
    """A misspelt name fails as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        service.laod  # noqa: B018


def test_importing_the_package_imports_nothing_heavy():
    """A process that serves, or only asks for the version, does not wait for pandas."""
    code = f"import service, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
