"""Series are judged by the forecaster of any series: one or many."""

import asyncio

import numpy as np
import pytest

from service.errors import (
    ClientDisconnected,
    DeadlineExceeded,
    InvalidRequest,
    MissingReadings,
    Overloaded,
    TooFewReadings,
    UnknownModel,
)
from service.forecast.anomalies import Judgement
from service.serving import anomalies as serving
from service.serving.anomalies import AnomalyAnswer, AnomalyOptions, AnomalyQuery, judge_many, judge_one
from tests import fakes
from tests.clock import Clock
from tests.fakes import FakeCaller
from tests.service.serving.forecasters import JANUARY, model, pointers, with_registry
from tests.service.serving.rounds import most_pieces_in_a_round, note_calls

READINGS = np.random.default_rng(0).normal(50, 1, 60).tolist()
OPTIONS = AnomalyOptions(level=99, last=5)
QUERY = AnomalyQuery(READINGS)
SHORT = AnomalyQuery(READINGS[:9])


def any_series():
    return fakes.universal_bundle("any", spread=1.0)


def judged(query=QUERY, options=OPTIONS, caller=None, bundles=None):
    bundles = bundles or [model("a"), any_series()]
    return with_registry(bundles, lambda registry: judge_one(registry, options, query, caller or FakeCaller()))


def all_judged(queries, options=OPTIONS, caller=None):
    async def work(registry):
        return [each async for each in judge_many(registry, options, queries, caller or FakeCaller())]

    return with_registry([any_series()], work)


# ---- judge_one


def test_the_forecaster_of_any_series_judges_the_last_readings():
    caller = FakeCaller()
    answer = judged(caller=caller)
    assert answer.card.name == "any"
    assert [point.position for point in answer.points] == [55, 56, 57, 58, 59]
    assert (answer.season_length, answer.timestamps, answer.warnings) == (1, None, [])
    assert len(caller.times) >= 1


def test_timestamps_are_those_of_the_judged_readings():
    answer = judged(AnomalyQuery(READINGS, JANUARY, "D"), OPTIONS._replace(last=2))
    assert answer.timestamps == ["2016-02-28T00:00:00", "2016-02-29T00:00:00"]
    assert answer.season_length == 7


@pytest.mark.parametrize(
    ("query", "season"),
    [
        (AnomalyQuery(READINGS[:40], JANUARY, "MS"), 12),
        (AnomalyQuery(READINGS, JANUARY, "MS", season=5), 5),
        (AnomalyQuery([50 + 9 * np.sin(i * np.pi / 6) for i in range(60)]), 12),
        (AnomalyQuery(READINGS, season=4), 4),
    ],
)
def test_the_season_is_the_one_told_or_that_of_the_frequency_or_of_the_readings(query, season):
    assert judged(query).season_length == season


def test_missing_readings_are_told():
    answer = judged(AnomalyQuery([*READINGS[:57], None, *READINGS[58:]]))
    assert [warning.code for warning in answer.warnings] == ["missing_readings"]
    assert answer.points[2].reading is None


def test_without_a_forecaster_of_any_series_nothing_is_judged():
    with pytest.raises(UnknownModel, match="no forecaster of any series is loaded"):
        judged(bundles=[model("a")])


@pytest.mark.parametrize(
    ("query", "options", "kind", "faults"),
    [
        (SHORT, OPTIONS, TooFewReadings, {"/readings"}),
        (QUERY, OPTIONS._replace(last=49), TooFewReadings, {"/last"}),
        (AnomalyQuery([None, *READINGS]), OPTIONS, MissingReadings, {"/readings/0"}),
        (AnomalyQuery([*READINGS, *[None] * 3000, *READINGS[:16]]), OPTIONS, MissingReadings, {"/readings/3059"}),
        (AnomalyQuery(READINGS[:9], JANUARY, "nonsense"), OPTIONS, TooFewReadings, {"/readings", "/frequency"}),
        (AnomalyQuery(READINGS, JANUARY), OPTIONS, InvalidRequest, {"/frequency"}),
        (AnomalyQuery(READINGS, None, "D"), OPTIONS, InvalidRequest, {"/start"}),
    ],
)
def test_what_cannot_be_judged_is_refused_with_all_faults(query, options, kind, faults):
    with pytest.raises(kind) as refusal:
        judged(query, options)
    assert pointers(refusal.value) == faults


# ---- judge_many


def test_the_error_of_a_series_leaves_the_others_alone():
    error = InvalidRequest("bad", pointer="/readings/1")
    first, second, third, fourth = all_judged([QUERY, SHORT, error, QUERY])
    assert isinstance(first, AnomalyAnswer)
    assert isinstance(second, TooFewReadings)
    assert third is error
    assert isinstance(fourth, AnomalyAnswer)


def test_a_series_is_judged_as_it_is_alone():
    """Although others share its model calls, and need more rounds of them."""
    spoilt = AnomalyQuery([*READINGS[:56], 90.0, *READINGS[57:]])
    outcomes = all_judged([QUERY, spoilt] * 12)
    for outcome, query in zip(outcomes, [QUERY, spoilt] * 12, strict=True):
        alone = judged(query)
        assert [p.anomaly for p in outcome.points] == [p.anomaly for p in alone.points]
        assert [p.expected for p in outcome.points] == pytest.approx([p.expected for p in alone.points], rel=1e-4)


def test_many_series_let_others_have_their_turn_between_their_pieces(monkeypatch):
    pieces = note_calls(monkeypatch, serving._Judge, "prepare")
    note_calls(monkeypatch, Judgement, "update", pieces=pieces)

    async def collect(registry):
        return [each async for each in judge_many(registry, OPTIONS, [QUERY] * 20, FakeCaller())]

    most, outcomes = with_registry(
        [any_series()], lambda registry: most_pieces_in_a_round(monkeypatch, pieces, collect(registry))
    )
    assert len(outcomes) == 20
    assert (pieces.count("prepare"), most) == (20, 1)


def test_series_that_there_is_no_time_for_are_late():
    """The clock passes the deadline after the first few series."""

    async def work(registry):
        clock = Clock(is_stopped=True)
        caller = FakeCaller(asyncio.get_running_loop().time() + 100)
        outcomes = []
        prepare = serving._Judge.prepare

        def slow(judge, query):
            clock.advance(6)
            return prepare(judge, query)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(serving._Judge, "prepare", slow)
            async for each in judge_many(registry, OPTIONS, [QUERY] * 20, caller):
                outcomes.append(each)
        return outcomes

    outcomes = with_registry([any_series()], work)
    assert isinstance(outcomes[0], AnomalyAnswer)
    assert isinstance(outcomes[-1], DeadlineExceeded)


def test_nothing_done_at_the_deadline_is_an_error_of_the_request():
    async def work(registry):
        late = FakeCaller(asyncio.get_running_loop().time() - 1)
        return [each async for each in judge_many(registry, OPTIONS, [QUERY, SHORT], late)]

    with pytest.raises(DeadlineExceeded):
        with_registry([any_series()], work)


def test_nothing_is_judged_for_a_caller_who_has_left():
    with pytest.raises(ClientDisconnected):
        judged(caller=FakeCaller(has_left=True))


def test_a_queue_that_is_full_refuses_the_request():
    async def work(registry):
        (each,) = registry
        await each.batcher.close()  # accepts nothing any more
        return [each async for each in judge_many(registry, OPTIONS, [QUERY], FakeCaller())]

    with pytest.raises(Overloaded):
        with_registry([any_series()], work)
