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


def test_a_classifier_has_a_section_after_the_forecasters(write):
    """With the results of its ablation, if its directory has them."""
    test = Score(split="test", subject="model", count=9, metrics={"accuracy": 0.9})
    text = write(fakes.sentiment_card(scores=[test]), forecaster("gru", 5.0))
    assert text.index("## Forecasters of made up") < text.index("## Sentiment")
    assert "| test | 9 | 0.900 |" in text
    assert "recipe" not in text


def test_the_ablation_of_a_version_is_in_its_section(write, tmp_path, monkeypatch):
    card = fakes.sentiment_card(scores=[Score(split="test", subject="model", count=9, metrics={"accuracy": 0.9})])
    write(card)
    (tmp_path / "sentiment" / "1" / "ladder.json").write_text('{"rows": {"n-grams": {"loss": 0.5}}}', "utf-8")
    assert "| n-grams | 0.5000 |" in models_readme.write_readme(tmp_path).read_text("utf-8")


def test_a_version_that_is_not_served_is_named_with_the_reason(tmp_path):
    """Such as a classifier of format 1; the other models are described all the same."""
    version = tmp_path / "sentiment" / "4"
    version.mkdir(parents=True)
    (version / "SHA256SUMS").touch()
    (version / "manifest.json").write_text('{"format_version": 1, "task": "sentiment"}', "utf-8")
    text = models_readme.write_readme(tmp_path).read_text("utf-8")
    assert "- sentiment/4/manifest.json has format 1" in text
    assert "train it again" in text
