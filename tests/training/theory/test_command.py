"""The command that draws the pictures."""

import numpy as np
import pandas as pd
import pytest

from tests.processes import ROOT
from training.theory.__main__ import DIAGRAMS, main


def pictures(directory):
    return {file.name for file in directory.glob("*.png")}


def test_diagrams_are_drawn_without_data(tmp_path):
    assert main(["--diagrams", "--pictures", str(tmp_path / "new")]) == 0
    assert pictures(tmp_path / "new") == {f"theory_{name}.png" for name in DIAGRAMS}


def test_a_file_that_is_no_series_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("training.theory.__main__.DIAGRAMS", {})
    (tmp_path / "my.csv").write_text("a,b\nx,y\n")
    assert main(["--data", str(tmp_path / "my.csv"), "--pictures", str(tmp_path)]) == 1
    assert "my.csv" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(("readings", "fault"), [(60, None), (30, "last 36 readings, all above zero")])
def test_the_gates_are_drawn_from_a_series_of_months(tmp_path, capsys, monkeypatch, readings, fault):
    """A series must hold the window of the network."""
    monkeypatch.setattr("training.theory.__main__.DIAGRAMS", {})
    dates = pd.date_range("2015-01-01", periods=readings, freq="MS")
    values = 80 + 20 * np.sin(np.arange(readings) * np.pi / 6)
    pd.DataFrame({"date": dates, "value": values}).to_csv(tmp_path / "my.csv", index=False)
    options = ["--data", str(tmp_path / "my.csv"), "--pictures", str(tmp_path), "--models-dir", str(ROOT / "models")]
    assert main(options) == (1 if fault else 0)
    assert pictures(tmp_path) == (set() if fault else {"theory_gates.png"})
    assert fault is None or fault in capsys.readouterr().err
