"""The parts of one request: its id, its deadline and its body."""

import asyncio
import json

import pytest

from service.http.request import RequestContext, make_request_id
from service.settings import Settings
from tests.connections import JSON, gated_app, run_app
from tests.fakes import READINGS


def test_a_sane_request_id_of_the_client_is_kept(client):
    assert client.get("/livez", headers={"x-request-id": "a-1.b:2_c"}).headers["x-request-id"] == "a-1.b:2_c"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "a\tb", "<script>"])
def test_a_request_id_that_is_not_sane_is_replaced(client, sent):
    assert client.get("/livez", headers={"x-request-id": sent}).headers["x-request-id"] != sent


def test_request_ids_are_unique():
    assert len({make_request_id(None) for _ in range(100)}) == 100


def test_the_largest_times_of_a_requests_items_are_sent():
    """Items of a batch wait side by side, so their times do not add up."""
    context = RequestContext({"headers": [], "path": "/forecast"}, asyncio.Queue().get)
    context.record(0.001, 0.004)
    context.record(0.003, 0.002)
    assert context.server_timing.startswith("queue;dur=3.00, model;dur=4.00, total;dur=")


def test_the_batch_is_that_of_the_longest_model_call():
    context = RequestContext({"headers": [], "path": "/forecast"}, asyncio.Queue().get)
    context.record(0.001, 0.004, 7, 10.0)
    context.record(0.003, 0.002, 9, 10.5)
    assert context.batch_items == 7


@pytest.mark.parametrize("sent", [b"", b"{", b"nonsense", b'{"readings": [1,]}', b"\xff\xfe", b"[" * 50_000])
def test_a_body_that_is_not_json_is_a_400(client, sent):
    reply = client.post("/forecast", content=sent, headers=JSON)
    assert (reply.status_code, reply.json()["type"]) == (400, "/problems/malformed-body")


@pytest.mark.parametrize("sent", [b"[]", b"null", b"3", b'"text"'])
def test_json_that_is_no_object_is_a_422(client, sent):
    assert client.post("/forecast", content=sent, headers=JSON).status_code == 422


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_content_that_is_not_json_is_a_415(client, kind):
    reply = client.post("/forecast", content=b"{}", headers={"content-type": kind})
    assert reply.status_code == 415


def test_a_charset_after_the_media_type_is_accepted(client):
    headers = {"content-type": "application/json; charset=utf-8"}
    assert client.post("/sentiment", content=b'{"text": "good"}', headers=headers).status_code == 200


def test_a_media_type_with_the_json_suffix_is_accepted(client):
    headers = {"content-type": "application/vnd.reviews+json"}
    assert client.post("/sentiment", content=b'{"text": "good"}', headers=headers).status_code == 200


def test_a_body_over_the_limit_is_a_413(serve):
    reply = serve(max_body_bytes=1024).post("/sentiment", json={"text": "good " * 500})
    assert (reply.status_code, reply.headers["content-type"]) == (413, "application/problem+json")


def test_a_chunked_body_over_the_limit_is_a_413(serve):
    """Without a Content-Length the bytes are counted as they arrive."""
    reply = serve(max_body_bytes=1024).post("/sentiment", content=(b" " * 512 for _ in range(9)), headers=JSON)
    assert reply.status_code == 413


def test_a_body_over_the_limit_is_told_how_much_fits(serve):
    """By its Content-Length, in how many requests it can go; a chunked one has none."""
    client = serve(max_body_bytes=2048)
    detail = client.post("/sentiment", json={"text": "good " * 1000}).json()["detail"]
    assert detail == (
        "the body is larger than 2048 bytes; send less at once: a batch can go in 3 requests or more. "
        "About 102 readings of 17 digits fit in one body"
    )
    chunked = client.post("/sentiment", content=(b" " * 512 for _ in range(9)), headers=JSON).json()["detail"]
    assert "a batch can go in several ones" in chunked


def test_a_thousand_series_of_ten_years_of_months_fit_in_a_body():
    """With all digits of their readings, as other languages' libraries write them."""
    series = [
        {"id": f"store_{number}", "readings": [number + month / 7 + 1e-9 for month in range(120)]}
        for number in range(1_000)
    ]
    assert 2_000_000 < len(json.dumps({"series": series, "horizon": 14})) < Settings().max_body_bytes


def test_a_content_length_that_is_no_number_is_a_413(client):
    reply = client.post("/sentiment", content=b"{}", headers=JSON | {"content-length": "-1"})
    assert reply.status_code == 413


async def endless_body():
    """A body whose second part never comes."""
    yield b'{"readings": ['
    await asyncio.Event().wait()


def test_a_body_that_never_ends_is_a_408(tmp_path):
    """A slow client holds a connection for the time that a body may take, no longer."""
    app, _ = gated_app(tmp_path, body_timeout_ms=20)

    async def work(client):
        return await client.post("/forecast", content=endless_body(), headers=JSON)

    reply = run_app(app, work)
    assert (reply.status_code, reply.json()["type"]) == (408, "/problems/body-timeout")
    assert reply.headers["connection"] == "close"


def test_the_clients_own_time_limit_holds_for_the_body_too(tmp_path):
    """X-Request-Timeout-Ms counts from the beginning of the request."""
    app, _ = gated_app(tmp_path)

    async def work(client):
        return await client.post("/forecast", content=endless_body(), headers=JSON | {"x-request-timeout-ms": "20"})

    assert run_app(app, work).status_code == 504


@pytest.mark.parametrize("sent", ["0", "-5", "1.5", "soon", "600001", "9" * 30, ""])
def test_a_time_limit_that_is_no_number_of_milliseconds_is_a_422(client, sent):
    headers = {"x-request-timeout-ms": sent}
    assert client.post("/forecast", json={"readings": READINGS}, headers=headers).status_code == 422
