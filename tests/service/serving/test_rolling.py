"""Many origins of a series, and long stretches judged in pieces."""

import pytest

from service.errors import InvalidRequest, NotOffered, UnknownModel
from service.serving import rolling
from service.serving.anomalies import AnomalyAnswer, AnomalyQuery
from service.serving.forecasts import ForecastAnswer
from service.serving.rolling import (
    Origin,
    check_judge,
    first_origin,
    forecast_origins,
    judge_stretches,
    origins_of,
    stretches_of,
)
from service.serving.selection import ForecastOptions, ForecastQuery
from tests import fakes
from tests.fakes import FakeCaller
from tests.service.serving.forecasters import with_registry

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
    assert origin.query.readings == SEASON * 2


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
    assert [(len(stretch.query.readings), stretch.last, end) for stretch, end in stretches] == [
        (19, 4, 19),
        (23, 4, 23),
    ]
    stretches = list(stretches_of(AnomalyQuery(readings), 9))
    assert [(stretch.last, end) for stretch, end in stretches] == [(4, 18), (5, 23)]


def test_stretches_are_judged_in_order():
    """Whether or not as many of their readings are judged."""

    async def work(registry):
        series = [SEASON * 6, SEASON * 7, SEASON * 8]
        stretches = [
            stretch
            for readings, last in zip(series, (3, 3, 5), strict=True)
            for stretch, _ in stretches_of(AnomalyQuery(readings), last)
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
