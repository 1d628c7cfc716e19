"""Many origins of a series, and long stretches judged in pieces."""

import pytest

from service.errors import InvalidRequest, MissingReadings, NotOffered, UnknownModel
from service.serving import rolling
from service.serving.anomalies import AnomalyAnswer, AnomalyQuery
from service.serving.forecasts import ForecastAnswer
from service.serving.rolling import (
    Origin,
    check_judge,
    first_origin,
    forecast_origins,
    judge_stretches,
    last_origin,
    origins_of,
    stretches_in,
    stretches_of,
)
from service.serving.selection import ForecastOptions, ForecastQuery
from tests import fakes
from tests.fakes import FakeCaller
from tests.service.serving.forecasters import with_registry
from tests.service.serving.rounds import most_pieces_in_a_round

SEASON = [10.0, 12.0, 14.0, 13.0]
QUERY = ForecastQuery(SEASON * 10, frequency="QS", dated=False)
TWO_STEPS = ForecastOptions(2, (), None, None)


def forecast(origins, options=TWO_STEPS):
    async def work(registry):
        return [each async for each in forecast_origins(registry, options, origins, FakeCaller())]

    return with_registry([fakes.universal_bundle()], work)


def test_each_origin_is_forecast_from_what_is_known_there():
    answers = forecast(origins_of(QUERY, [20, 21, 22], 2))
    assert [answer.forecast.values for answer in answers] == [
        pytest.approx(each) for each in ([10, 12], [12, 14], [14, 13])
    ]
    assert all(isinstance(answer, ForecastAnswer) and answer.timestamps is None for answer in answers)


def test_an_origin_without_a_reading_before_it_lies_further_back(monkeypatch):
    """Its forecast is longer, and the first steps are left out."""
    readings = [*SEASON * 5, None, None, *SEASON]
    origins = list(origins_of(QUERY._replace(readings=readings), [20, 22, 23], 2))
    assert [(len(origin.query.readings), origin.missing) for origin in origins] == [(20, 0), (20, 2), (23, 0)]
    answers = forecast(origins)
    assert answers[1].forecast.values == pytest.approx([14, 13])
    assert answers[1].horizon == 2


def test_origins_are_asked_for_in_slices_and_an_error_spoils_no_other(monkeypatch):
    """Also where the slices and the changes of their horizons fall together."""
    monkeypatch.setattr(rolling, "SLICE", 2)
    bad = Origin(QUERY._replace(readings=[None]))
    good = [Origin(QUERY), Origin(QUERY), Origin(QUERY, missing=1), Origin(QUERY, missing=1), Origin(QUERY)]
    answers = forecast([good[0], bad, *good[1:], bad])
    assert [isinstance(answer, InvalidRequest) for answer in answers] == [False, True, False, False, False, False, True]
    assert answers[3].forecast.values == pytest.approx([12, 14])


def test_no_more_than_a_request_may_have_is_read(monkeypatch):
    """The oldest readings are left out, up to one that is there."""
    monkeypatch.setattr(rolling, "MAX_KNOWN", 10)
    readings = [*SEASON, None, None, *SEASON * 2]
    (origin,) = origins_of(QUERY._replace(readings=readings), [14], 1)
    assert (origin.query.readings, origin.begin) == (SEASON * 2, 6)


def test_the_end_of_a_series_is_an_origin_that_reaches_over_nothing(monkeypatch):
    """No more is read than before another origin; a series that ends with a missing reading keeps it, and is refused."""
    assert last_origin(QUERY) == Origin(QUERY)
    monkeypatch.setattr(rolling, "MAX_KNOWN", 10)
    origin = last_origin(QUERY._replace(readings=[*SEASON * 5, None]))
    assert (origin.query.readings, origin.missing, origin.begin) == ([*(SEASON * 5)[-9:], None], 0, 11)
    assert len(last_origin(QUERY._replace(readings=[*SEASON, *[None] * 20])).query.readings) == 10


def test_a_series_without_any_reading_stays_empty():
    """Its forecast is refused, as that of no readings is."""
    (origin,) = origins_of(QUERY._replace(readings=[None] * 5), [5], 1)
    assert len(origin.query.readings) == 0
    assert isinstance(forecast([origin])[0], InvalidRequest)


def test_the_first_origin_is_behind_twelve_readings_or_a_window():
    async def work(registry):
        options = ForecastOptions(1, (), None, None)
        named = [options._replace(model=name) for name in ("any", "long")]
        return [first_origin(registry, each) for each in (options, *named)]

    long = fakes.forecast_bundle(fakes.forecast_card("long", window=30), readings=[50.0] * 30)
    assert with_registry([fakes.universal_bundle(), long], work) == [12, 12, 30]


