"""What the soak puts beside the version that is shipped."""

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


def test_the_version_after_it_comes_and_goes(model):
    following = NextVersion(model)
    assert following.toggle() == "added"
    assert json.loads((model / "11" / "manifest.json").read_text("utf-8")) == {"version": "11"}
    digest, kept = (model / "11" / "SHA256SUMS").read_text("utf-8").splitlines()
    assert digest != "0  manifest.json"
    assert kept == "0  network.json"
    assert following.toggle() == "removed"
    assert sorted(path.name for path in model.iterdir()) == ["10", "9"]
