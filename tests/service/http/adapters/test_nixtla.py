"""What the Nixtla client gets: flat arrays in the order of its series, windows and steps."""

import asyncio
import json
import math

import pytest
from backports import zstd

from service.errors import ClientDisconnected, DeadlineExceeded
from service.http.adapters.nixtla import readings, replies, routes
from service.http.adapters.nixtla.replies import FURTHEST, Column, Forecasts, IntervalNames, column_of, deviate
from service.http.adapters.nixtla.schemas import NixtlaForecastRequest
from service.http.request import RequestContext
from service.serving import rolling
from tests.service.http.adapters.nixtla_requests import (
    YEARS,
    anomalies,
    body,
    bundles,
    cross_validation,
    forecast,
    online,
    waves,
)
from tests.service.serving.forecasters import with_registry
from tests.service.serving.rounds import most_pieces_in_a_round, note_calls


@pytest.fixture
def served(serve):
    """A client of a service with a forecaster of any series."""
    return serve(bundles())


def ours(client, readings, **options):
    """What POST /forecast answers."""
    sent = {"readings": readings, "start": "2000-01-01", "frequency": "QS", "levels": [], "horizon": 3}
    return client.post("/forecast", json=sent | options).json()


def test_forecasts_are_those_of_our_own_route(served):
    """Those of each series one after another; the client needs the keys `intervals` and `weights_x`."""
    series = waves(3)
    reply = forecast(served, series).json()
    assert reply == {
        "mean": [value for each in series for value in ours(served, each)["forecast"]],
        "intervals": None,
        "weights_x": None,
    }


def test_levels_name_two_columns_as_they_were_sent(served):
    """The median's bounds are the median itself; a level that repeats has one pair of columns."""
    reply = forecast(served, waves(2), model="any", level=[0, 0, 0.0]).json()
    assert set(reply["intervals"]) == {"lo-0", "hi-0", "lo-0.0", "hi-0.0"}
    assert reply["intervals"]["lo-0"] == reply["intervals"]["hi-0"] == reply["mean"]


def test_windows_come_series_by_series_with_their_places(served):
    """Ascending; `idxs` says which reading of `y` each row forecasts."""
    reply = cross_validation(served, waves(2, 40), n_windows=2, step_size=4).json()
    first = [33, 34, 35, 37, 38, 39]
    assert reply["sizes"] == [6, 6]
    assert reply["idxs"] == first + [40 + index for index in first]
    assert reply["mean"][:3] == ours(served, waves(1)[0][:33])["forecast"]
    assert reply["mean"][9:] == ours(served, waves(2)[1][:37])["forecast"]
    assert reply["intervals"] is None


def test_sizes_may_be_written_with_a_decimal_point(served):
    """As some languages write whole numbers."""
    sent = body(waves(2))
    sent["series"]["sizes"] = [40, 40.0]
    assert len(served.post("/nixtla/v2/forecast", json=sent).json()["mean"]) == 6


def test_a_window_is_a_horizon_after_the_last_by_default(served):
    reply = cross_validation(served, waves(1), n_windows=2, step_size=None).json()
    assert reply["idxs"] == [34, 35, 36, 37, 38, 39]


def test_the_whole_history_is_forecast_one_step_ahead(served):
    """What the client asks for its `add_history`; its horizon and windows are placeholders."""
    series = [YEARS[:20], YEARS[:15], YEARS[:5]]
    reply = cross_validation(served, series, full_history=True, n_windows=7).json()
    assert reply["sizes"] == [8, 3, 0]
    assert reply["idxs"] == [*range(12, 20), *range(32, 35)]
    assert reply["mean"] == pytest.approx([*YEARS[12:20], *YEARS[12:15]])


def test_a_window_after_missing_readings_reaches_over_them(served):
    """It begins after the last reading that is there."""
    (readings,) = waves(1)
    known = readings[:35]
    readings[35] = readings[36] = None
    reply = cross_validation(served, [readings], n_windows=1).json()
    assert reply["mean"] == ours(served, known, horizon=5)["forecast"][2:]


