"""`python -m training.forecast` from a user's CSV to a version that loads, small enough to run here."""

import asyncio
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.processes import ROOT, UNIVERSAL

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One of the tutorial's networks, trained for two epochs on a made-up monthly series."""
    from training.forecast import __main__ as forecast

    home = tmp_path_factory.mktemp("series")
    t = np.arange(160)
    table = pd.DataFrame(
        {
            "month": pd.date_range("2010-01-01", periods=160, freq="MS").strftime("%Y-%m-%d"),
            "sales": 1e6 * (5 + t / 100 + 0.4 * np.sin(t * np.pi / 6)),
        }
    )
    table.to_csv(home / "sales.csv", index=False)
    options = ["--data", str(home / "sales.csv"), "--only", "simple_rnn", "--epochs", "2"]
    options += ["--recipe", "tutorial", "--seeds", "0", "--units", "pieces", "--export", "all"]
    options += ["--models-dir", str(home / "models"), "--report", str(home / "report")]
    assert forecast.main(options) == 0
    return home, options


def test_a_users_series_becomes_versions_that_load_and_are_verified(trained):
    from service.artifacts import bundle
    from service.serving.repository import ModelRepository
    from tests.fakes import settings

    home, _ = trained

    async def loaded():
        repository = ModelRepository(settings(home / "models"), bundle.load)
        await repository.open()
        models = [(model.predictor.card, model.predictor.backend) for model in repository.registry]
        await repository.close()
        return models

    ((card, engine),) = asyncio.run(loaded())
    assert engine == "onnx"
    assert (card.name, card.steps) == ("simple_rnn", 1)
    assert card.data.units == "pieces"
    assert [(s.name, s.rows) for s in card.splits] == [("all", 160), ("train", 120), ("folds", 48), ("test", 40)]
    assert {(s.subject, s.steps) for s in card.scores} == {
        (subject, steps) for subject in ("model", "seasonal_naive") for steps in ("1", "1-14")
    }
    assert len(card.step_errors.model_rmse) == 14
    assert len(card.calibration.scores) == 14
    assert min(card.calibration.scores[0]) > 0


def test_the_exported_network_is_trained_on_all_readings_and_the_measured_one_is_not(trained):
    """The test set is no part of what the scores are measured with: a scaler fitted on it would be a leak."""
    from service.artifacts import bundle
    from service.artifacts.scaler import MinMax
    from training.forecast.fitting import recipes, tutorial_training

    home, _ = trained
    readings = pd.read_csv(home / "sales.csv").sales.to_numpy()
    _, scaler, _ = bundle.read(home / "models" / "simple_rnn" / "1")
    assert scaler.maximum == pytest.approx(readings.max())
    config = replace(recipes.TUTORIAL["simple_rnn"], epochs=1)
    fitted = tutorial_training.fit_tutorial(config, readings[:120], 14, 0, validation_size=24)
    assert fitted.scaler == MinMax(readings[:96].min(), readings[:96].max())


def test_the_page_and_the_table_are_written(trained):
    home, _ = trained
    page = (home / "report" / "report.html").read_text()
    assert "Use " in page
    assert (home / "report" / "forecast.csv").read_text().count("\n") == 15
    assert (home / "report" / "request.json").exists()
    assert "| simple_rnn v1 | 19 |" in (home / "models" / "README.md").read_text()


@pytest.mark.no_cover
def test_the_same_seed_gives_the_same_network_again_as_the_next_version(trained):
    """Repeatable: a second run writes version 2 with the scores of version 1."""
    from service.artifacts import bundle
    from training.forecast import __main__ as forecast

    home, options = trained
    assert forecast.main([*options[:3], "simple_rnn", *options[4:]]) == 0
    first, second = (bundle.read(home / "models" / "simple_rnn" / v)[0] for v in ("1", "2"))
    assert second.scores == first.scores
    assert second.seed == first.seed


