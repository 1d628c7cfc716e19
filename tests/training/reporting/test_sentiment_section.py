"""What is said of a classifier: tables and sentences from its card."""

import pytest

from service.artifacts.card import ConfidenceThreshold, MixedRule, Score, SeedStatistics, TrainingSet
from tests import fakes
from training.reporting import sentiment_section
from training.reporting.tables import drop_empty_columns

FIGURES = {"polar_balanced_accuracy": 0.9, "accuracy": 0.8, "ece": 0.02, "polar_answered": 0.7, "polar_right": 0.95}


def score(split, subject="model", count=100, **metrics):
    return Score(split=split, subject=subject, count=count, metrics=metrics)


@pytest.fixture
def sets_card():
    """The card of a model of two sets, one without neutral texts, with everything that a card may have."""
    return fakes.sentiment_card(
        scores=[
            score("validation", count=300, **FIGURES),
            score("validation: films", count=200, **FIGURES),
            score("validation: tweets", **(FIGURES | {"polar_balanced_accuracy": 0.7, "macro_f1": 0.6})),
            score("validation: tweets", "n-grams", polar_balanced_accuracy=0.65, macro_f1=0.5),
            score("test: films", count=1000, **FIGURES),
            score("test: films", "majority class", count=1000, accuracy=0.5),
            score("test: tweets", **(FIGURES | {"polar_balanced_accuracy": 0.8})),
            score("validation", "as served", **FIGURES),
            score("validation", "deletion of five words", heaviest=0.3, random=0.02, moved_more=0.98, incomplete=1e-6),
            score("checklist", "negation", count=20, passed=0.75),
            score("checklist", "emoji", count=10, passed=1.0),
        ],
        sets=[
            TrainingSet(
                name=name,
                rows={"negative": 600, "neutral": 0, "positive": 634},
                domain="texts",
                licence=licence,
                home=home,
                label_quality="stars",
                sha256="0" * 64,
            )
            for name, licence, home in (("films", None, "https://example.org/films"), ("tweets", "MIT", "a shop"))
        ],
        seeds=[0, 1],
        spread=[
            SeedStatistics(metric="macro_f1", split=split, mean=0.6, std=0.01, values=[0.59, 0.61])
            for split in ("validation", "validation: films", "test: films")
        ],
        mixed=MixedRule(positive=0.5, negative=-0.75, threshold_choice="on pairs of sentences"),
    )


def rows_of(table):
    """Row label → cells by column."""
    header, rows = table
    return {row[0]: dict(zip(header, row, strict=True)) for row in rows}


def test_every_set_has_a_row_and_their_mean_follows(sets_card):
    """The validation part as a whole has no row, because its largest sets would weigh most."""
    rows = rows_of(sentiment_section.score_rows(sets_card))
    assert list(rows) == [
        "validation: films",
        "validation: tweets",
        "validation, mean of 2",
        "test: films",
        "test: tweets",
        "test, mean of 2",
    ]
    mean = rows["validation, mean of 2"]
    assert mean["texts"] == "300"
    assert mean["balanced accuracy of the poles"] == "0.800"
    assert mean["macro F1"] == rows["validation: tweets"]["macro F1"] == "0.600"
    assert rows["validation: films"]["macro F1"] == "–"
    assert rows["validation: tweets"]["n-grams: macro F1"] == "0.500"
    assert rows["test: films"]["majority class: accuracy"] == "0.500"
    assert "n-grams: accuracy" not in mean


def test_a_model_of_one_file_has_a_row_a_part():
    card = fakes.sentiment_card(scores=[score("validation", **FIGURES), score("test", **FIGURES)])
    assert list(rows_of(sentiment_section.score_rows(card))) == ["validation", "test"]
    text = sentiment_section.section(card, "Learnt from my.csv.\n", None)
    assert "Learnt from my.csv" in text
    assert "| any | 0.800 | 90.0% | 95.0% |" in text
    for absent in ("Each seed alone", "data sets", "checklist", "recipe", "dash"):
        assert absent not in text


def test_classes_without_poles_have_the_balanced_accuracy_of_all():
    card = fakes.topic_bundle().card.model_copy(
        update={"scores": [score("test", balanced_accuracy=0.7, accuracy=0.8, macro_f1=0.65)]}
    )
    rows = rows_of(sentiment_section.score_rows(card))
    assert rows["test"]["balanced accuracy"] == "0.700"
    text = sentiment_section.section(card, "", None)
    assert "poles" not in text
    assert "4 classes" in text


def test_a_section_has_sets_thresholds_checklist_and_ablation(sets_card):
    thresholds = [
        ConfidenceThreshold(max_tokens=bound, confidence=0.8, coverage=0.5, accuracy_covered=0.95)
        for bound in (8, None)
    ]
    calibration = sets_card.calibration.model_copy(update={"confidence_thresholds": thresholds})
    card = sets_card.model_copy(update={"calibration": calibration})
    text = sentiment_section.section(card, "", {"n-grams": {"macro_f1": 0.5, "seeds": 1, "parameters": 2_000_000}})
    assert "| [films](https://example.org/films) | 1,234 | none stated | texts | stars |" in text
    assert "| tweets (a shop) | 1,234 | MIT |" in text
    assert "| up to 8 | 0.800 | 50.0% | 95.0% |" in text
    assert "| negation | 15 of 20 | 75% |" in text
    assert "| all | 25 of 30 | 83% |" in text
    assert "| n-grams | 0.5000 | 1 | 2,000,000 |" in text
    assert "| validation | 0.6000 ± 0.0100 |" in text
    assert "| validation: films | 0.6000 ±" not in text
    assert "moves by 0.300 on average, without five random ones by 0.020" in text
    assert "for the positive class is 0.50 or more and another's -0.75 or less" in text
    assert "As served, its weights in bytes: accuracy 0.8000 on 100 validation texts" in text


def test_columns_of_dashes_are_dropped_but_the_first_stays():
    assert drop_empty_columns(("a", "b", "c"), [("–", "–", "1"), ("–", "–", "–")]) == (
        ("a", "c"),
        [("–", "1"), ("–", "–")],
    )
