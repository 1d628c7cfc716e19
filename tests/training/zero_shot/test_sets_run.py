"""Forecasters on sets of series, with baselines and fakes, from files to reports."""

import json
from dataclasses import replace

import numpy as np
import pytest

from service.artifacts import bundle as bundles
from service.forecast.context_forecaster import ContextForecaster
from tests import fakes
from training.evaluation import served
from training.zero_shot import __main__ as zero_shot
from training.zero_shot import printed


def item(name, number, horizon=6):
    t = np.arange(60)
    values = 50 + t / 10 + 10 * np.sin(t * np.pi / 6) + np.random.default_rng(number).normal(0, 1, 60)
    return {"id": str(number), "set": name, "m": 12, "h": horizon, "y": values.tolist()}


@pytest.fixture
def data(tmp_path):
    """A test set of three series, and a longer one to validate on."""
    items = [item("Apples", number) for number in range(3)] + [item("AusRetail", 4, 18)]
    path = tmp_path / "sets.json"
    path.write_text(json.dumps(items))
    return path


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A directory with a forecaster of any series, which continues its level and season, ten steps at once."""
    directory = tmp_path / "models"
    (directory / "any" / "1").mkdir(parents=True)
    bundle = fakes.universal_bundle()
    short = replace(bundle, card=bundle.card.model_copy(update={"max_horizon": 10}))
    monkeypatch.setattr(served, "load", lambda path: ContextForecaster(short))
    monkeypatch.setattr(bundles, "read", lambda path: (short.card,))
    return directory


def run(data, *more):
    return zero_shot.main(["--data", str(data), "--looks", str(data.parent / "looks.json"), *more])


def test_every_method_is_scored_on_every_set(data, models):
    out = data.parent / "out" / "results.json"
    options = ("--models", "any,default", "--models-dir", str(models), "--baselines", "last_value", "--out", str(out))
    assert run(data, *options) == 0
    sets = json.loads(out.read_text())["sets"]
    assert list(sets) == ["Apples", "AusRetail"]
    assert list(sets["Apples"]) == ["seasonal_naive", "last_value", "any/1", "default"]
    assert sets["Apples"]["any/1"]["mase"] == sets["Apples"]["default"]["mase"]
    assert sets["Apples"]["any/1"]["ratio"] < sets["Apples"]["last_value"]["ratio"]
    assert sets["AusRetail"]["any/1"]["mase"] > 0, "more steps than the model has are fed back"
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert "| Apples | 3 | 12 | 6 |" in out.with_suffix(".md").read_text()


def test_evaluations_on_test_sets_are_counted(data, capsys):
    """Those on a part of it are too, and those on declared validation sets are not."""
    for limit in ("1", "9"):
        assert run(data, "--models", "none", "--limit", limit) == 0
    printed_lines = capsys.readouterr().out
    assert "Apples is a test set; evaluations on it so far: seasonal_naive 2" in printed_lines
    assert "AusRetail is a test set" not in printed_lines
    assert run(data, "--models", "none", "--validation", "Apples") == 0
    assert "is a test set" not in capsys.readouterr().out


def test_sets_are_chosen_by_name_and_shortened(data):
    out = data.parent / "results.json"
    assert run(data, "--models", "none", "--sets", "Apples", "--limit", "2", "--out", str(out)) == 0
    (scores,) = json.loads(out.read_text())["sets"].values()
    assert scores["seasonal_naive"]["series"] == 2


def test_printed_figures_stand_beside_those_of_the_same_set(data, capsys):
    """The readings here are made up, so the naive forecast differs from the printed one, and a note says so."""
    data.write_text(json.dumps([item("M3Month", number, 18) for number in range(3)]))
    assert run(data, "--models", "none", "--out", str(data.parent / "results.json")) == 0
    assert "these are not the same readings" in capsys.readouterr().out.replace("\n", " ")
    table = (data.parent / "results.md").read_text()
    assert "(TiRex)" in table
    assert "0.831" in table


def test_printed_figures_are_complete():
    """Every figure is of a method that has a place in the table; every set has names and figures."""
    known = printed.read()
    for each in known.sets:
        assert each.names
        assert set(each.mase) | set(each.wql) <= set(known.methods)


def test_monash_files_are_read(data, capsys):
    values = ",".join(str(i % 7) for i in range(40))
    path = data.with_name("fruit.tsf")
    path.write_text(f"@attribute series_name string\n@frequency daily\n@data\nT1:{values}\n")
    assert run(path, "--models", "none", "--horizon", "5") == 0
    assert "fruit" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--sets", "Pears"], "no set is named 'Pears'; there are Apples, AusRetail"),
        (["--baselines", "oracle"], "no baseline is named 'oracle'"),
        (["--models", "any", "--models-dir", "nowhere"], "nowhere holds no 'any'"),
    ],
)
def test_what_is_missing_is_named(data, capsys, options, fault):
    assert run(data, *options) == 1
    assert fault in capsys.readouterr().err


def test_a_set_in_two_files_is_refused(data, capsys):
    data.with_name("copy.json").write_text(data.read_text())
    assert run(data.parent, "--models", "none") == 1
    assert "a set 'Apples' was in a file before" in capsys.readouterr().err


def test_counts_begin_with_one(data, capsys):
    with pytest.raises(SystemExit):
        run(data, "--batch", "0")
    assert "are at least 1" in capsys.readouterr().err