def test_the_last_readings_are_judged(served):
    """As POST /anomalies judges them; the score is a deviate instead of a share."""
    series = waves(2)
    series[1][-2] += 50
    reply = online(served, series).json()
    sent = {"readings": series[1], "start": "2000-01-01", "frequency": "QS", "level": 99, "last": 5}
    points = served.post("/anomalies", json=sent).json()["points"]
    assert reply["sizes"] == [5, 5]
    assert reply["idxs"] == [*range(35, 40), *range(75, 80)]
    assert reply["anomaly"][5:] == [point["anomaly"] for point in points]
    assert reply["mean"][5:] == [point["expected"] for point in points]
    assert reply["intervals"]["lo-99"][5:] == [point["lower"] for point in points]
    assert reply["anomaly_score"][5:] == [deviate(point["score"]) for point in points]
    assert reply["anomaly_score"].index(max(reply["anomaly_score"])) == 8
    assert reply["weights_x"] is None


def test_a_missing_reading_is_no_anomaly(served):
    (readings,) = waves(1)
    readings[-3] = None
    reply = online(served, [readings]).json()
    assert reply["anomaly"] == [False] * 5
    assert [score is None for score in reply["anomaly_score"]] == [False, False, True, False, False]


def test_a_long_history_is_judged_in_pieces(served, monkeypatch):
    """Pieces end with readings that are there, and follow each other."""
    monkeypatch.setattr(rolling, "PIECE", 10)
    (readings,) = waves(1, 60)
    readings[21] = readings[22] = None  # where the first piece would end
    reply = anomalies(served, [readings]).json()
    assert reply["sizes"] == [48]
    assert reply["idxs"] == list(range(12, 60))
    assert [index for index, score in zip(reply["idxs"], reply["anomaly_score"], strict=True) if score is None] == [
        21,
        22,
    ]


def test_scores_of_what_is_impossible_are_finite():
    """No double is less than the smallest share."""
    assert deviate(0.0) == FURTHEST
    assert 37 < deviate(1e-300) <= FURTHEST
    assert deviate(5e-324) == FURTHEST
    assert deviate(1.0) == pytest.approx(0)
    assert deviate(0.05) == pytest.approx(1.96, abs=0.01)


def test_compressed_bodies_are_read_up_to_their_limit(serve):
    """zstd, as the client sends what is large; what inflates to more is refused."""
    client = serve(bundles(), max_frame_bytes=20_000, max_body_bytes=2_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "zstd"}
    for count, status in ((900, 200), (9_000, 413)):
        sent = zstd.compress(json.dumps(body([[float(t % 7) for t in range(count)]])).encode(), 1)
        assert client.post("/nixtla/v2/forecast", content=sent, headers=headers).status_code == status


def test_many_series_are_asked_for_in_slices(served, monkeypatch):
    """In their order, however many there are."""
    monkeypatch.setattr(rolling, "SLICE", 3)
    reply = forecast(served, waves(10)).json()
    assert reply["mean"] == [value for each in waves(10) for value in ours(served, each)["forecast"]]


def test_metadata_of_the_client_is_answered(served):
    """How much of a series is worth sending, what is loaded, the key, its use."""
    assert served.get("/nixtla/model_params?model=timegpt-1&freq=MS").json() == {
        "detail": {"input_size": 2048, "horizon": 64}
    }
    assert served.get("/nixtla/model_params?model=gru&freq=MS").json()["detail"]["horizon"] == 1
    assert served.get("/nixtla/model_params?model=nothing").status_code == 404
    assert served.get("/nixtla/v2/models").json() == {
        "models": [{"name": "any"}, {"name": "gru"}, {"name": "simple_rnn"}]
    }
    assert served.get("/nixtla/validate_api_key").json() == {"detail": "no key is needed here"}
    assert served.get("/nixtla/usage").json() == {}
    assert served.get("/nixtla/v2/finetuned_models").json() == {"finetuned_models": []}


