"""The version that the soak test adds and removes."""

import json

import pytest

from benchmarks.versions import NextVersion


@pytest.fixture
def model(tmp_path):
    for number in ("9", "10"):
        path = tmp_path / number
        path.mkdir()
        (path / "manifest.json").write_text(json.dumps({"version": number}), "utf-8")
        (path / "SHA256SUMS").write_text("0  manifest.json\n0  network.json\n", "utf-8")
    return tmp_path


def test_the_next_version_is_added_and_removed_again(model):
    """It has its own number in manifest.json, with the right checksum; its other files are the same."""
    next_version = NextVersion(model)
    assert next_version.toggle() == "added"
    assert json.loads((model / "11" / "manifest.json").read_text("utf-8")) == {"version": "11"}
    digest, kept = (model / "11" / "SHA256SUMS").read_text("utf-8").splitlines()
    assert digest != "0  manifest.json"
    assert kept == "0  network.json"
    assert next_version.toggle() == "removed"
    assert sorted(path.name for path in model.iterdir()) == ["10", "9"]
