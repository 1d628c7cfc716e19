"""How the series of a panel are divided, whatever their lengths."""

import numpy as np
import pytest

from training.data.tables import DataError
from training.forecast.panel import parts


def plan(lengths, *, season=12, steps=14, test_size=None, most=1000):
    rng = np.random.default_rng(0)
    return parts.make_plan(
        {f"s{i}": rng.normal(size=count) for i, count in enumerate(lengths)}, season, steps, test_size, most
    )


def test_all_series_of_one_length_are_divided_alike():
    """Two folds of a fifth of what is before the test part, and a test part of a quarter."""
    made = plan([150] * 30)
    assert made.remarks == []
    assert {tuple((p.cut, p.end) for p in member.parts) for member in made.measured} == {
        ((68, 90), (90, 112), (112, 150))
    }


@pytest.mark.parametrize("count", [24, 30, 40, 60, 100, 1000])
@pytest.mark.parametrize("season", [1, 4, 7, 12])
def test_parts_follow_each_other_and_end_at_the_last_reading(count, season):
    """Every origin lies in its part and has a season before it."""
    member = plan([count] * 3, season=season).members[0]
    assert [part.end for part in member.parts[:-1]] == [part.cut for part in member.parts[1:]]
    assert member.parts[-1].end == count
    assert member.parts[0].cut >= parts.least_history(season)
    assert all(part.cut <= origin < part.end for part in member.parts for origin in part.origins)


def test_a_short_series_among_long_ones_is_measured_on_fewer_readings():
    made = plan([150] * 9 + [36])
    assert [len(member.parts) for member in made.members] == [3] * 10
    assert any("measured on fewer: 's9'" in remark for remark in made.remarks)
    assert made.steps == 14


def test_steps_are_reduced_where_half_of_the_series_have_no_room():
    made = plan([24] * 5)
    assert made.steps == 3
    assert "3 steps instead of 14" in made.remarks[0]


def test_constant_and_tiny_series_are_left_out_and_said():
    made = parts.make_plan({"a": np.arange(60.0), "flat": np.ones(60), "tiny": np.arange(5.0)}, 12, 6, None, 1000)
    assert [member.id for member in made.members] == ["a"]
    assert any("every reading is the same: 'flat'" in remark for remark in made.remarks)
    assert any("fewer than 12 readings: 'tiny'" in remark for remark in made.remarks)


def test_a_series_too_short_for_the_season_is_forecast_without_one():
    made = plan([150, 150, 16])
    short = made.members[2]
    assert (short.season_length, short.parts) == (1, ())
    assert short not in made.learnt


def test_a_sample_of_many_series_is_measured_and_always_the_same_one():
    first, second = plan([60] * 50, most=10), plan([60] * 50, most=10)
    assert [m.id for m in first.measured] == [m.id for m in second.measured]
    assert (len(first.measured), len(first.learnt)) == (10, 50)
    assert "random sample of 10 of the 50 series" in first.remarks[-1]


def test_without_any_series_long_enough_the_error_says_what_is_needed():
    with pytest.raises(DataError, match="the longest of 2 has 19 readings, and a season of 12 needs 20"):
        plan([19, 15])


def test_a_test_size_larger_than_a_series_is_reduced():
    made = plan([60, 60], test_size=500)
    assert made.members[0].parts[-1].end == 60
    assert any("test part of 500 readings" in remark for remark in made.remarks)


def test_origins_have_all_steps_after_them_where_there_is_room():
    assert parts.origins_between(100, 150, 14, 4) == (100, 112, 124, 136)
    assert parts.origins_between(100, 105, 14, 4) == (100,)