def test_the_best_is_exported_under_a_name_of_its_own(trained, tmp_path, monkeypatch):
    """The better one of a tuned and of the fine-tuned network becomes `sales`, and it can be compiled again."""
    from service.artifacts import bundle
    from training import compile as compiling
    from training.forecast import __main__ as forecast
    from training.forecast.fitting import finetuning

    home, _ = trained
    monkeypatch.setattr(finetuning, "UPDATES", 4)
    shutil.copytree(ROOT / "models" / "universal", tmp_path / "universal")
    options = ["--data", str(home / "sales.csv"), "--only", "gru,finetuned", "--preset", "quick", "--name", "sales"]
    assert forecast.main([*options, "--models-dir", str(tmp_path), "--report", str(tmp_path / "r")]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["README.md", "r", "sales", "universal"]
    card, _, _ = bundle.read(tmp_path / "sales" / "1")
    assert card.settings["kind"] in ("gru", "finetuned")
    assert card.scores[-1].metrics["rmse"] < card.scores[1].metrics["rmse"]
    assert card.comparison.any_series.startswith("universal/")
    assert len(card.comparison.model_rmse) == len(card.comparison.any_series_rmse) == 14
    assert card.comparison.origins == 48 - 13
    assert card.learnt_series.last_readings == pd.read_csv(home / "sales.csv").sales.to_list()[-36:]
    before = (tmp_path / "sales/1/compiled/network.onnx").read_bytes()
    assert compiling.main([str(tmp_path / "sales" / "1")]) == 0
    assert (tmp_path / "sales/1/compiled/network.onnx").read_bytes() == before


def test_without_a_universal_network_the_shipped_one_is_started_from(trained, tmp_path):
    """It is known before anything is fitted what is measured; one that is damaged leaves `finetuned` out."""
    from training.data.series import read_series
    from training.forecast.one_series import loading
    from training.forecast.one_series.run import Run
    from training.forecast.options import parse_options

    home, _ = trained
    options = parse_options(["--data", str(home / "sales.csv"), "--models-dir", str(tmp_path)])
    series = read_series(home / "sales.csv", options.series)
    experiment = loading.load(series, options)
    assert any("is measured beside the others" in remark for remark in experiment.remarks)
    selection, _ = loading.select(experiment)
    assert selection.networks[-1] == "finetuned"
    assert selection.any_series
    shutil.copytree(ROOT / "models" / "universal", tmp_path / "universal")
    (tmp_path / "universal" / UNIVERSAL.name / "network.json").write_text("{}")
    run = Run(loading.load(series, options), selection, tmp_path)
    assert "finetuned" not in run.selection.networks
    assert "cannot be started from" in run.remarks[0]


def test_a_short_series_is_ranked_without_networks_that_cannot_be_fitted(trained, tmp_path, capsys):
    """30 months: `universal`, theta and the naive forecast alone, and a forecast of what follows."""
    from training.forecast import __main__ as forecast

    home, _ = trained
    table = pd.read_csv(home / "sales.csv").head(30)
    table.to_csv(tmp_path / "short.csv", index=False)
    options = ["--data", str(tmp_path / "short.csv"), "--models-dir", str(tmp_path / "models"), "--preset", "quick"]
    assert forecast.main([*options, "--report", str(tmp_path / "report")]) == 0
    printed = capsys.readouterr().out
    assert "3 steps are forecast, not 14" in printed
    assert "finetuned left out: windows of 36 readings with 3 steps need 42 readings" in printed
    assert "Use " in printed
    assert not (tmp_path / "models").exists()
    assert (tmp_path / "report" / "forecast.csv").read_text().count("\n") == 4


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--data", "nowhere.csv"], "cannot be read"),
        (["--only", "transformer"], "no forecaster is named 'transformer'"),
        (["--test-size", "150"], "--steps 14 --test-size 40 works"),
        (["--test-size", "120", "--only", "gru"], "--steps 14 --test-size 40 leaves enough"),
        (["--steps", "30", "--test-size", "60", "--only", "gru"], "leaves enough"),
        (["--name", "sales", "--export", "all"], "--name is for one model"),
        (["--name", "My Sales"], "cannot be the name of a model"),
        (["--name", "universal"], "is the name of the forecaster of any series"),
    ],
)
def test_what_cannot_be_trained_is_an_error_of_one_line(trained, tmp_path, capsys, options, fault):
    from training.forecast import __main__ as forecast

    home, _ = trained
    assert forecast.main(["--data", str(home / "sales.csv"), "--models-dir", str(tmp_path), *options]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert fault in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
