"""The options of `python -m training.forecast`."""

from pathlib import Path

import pytest

from training.forecast.options import parse_options


def test_without_options_everything_has_its_default():
    options = parse_options([])
    assert (options.data, options.only, options.name, options.report) == (None, None, None, None)
    assert (options.recipe, options.preset, options.export, options.steps) == ("tuned", "full", "best", 14)
    assert options.models_dir == Path("models")


@pytest.mark.parametrize(
    ("arguments", "seeds"),
    [([], (0, 1, 2)), (["--preset", "quick"], (0,)), (["--preset", "quick", "--seeds", "4", "5"], (4, 5))],
)
def test_the_preset_decides_the_seeds_unless_they_are_given(arguments, seeds):
    assert parse_options(arguments).seeds == seeds


def test_names_are_split_at_commas():
    assert parse_options(["--only", "gru, lstm"]).only == ("gru", "lstm")


def test_the_season_is_a_number_of_readings():
    assert parse_options(["--season", "7"]).series.season_length == 7
