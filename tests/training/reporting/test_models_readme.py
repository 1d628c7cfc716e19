"""models/README.md from the cards."""

import shutil

import pytest

from service.artifacts import bundle
from service.artifacts.card import Score, SeedStatistics
from tests import fakes
from tests.processes import ROOT
from training.reporting import models_readme


def test_the_shipped_readme_is_that_of_the_shipped_cards(tmp_path):
    models = tmp_path / "models"
    for file in ROOT.glob("models/*/*/*"):
        if file.suffix == ".json" or file.name == "SHA256SUMS":
            target = models / file.relative_to(ROOT / "models")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    path = models_readme.write_readme(models)
    assert path.read_bytes() == (ROOT / "models" / "README.md").read_bytes()


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A function that writes the README of the given cards."""

    def written(*cards):
        by_path = {tmp_path / card.name / card.version: card for card in cards}
        for path in by_path:
            path.mkdir(parents=True)
            (path / "SHA256SUMS").touch()
        monkeypatch.setattr(bundle, "read", lambda path: (by_path[path], None, None))
        return models_readme.write_readme(tmp_path).read_text("utf-8")

    return written


def forecaster(name, rmse, **changes):
    scores = [
        Score(split="test", subject=subject, steps=steps, count=9, metrics={"rmse": value, "mae": 1.0, "bias": 0.0})
        for subject, value in (("seasonal_naive", 9.0), ("model", rmse))
        for steps in ("1", "1-2")
    ]
    return fakes.forecast_card(name, **({"scores": scores} | changes))


def test_the_best_forecaster_of_a_series_comes_first_and_what_was_not_measured_is_a_dash(write):
    spread = [SeedStatistics(metric="rmse", split="test", steps="1", mean=5.0, std=0.5, values=[4.5, 5.5])]
    text = write(forecaster("gru", 5.0), forecaster("lstm", 3.0, spread=spread))
    first, second, naive = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert first == "| lstm v1 | 1 | 3.00 | 3.00 | 1.00 | 0.00 | – / – | 5.00 ± 0.50 | – |"
    assert second.startswith("| gru v1 | 1 | 5.00 |")
    assert naive.startswith("| seasonal naive |  | 9.00 | 9.00 |")


def test_forecasters_of_two_series_have_a_section_each(write):
    other = fakes.COMMON["data"].model_copy(update={"source": "other.csv", "sha256": "1" * 64})
    text = write(forecaster("gru", 5.0), forecaster("sales", 3.0, data=other))
    assert text.index("## Forecasters of made up") < text.index("## Forecasters of other.csv")


def test_a_classifier_without_further_scores_has_its_table_alone(write):
    test = Score(split="test", subject="model", count=9, metrics={"accuracy": 0.9})
    tfidf = Score(split="test", subject="n-grams", count=9, metrics={"accuracy": 0.8})
    text = write(fakes.sentiment_card(scores=[test, tfidf]))
    assert "| sentiment v1 | 1 | – | – | – | – | – | – | 0.9000 |" in text
    assert "| n-grams |  | 0.8000 |" in text
    assert "90.0% of the test texts, 95.0% of them right" in text
    assert "checklist" not in text


def test_the_steps_of_an_ablation_show_a_dash_for_what_was_not_measured():
    rows = {"tutorial": {"accuracy": 0.8, "seconds": 120}, "shipped": {"bytes": 2_500_000, "seeds": 3}}
    header, (tutorial, shipped) = models_readme.ablation_rows(rows)
    assert len(header) == len(tutorial) == len(shipped)
    assert tutorial == ("tutorial", "–", "0.8000", "–", "–", "–", "–", "2")
    assert shipped == ("shipped", "3", "–", "–", "–", "2.5", "–", "–")
