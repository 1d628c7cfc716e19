"""The model card: what it refuses."""

import pytest
from pydantic import ValidationError

from service.artifacts.card import IntervalCalibration
from tests import fakes


@pytest.mark.parametrize("scores", [[], [[]], [[1.0, 2.0], [1.0]], [[2.0, 1.0]], [[-1.0, 1.0]], [[1.0, float("inf")]]])
def test_calibration_scores_are_ascending_lists_of_one_length(scores):
    with pytest.raises(ValidationError):
        IntervalCalibration(scores=scores, unit="readings", measured_on="validation")


@pytest.mark.parametrize("changes", [{"window": 0}, {"optimism": 0}, {"version": "01"}, {"data": None}, {"more": 1}])
def test_a_forecast_card_of_another_form_is_refused(changes):
    with pytest.raises(ValidationError):
        fakes.forecast_card(**changes)


@pytest.mark.parametrize("name", ["GRU", "1st", "a-b", "", "a" * 65])
def test_a_name_is_lower_case_and_starts_with_a_letter(name):
    with pytest.raises(ValidationError):
        fakes.forecast_card(name)


def test_a_card_survives_json():
    card = fakes.sentiment_card()
    assert type(card).model_validate_json(card.model_dump_json()) == card


def test_a_card_never_changes():
    with pytest.raises(ValidationError, match="frozen"):
        fakes.forecast_card().window = 7  # type: ignore[misc]