def test_use_is_told_where_it_is_limited(serve):
    """Each forecast counts as an item."""
    client = serve(bundles(), rate_items=0.04, rate_burst_s=2500)
    assert forecast(client, waves(30)).status_code == 200
    assert client.get("/nixtla/usage").json()["items"] == {"limit": 100, "remaining": 70}
    refusal = cross_validation(client, waves(30), n_windows=5)
    assert (refusal.status_code, refusal.json()["type"]) == (422, "/problems/too-many-at-once")


def test_judged_readings_count_as_those_of_our_own_route_do(serve):
    """Each 256 of a series, or fewer, are an item, as a series of POST /anomalies is."""
    client, another = (serve(bundles(), rate_items=0.004, rate_burst_s=2500) for _ in range(2))
    assert anomalies(client, waves(2, 280)).status_code == 200
    assert client.get("/nixtla/usage").json()["items"]["remaining"] == 6
    assert online(client, waves(3, 300), detection_size=257).status_code == 200
    assert anomalies(client, waves(1)).status_code == 429
    refusal = anomalies(another, waves(1, 2600))
    assert (refusal.status_code, refusal.json()["type"]) == (422, "/problems/too-many-at-once")


def test_a_reply_has_few_parts_and_a_long_one_is_joined_in_a_thread(monkeypatch):
    """Millions of small parts would keep all others waiting."""
    joined = []

    async def join(parts):
        joined.append(list(parts))
        return b"".join(parts)

    monkeypatch.setattr(replies, "joined", join)
    forecasts = Forecasts(IntervalNames([0, 0.0]))
    for _ in range(100):
        forecasts.add([1.0, 2.0], [])
    reply = json.loads(asyncio.run(forecasts.json(empty=Column(), sizes=column_of([3]))))
    assert reply["mean"] == reply["intervals"]["hi-0.0"] == [1.0, 2.0] * 100
    assert (reply["empty"], reply["sizes"]) == ([], [3])
    assert len(joined[0]) < 50
    assert {type(part) for part in joined[0]} == {bytes}  # others are joined with the interpreter


def answer(caller_left=False, late=False):
    """The reply to two series of a caller who has left, or whose time is over."""

    async def work(registry):
        context = RequestContext({"path": "/nixtla/v2/forecast", "headers": []}, asyncio.Queue().get)
        context.registry, context.deadline = registry, 0.0 if late else math.inf
        context.is_disconnected = lambda: caller_left
        return await routes.PREDICT_ROUTES["/nixtla/v2/forecast"].handler(
            NixtlaForecastRequest.model_validate(body(waves(2))), context
        )

    return with_registry(bundles(), work)


def test_a_late_request_is_refused_with_what_would_help():
    with pytest.raises(DeadlineExceeded) as caught:
        answer(late=True)
    assert "send fewer series at once" in caught.value.detail


def test_nothing_is_done_for_a_caller_who_has_left():
    with pytest.raises(ClientDisconnected):
        answer(caller_left=True)


def test_others_have_their_turn_between_all_series(monkeypatch):
    """Each series is read, and each forecast becomes JSON, in a turn of its own."""
    pieces = note_calls(monkeypatch, readings, "listed")
    note_calls(monkeypatch, replies, "to_json", pieces=pieces)
    request = NixtlaForecastRequest.model_validate(body(waves(30)))

    async def work(registry):
        context = RequestContext({"path": "/nixtla/v2/forecast", "headers": []}, asyncio.Queue().get)
        context.registry, context.deadline = registry, math.inf
        handler = routes.PREDICT_ROUTES["/nixtla/v2/forecast"].handler
        return await most_pieces_in_a_round(monkeypatch, pieces, handler(request, context))

    most, reply = with_registry(bundles(), work)
    assert len(json.loads(reply)["mean"]) == 90
    assert (pieces.count("listed"), pieces.count("to_json"), most) == (30, 30, 1)
