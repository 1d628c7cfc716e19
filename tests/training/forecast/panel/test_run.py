"""A run on a small panel from the file to the version, the report and the forecasts."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def frame():
    """Nine shops of 60 months, one of them younger, and one that never sold anything."""
    rng = np.random.default_rng(0)
    months = pd.date_range("2015-01-01", periods=60, freq="MS")
    season = np.sin(np.arange(60) * np.pi / 6)
    columns = {f"shop {i}": 10.0**i * (20 + 5 * season + rng.normal(0, 1, 60)) for i in range(-4, 5)}
    wide = pd.DataFrame(columns, index=months).rename_axis("month")
    wide.loc[:"2017-01-01", "shop 4"] = np.nan
    return wide.assign(closed=0.0)


@pytest.fixture(scope="module")
def home(tmp_path_factory, frame):
    """The long form, and a models directory with `universal` alone."""
    home = tmp_path_factory.mktemp("panel")
    long = frame.melt(ignore_index=False, var_name="shop", value_name="sales").dropna().reset_index()
    long.to_csv(home / "shops.csv", index=False)
    frame.to_csv(home / "wide.csv")
    shutil.copytree(ROOT / "models" / "universal", home / "models" / "universal")
    return home


@pytest.fixture(scope="module")
def exported(home):
    from training.forecast import __main__ as forecast
    from training.forecast.panel import candidates

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "LEAST_UPDATES", 4)
        patch.setattr(candidates, "MOST_UPDATES", 4)
        options = ["--data", str(home / "shops.csv"), "--steps", "6", "--preset", "quick", "--name", "shops"]
        options += ["--models-dir", str(home / "models"), "--report", str(home / "report"), "--only", "finetuned,theta"]
        assert forecast.main(options) == 0
    return home


def test_one_version_knows_all_series_by_their_ids(exported):
    from service.artifacts import bundle

    card, _, golden = bundle.read(exported / "models" / "shops" / "1")
    assert [series.id for series in card.learnt_panel] == [f"shop {i}" for i in range(-4, 5)]
    assert card.learnt_panel[0].last_readings == pytest.approx(
        pd.read_csv(exported / "wide.csv")["shop -4"][-24:].to_list()
    )
    assert (card.data.series, card.data.frequency, card.data.season, card.horizon) == (9, "MS", 12, 6)
    assert any("every reading is the same: 'closed'" in remark for remark in card.data.audit)
    assert card.recommended
    assert len(golden.cases) >= 4


def test_the_comparison_is_that_of_the_ranking_on_the_harder_fold(exported):
    """Together its steps are the geometric means that the report shows."""
    from service.artifacts import bundle

    comparison = bundle.read(exported / "models" / "shops" / "1")[0].comparison
    assert comparison.any_series.startswith("universal/")
    means = [np.sqrt(np.mean(np.square(rmse))) for rmse in (comparison.model_rmse, comparison.any_series_rmse)]
    text = (exported / "report" / "report.html").read_text("utf-8")
    assert all(f"{mean:.3f}" in text for mean in means)
    assert np.sqrt(np.mean(np.square(comparison.baseline_rmse))) == pytest.approx(1.0)


def test_the_service_loads_the_version_and_answers_any_of_its_series(exported, frame):
    from training.evaluation import served

    method = served.load_method(exported / "models" / "shops" / "1", 12)
    histories = [frame[f"shop {i}"].dropna().to_numpy() for i in (-4, 0, 4)]
    given = method(histories, 6, (80.0, 95.0))
    level = np.array([history.mean() for history in histories])
    assert np.abs(given.point / level[:, None] - 1).max() < 0.6
    assert (given.lower < given.point).all()


def test_the_files_hold_every_series(exported):
    forecast = pd.read_csv(exported / "report" / "forecast.csv")
    assert list(forecast.columns) == ["id", "timestamp", "forecast", "lower_80", "upper_80", "lower_95", "upper_95"]
    assert forecast.groupby("id").size().to_dict() == {f"shop {i}": 6 for i in range(-4, 5)}
    assert forecast.timestamp.min() == "2020-01-01"
    table = pd.read_csv(exported / "report" / "series.csv")
    assert set(table.series) == {f"shop {i}" for i in range(-4, 5)}
    assert "Among the worst" in (exported / "report" / "report.html").read_text("utf-8")


def test_the_wide_form_and_statistics_alone(home, tmp_path, capsys):
    """Missing values at the beginning of a column are no fault; nothing is fitted or exported."""
    from training.forecast import __main__ as forecast

    options = ["--data", str(home / "wide.csv"), "--only", "theta", "--export", "none", "--steps", "6"]
    assert forecast.main([*options, "--models-dir", str(home / "models"), "--report", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "Nothing was exported." in printed
    assert "finetuned" not in (tmp_path / "series.csv").read_text()


def test_without_a_universal_network_the_shipped_one_is_measured(home, tmp_path, capsys):
    """An empty models directory does not waste the run, as for one series."""
    from training.forecast import __main__ as forecast

    options = ["--data", str(home / "shops.csv"), "--only", "universal", "--export", "none", "--steps", "6"]
    assert forecast.main([*options, "--models-dir", str(tmp_path / "models"), "--report", str(tmp_path / "r")]) == 0
    printed = capsys.readouterr().out
    assert "holds no 'universal': the one of" in printed
    assert "untrained" in printed


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--only", "gru"], "no forecaster of many series is named 'gru'"),
        (["--name", "Sales!"], "cannot be the name of a model"),
        (["--season", "100"], "no series is long enough"),
        (["--steps", "0"], "at least 1"),
    ],
)
def test_what_cannot_be_trained_is_an_error_before_anything_is_fitted(home, tmp_path, capsys, options, fault):
    from training.forecast import __main__ as forecast

    assert forecast.main(["--data", str(home / "shops.csv"), "--models-dir", str(tmp_path), *options]) == 1
    assert fault in capsys.readouterr().err
