"""The model card: what it refuses."""

import pytest
from pydantic import ValidationError

from service.artifacts.card import ForecastCard, IntervalCalibration
from tests import fakes


@pytest.mark.parametrize("scores", [[], [[]], [[1.0, 2.0], [1.0]], [[2.0, 1.0]], [[-1.0, 1.0]], [[1.0, float("inf")]]])
def test_calibration_scores_are_ascending_lists_of_one_length(scores):
    with pytest.raises(ValidationError):
        IntervalCalibration(scores=scores, unit="readings", measured_on="validation")


@pytest.mark.parametrize("changes", [{"window": 0}, {"optimism": 0}, {"version": "01"}, {"data": None}, {"more": 1}])
def test_a_forecast_card_of_another_form_is_refused(changes):
    with pytest.raises(ValidationError):
        fakes.forecast_card(**changes)


@pytest.mark.parametrize("name", ["GRU", "1st", "-a", "a b", "", "a" * 65])
def test_a_name_is_lower_case_and_starts_with_a_letter(name):
    with pytest.raises(ValidationError):
        fakes.forecast_card(name)


def test_a_card_survives_json():
    card = fakes.sentiment_card()
    assert type(card).model_validate_json(card.model_dump_json()) == card


def test_a_card_never_changes():
    with pytest.raises(ValidationError, match="frozen"):
        fakes.forecast_card().window = 7  # type: ignore[misc]


THRESHOLD = {"confidence": 0.8, "coverage": 0.9, "accuracy_covered": 0.95}
POLES = {"negative": "negative", "positive": "positive"}
MIXED = {"positive": 1, "negative": -1, "threshold_choice": ""}


def calibration(*bounds):
    """A calibration with a threshold for each of these lengths."""
    known = fakes.sentiment_card().calibration.model_dump()
    return known | {"confidence_thresholds": [THRESHOLD | {"max_tokens": bound} for bound in bounds]}


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": ["positive"]},
        {"classes": [f"topic {number}" for number in range(51)], "poles": None, "mixed": None},
        {"classes": ["negative", "positive", "positive"]},
        {"classes": ["negative", "positive", ""]},
        {"classes": ["negative", "positive", "x" * 65]},
        {"poles": POLES | {"positive": "good"}},
        {"poles": POLES | {"positive": "negative"}},
        {"poles": None},  # but a rule for mixed texts
        {"explanation_baseline": [0.0, 0.0]},
        {"explanation_baseline": 0.4},
        {"explanation_baseline": [0.0, 0.0, float("nan")]},
        {"mixed": MIXED | {"positive": 0}},
        {"mixed": MIXED | {"negative": 0}},
        {"calibration": calibration()},
        {"calibration": calibration(10)},
        {"calibration": calibration(None, None)},
        {"calibration": calibration(20, 10, None)},
        {"calibration": calibration(10, 10, None)},
        {"calibration": calibration(0, None)},
        {"calibration": calibration(None, 10, None)},
        {"calibration": calibration(None) | {"confidence_threshold": 0.8}},
        {"format_version": 1},
        {"max_tokens": 10, "head_tokens": 10},
        {"sets": [{"name": "tweets"}]},
    ],
)
def test_a_sentiment_card_of_another_form_is_refused(changes):
    with pytest.raises(ValidationError):
        fakes.sentiment_card(**changes)


def test_a_sentiment_card_may_have_fifty_classes_and_no_poles():
    """Topics have neither opposites nor mixed texts; a network may give no reasons."""
    classes = [f"topic {number}" for number in range(50)]
    card = fakes.sentiment_card(classes=classes, poles=None, mixed=None, explanation_baseline=None)
    assert (len(card.classes), card.poles, card.mixed) == (50, None, None)


def test_a_sentiment_card_names_the_data_sets_that_were_used():
    used = {
        "name": "tweets",
        "rows": {"negative": 10, "neutral": 20, "positive": 30},
        "domain": "tweets",
        "home": "https://example.org/tweets",
        "label_quality": "three readers each",
        "sha256": "0" * 64,
    }
    (known,) = fakes.sentiment_card(sets=[used], calibration=calibration(16, 64, None)).sets
    assert (known.rows["neutral"], known.licence) == (20, None)


@pytest.mark.parametrize("name", ["my-sales", "a-b_1", "a" * 64])
def test_a_name_may_have_hyphens(name):
    """Names with hyphens are names of models too."""
    assert fakes.forecast_card(name).name == name


def test_a_card_that_lacks_the_later_fields_is_read():
    """A card that an older training wrote has none of them."""
    old = fakes.forecast_card().model_dump()
    for field in ("learnt_panel", "recommended"):
        del old[field]
    for field in ("reading", "series"):
        del old["data"][field]
    assert ForecastCard.model_validate(old) == fakes.forecast_card()


@pytest.mark.parametrize(
    "panel",
    [
        [{"id": "a", "last_readings": [1.0]}, {"id": "a", "last_readings": [2.0]}],
        [{"id": "", "last_readings": [1.0]}],
        [{"id": "a", "last_readings": []}],
        [{"id": "a", "last_readings": [1.0] * 25}],
        [{"id": str(number), "last_readings": [1.0]} for number in range(10_001)],
    ],
    ids=["same id", "no id", "no readings", "too many readings", "too many series"],
)
def test_a_panel_of_another_form_is_refused(panel):
    """The series of a network have different ids, and few readings each."""
    with pytest.raises(ValidationError):
        fakes.forecast_card(learnt_panel=panel)
