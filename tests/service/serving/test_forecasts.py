"""Series are asked of the forecasters: one or many."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from service.errors import (
    ClientDisconnected,
    DeadlineExceeded,
    GatecastError,
    InvalidRequest,
    Overloaded,
    TooFewReadings,
    UnsupportedLevel,
)
from service.serving import forecasts, selection
from service.serving.forecasts import ForecastAnswer, forecast_many, forecast_one
from service.serving.selection import ForecastQuery
from tests import fakes
from tests.clock import Clock
from tests.fakes import READINGS, FakeCaller, Gate
from tests.service.serving.forecasters import (
    CALIBRATION,
    DEFAULTS,
    JANUARY,
    QUERY,
    errors,
    model,
    pointers,
    with_registry,
)
from tests.service.serving.rounds import most_pieces_in_a_round, note_calls


def answer(bundles, query=QUERY, options=DEFAULTS, caller=None):
    return with_registry(bundles, lambda registry: forecast_one(registry, options, query, caller or FakeCaller()))


def answers(bundles, queries, options=DEFAULTS, caller=None):
    async def work(registry):
        return [each async for each in forecast_many(registry, options, queries, caller or FakeCaller())]

    return with_registry(bundles, work)


# ---- forecast_one


def test_an_answer_has_the_forecast_the_dates_and_the_skill():
    response = answer([model("a")], ForecastQuery(READINGS, JANUARY, "MS"), DEFAULTS._replace(horizon=2))
    assert (response.card.name, response.horizon) == ("a", 2)
    assert response.forecast.values == pytest.approx([60, 70], abs=1e-3)
    assert response.timestamps == ["2016-06-01T00:00:00", "2016-07-01T00:00:00"]
    assert response.skill["measured_on"] == "card"
    assert [warning.code for warning in response.warnings] == ["recursive_horizon"]


def test_skill_on_the_readings_goes_before_the_skill_of_the_card():
    response = answer([model("a")], ForecastQuery([10.0 * i for i in range(10)]))
    assert (response.skill["measured_on"], response.skill["origins"]) == ("readings", 5)


def test_dates_are_those_of_the_models_own_horizon():
    response = answer([model("a", horizon=2)], ForecastQuery([10.0, 20.0] * 6, JANUARY, "D"))
    assert len(response.timestamps or []) == response.horizon == len(response.forecast.values) == 2


def test_one_model_is_asked_and_its_time_is_recorded():
    caller = FakeCaller()
    answer([model("a"), model("b", series="1"), fakes.universal_bundle("any")], caller=caller)
    assert len(caller.times) == 1


def test_an_answer_says_why_its_model_was_selected_unless_it_was_named():
    bundles = [model("a"), fakes.universal_bundle("any")]
    response = answer(bundles)
    assert response.selection.rule == "any_series"
    assert [(each.model, each.refused) for each in response.selection.candidates] == [
        ("any", None),
        ("a", "not_compared"),
    ]
    assert answer(bundles[:1]).selection.rule == "no_forecaster_of_any_series"
    assert answer(bundles, options=DEFAULTS._replace(model="any")).selection is None


def test_all_faults_of_a_request_are_in_one_error():
    """The level, the readings, their bounds, and the dates."""
    query = ForecastQuery([1.0], datetime(2016, 2, 2), "MS", minimum=5)
    with pytest.raises(UnsupportedLevel) as refusal:
        answer([model("a")], query, DEFAULTS._replace(levels=[80], horizon=999))
    assert pointers(refusal.value) == {"/levels/0", "/readings/0", "/readings", "/start"}


def test_a_version_without_a_model_and_the_faults_of_the_readings_are_in_one_error():
    with pytest.raises(InvalidRequest) as refusal:
        answer([model("a")], ForecastQuery([1.0]), DEFAULTS._replace(version="1"))
    assert pointers(refusal.value) == {"/model", "/readings"}


@pytest.mark.parametrize(("start", "frequency", "pointer"), [(JANUARY, None, "/frequency"), (None, "MS", "/start")])
def test_a_start_and_a_frequency_go_together(start, frequency, pointer):
    with pytest.raises(InvalidRequest, match="go together") as refusal:
        answer([model("a")], ForecastQuery(READINGS, start, frequency))
    assert pointers(refusal.value) == {pointer}


# ---- forecast_many


def test_the_error_of_a_series_leaves_the_others_alone():
    first, second, third = answers([model("a")], [QUERY, ForecastQuery([1.0]), ForecastQuery([20.0, 30, 40, 50, 60])])
    assert isinstance(first, ForecastAnswer)
    assert isinstance(second, TooFewReadings)
    assert isinstance(third, ForecastAnswer)
    assert first.forecast.values == pytest.approx([60], abs=1e-3)
    assert third.forecast.values == pytest.approx([70], abs=1e-3)


def test_each_series_gets_its_own_model():
    bundles = [model("wide"), model("narrow", window=3, step_errors=errors(9.0))]
    outcomes = answers(bundles, [QUERY, ForecastQuery(READINGS[:3]), QUERY])
    assert [outcome.card.name for outcome in outcomes] == ["wide", "narrow", "wide"]


def test_a_model_is_called_once_for_all_its_series():
    calls = []

    def network(*arrays):
        calls.append(len(arrays[0]))
        return fakes.last_plus_ten(*arrays)

    outcomes = answers([fakes.forecast_bundle(run=network)], [QUERY] * 5)
    assert len(outcomes) == 5
    assert calls == [5]


def test_errors_of_two_series_are_two_objects():
    """Faults are added to an error, so two series must not share that of an unsupported level."""
    bundles = [model("wide", calibration=CALIBRATION), model("narrow", window=3, step_errors=errors(9.0))]
    short = ForecastQuery(READINGS[:3])
    dated = ForecastQuery(READINGS[:3], datetime(2016, 2, 2), "MS")
    first, second, third = answers(bundles, [short, dated, QUERY], DEFAULTS._replace(levels=[80]))
    assert isinstance(first, UnsupportedLevel)
    assert isinstance(second, UnsupportedLevel)
    assert first is not second
    assert pointers(first) == {"/levels/0"}
    assert pointers(second) == {"/levels/0", "/start"}
    assert third.card.name == "wide"


def test_an_option_that_no_series_could_be_answered_with_is_an_error_of_the_request():
    with pytest.raises(UnsupportedLevel) as refusal:
        answers([model("a")], [QUERY, ForecastQuery([1.0])], DEFAULTS._replace(levels=[80]))
    assert pointers(refusal.value) == {"/levels/0"}


def test_a_series_on_which_the_model_fails_gets_its_error():
    def picky(*arrays):
        if (arrays[0][:, -1, 0] > 0.9).any():
            raise RuntimeError("secret detail")
        return fakes.last_plus_ten(*arrays)

    good, bad = answers([fakes.forecast_bundle(run=picky)], [QUERY, ForecastQuery([50.0, 60, 70, 80, 95])])
    assert isinstance(good, ForecastAnswer)
    assert isinstance(bad, RuntimeError)
    assert not isinstance(bad, GatecastError)


def test_no_series_need_no_model():
    assert answers([model("a")], []) == []


def test_a_query_that_is_an_error_already_stays_that_error():
    error = InvalidRequest("bad", pointer="/readings/1")
    first, second = answers([model("a")], [error, QUERY])
    assert first is error
    assert isinstance(second, ForecastAnswer)


# ---- turns and deadlines


def test_many_series_let_others_have_their_turn_between_all_their_pieces(monkeypatch):
    pieces = note_calls(monkeypatch, forecasts, "prepare", "_answer")

    async def collect(registry):
        return [each async for each in forecast_many(registry, DEFAULTS, [QUERY] * 40, FakeCaller())]

    most, outcomes = with_registry(
        [model("a")], lambda registry: most_pieces_in_a_round(monkeypatch, pieces, collect(registry))
    )
    assert len(outcomes) == 40
    assert (pieces.count("prepare"), pieces.count("_answer")) == (40, 40)
    assert most == 1


def test_at_the_deadline_series_that_are_done_are_given_and_the_others_are_late():
    """The second model call does not end."""
    gate = Gate(fakes.last_plus_ten)

    def first_call_is_quick(*arrays):
        if gate.batches:
            gate.close()
        return gate(*arrays)

    bundles = [replace(model("a"), network=first_call_is_quick)]
    queries = [ForecastQuery(READINGS), ForecastQuery([*READINGS, 60.0]), ForecastQuery([5.0, *READINGS])]

    async def work(registry):
        clock = Clock()
        caller = FakeCaller(asyncio.get_running_loop().time() + 100)

        async def collect():
            return [each async for each in forecast_many(registry, DEFAULTS, queries, caller)]

        collecting = asyncio.create_task(collect())
        while len(gate.batches) < 2:
            await asyncio.sleep(0)
        clock.advance(100)
        outcomes = await collecting
        depths = [each.batcher.depth for each in registry]
        gate.open()
        return outcomes, depths

    (first, second, third), depths = with_registry(bundles, work)
    assert isinstance(first, ForecastAnswer)
    assert isinstance(second, DeadlineExceeded)
    assert isinstance(third, DeadlineExceeded)
    assert depths == [0]


def test_nothing_done_at_the_deadline_is_an_error_of_the_request():
    async def work(registry):
        late = FakeCaller(asyncio.get_running_loop().time() - 1)
        queries = [QUERY, InvalidRequest("bad", pointer="/readings")]
        return [each async for each in forecast_many(registry, DEFAULTS, queries, late)]

    with pytest.raises(DeadlineExceeded):
        with_registry([model("a")], work)


def test_series_that_are_not_prepared_in_half_of_the_time_are_late(monkeypatch):
    async def work(registry):
        clock = Clock(is_stopped=True)
        caller = FakeCaller(asyncio.get_running_loop().time() + 100)
        prepare = selection.prepare

        def slow(*arguments):
            clock.advance(30)
            return prepare(*arguments)

        monkeypatch.setattr(forecasts, "prepare", slow)
        return [each async for each in forecast_many(registry, DEFAULTS, [QUERY] * 3, caller)]

    first, second, third = with_registry([model("a")], work)
    assert isinstance(first, ForecastAnswer)
    assert isinstance(second, ForecastAnswer)
    assert isinstance(third, DeadlineExceeded)


def test_nothing_is_prepared_for_a_caller_who_has_left(monkeypatch):
    pieces = note_calls(monkeypatch, forecasts, "prepare")
    caller = FakeCaller(has_left=True)

    async def collect(registry):
        return [each async for each in forecast_many(registry, DEFAULTS, [QUERY] * 40, caller)]

    with pytest.raises(ClientDisconnected):
        with_registry([model("a")], lambda registry: most_pieces_in_a_round(monkeypatch, pieces, collect(registry)))
    assert pieces == []


def test_a_refusal_of_one_model_ends_the_wait_for_the_other():
    """Its items leave the queue of the other one."""
    gate = Gate(fakes.last_plus_ten)
    bundles = [replace(model("a"), network=gate), model("b", window=3, step_errors=errors(9.0))]
    queries = [QUERY, ForecastQuery(READINGS[:3])]

    async def work(registry):
        first, second = registry
        gate.close()
        busy = asyncio.create_task(forecast_one(registry, DEFAULTS._replace(model="a"), QUERY, FakeCaller()))
        while not gate.batches:
            await asyncio.sleep(0)
        await second.batcher.close()  # accepts nothing any more
        with pytest.raises(Overloaded):
            [each async for each in forecast_many(registry, DEFAULTS, queries, FakeCaller())]
        await asyncio.sleep(0)
        depth = first.batcher.depth
        gate.open()
        await busy
        return depth

    assert with_registry(bundles, work) == 0