def test_stretches_follow_each_other_and_end_with_readings_that_are_there(monkeypatch):
    monkeypatch.setattr(rolling, "PIECE", 4)
    readings = [*SEASON * 5, 10.0, None, 14.0]
    stretches = list(stretches_of(AnomalyQuery(readings), 8))
    assert [(len(stretch.query.readings), stretch.last) for stretch in stretches] == [(19, 4), (23, 4)]
    stretches = list(stretches_of(AnomalyQuery(readings), 9))
    assert [(stretch.last, len(stretch.query.readings)) for stretch in stretches] == [(4, 18), (5, 23)]
    assert stretches_in(8) == 2
    assert stretches_in(9) == 3


def judged(readings, last):
    """The outcomes of the last readings of a series."""

    async def work(registry):
        stretches = stretches_of(AnomalyQuery(readings), last)
        return [each async for each in judge_stretches(registry, 99, stretches, FakeCaller())]

    return with_registry([fakes.universal_bundle(spread=1)], work)


@pytest.mark.parametrize(("before", "gap", "last"), [(100, 1700, 1800), (300, 1700, 40), (40, 2000, 20)])
def test_every_reading_after_a_gap_is_judged_where_enough_come_before(before, gap, last):
    """A stretch may hold a gap, or begin after one, or within it."""
    readings = [*SEASON * (before // 4), *[None] * gap, *SEASON * 5]
    positions = [point.position for answer in judged(readings, last) for point in answer.points]
    assert positions == list(range(len(readings) - last, len(readings)))


@pytest.mark.parametrize(("gap", "last"), [(2028, 20), (2100, 20), (2100, 2200), (9_000, 9_100), (20_000, 20_060)])
def test_readings_after_too_long_a_gap_are_refused(gap, last):
    """A network could not be given enough of those before it. The fault is one of the missing readings."""
    readings = [*SEASON * 25, *[None] * gap, *SEASON * 5]
    *_, stretch = stretches_of(AnomalyQuery(readings), last)
    *_, refusal = judged(readings, last)
    assert isinstance(refusal, MissingReadings)
    assert "Send what lies before and after the gap as two series" in refusal.detail
    (fault,) = refusal.faults
    assert readings[stretch.begin + int(fault.pointer.removeprefix("/readings/"))] is None


def test_a_series_that_ends_with_missing_readings_is_refused_as_such():
    """It is no gap."""
    *_, refusal = judged([*SEASON * 10, None], 5)
    assert "last" in refusal.detail
    assert "gap" not in refusal.detail


@pytest.mark.parametrize(
    ("readings", "last"),
    [([None, *SEASON * 10], 5), ([None, *SEASON * 10], 29), ([None] * 41, 5), ([None, *SEASON * 1000], 3_989)],
)
def test_a_series_that_begins_with_missing_readings_is_refused_as_such(readings, last):
    """However many are judged, also those right after them, and however long the series is."""
    *_, refusal = judged(readings, last)
    assert "the first and the last reading must be there" in refusal.detail


def test_others_have_their_turn_between_two_stretches(monkeypatch):
    """Each may have to be read out of a long series."""
    pieces = []

    def stretches():
        for stretch in stretches_of(AnomalyQuery(SEASON * 10), 24):
            pieces.append("stretch")
            yield stretch

    async def work(registry):
        async def judge():
            return [each async for each in judge_stretches(registry, 99, stretches(), FakeCaller())]

        return await most_pieces_in_a_round(monkeypatch, pieces, judge())

    monkeypatch.setattr(rolling, "PIECE", 4)
    most, answers = with_registry([fakes.universal_bundle(spread=1)], work)
    assert (most, len(answers)) == (1, 6)


def test_stretches_are_judged_in_order():
    """Whether or not as many of their readings are judged."""

    async def work(registry):
        series = [SEASON * 6, SEASON * 7, SEASON * 8]
        stretches = [
            stretch
            for readings, last in zip(series, (3, 3, 5), strict=True)
            for stretch in stretches_of(AnomalyQuery(readings), last)
        ]
        return [each async for each in judge_stretches(registry, 99, stretches, FakeCaller())]

    answers = with_registry([fakes.universal_bundle(spread=1)], work)
    assert all(isinstance(answer, AnomalyAnswer) for answer in answers)
    assert [[point.position for point in answer.points] for answer in answers] == [
        [21, 22, 23], [25, 26, 27], [27, 28, 29, 30, 31],
    ]  # fmt: skip


def test_readings_are_judged_by_the_forecaster_of_any_series():
    """Another one is refused, and one that is not loaded is not known."""

    async def work(registry):
        check_judge(registry, None)
        check_judge(registry, "any")
        with pytest.raises(NotOffered, match="which is 'any' here"):
            check_judge(registry, "gru")
        with pytest.raises(UnknownModel):
            check_judge(registry, "nothing")

    with_registry([fakes.universal_bundle(), fakes.forecast_bundle()], work)
