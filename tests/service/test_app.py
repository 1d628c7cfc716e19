"""What holds for every route: problem+json, headers, limits, probes, overload, deadlines, drain."""

import asyncio
import logging
import re

import httpx
import pytest

from service.app import create_app
from service.http.lifecycle import Phase
from tests import fakes
from tests.fakes import READINGS, Gate

JSON = {"content-type": "application/json"}


def test_every_reply_carries_a_request_id_and_timings(client):
    reply = client.post("/forecast", json={"readings": READINGS})
    assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["x-request-id"])
    assert re.fullmatch(r"queue;dur=[\d.]+, model;dur=[\d.]+, total;dur=[\d.]+", reply.headers["server-timing"])


def test_a_sane_request_id_of_the_callers_comes_back(client):
    assert client.get("/livez", headers={"x-request-id": "a-1.b:2_c"}).headers["x-request-id"] == "a-1.b:2_c"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "a\tb", "<script>"])
def test_a_request_id_that_is_not_sane_is_replaced(client, sent):
    assert client.get("/livez", headers={"x-request-id": sent}).headers["x-request-id"] != sent


def test_a_problem_has_every_member_and_its_media_type(client):
    reply = client.post("/forecast", json={"readings": [1]}, headers={"x-request-id": "abc"})
    problem = reply.json()
    assert reply.headers["content-type"] == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "detail", "instance", "request_id", "errors"}
    assert (problem["instance"], problem["request_id"]) == ("/forecast", "abc")


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


def test_a_charset_beside_the_media_type_is_fine(client):
    headers = {"content-type": "application/json; charset=utf-8"}
    assert client.post("/sentiment", content=b'{"text": "good"}', headers=headers).status_code == 200


def test_a_body_over_the_limit_is_a_413(serve):
    reply = serve(max_body_bytes=1024).post("/sentiment", json={"text": "good " * 500})
    assert (reply.status_code, reply.headers["content-type"]) == (413, "application/problem+json")


def test_a_chunked_body_over_the_limit_is_a_413(serve):
    """Without a Content-Length the bytes are counted as they come."""
    reply = serve(max_body_bytes=1024).post("/sentiment", content=(b" " * 512 for _ in range(9)), headers=JSON)
    assert reply.status_code == 413


def test_a_body_that_never_ends_is_a_504(tmp_path):
    """A slow caller holds a connection for as long as a deadline, no longer."""
    app, _ = _gated(tmp_path, timeout_ms=20)

    async def trickle():
        yield b'{"readings": ['
        await asyncio.Event().wait()

    async def work(client):
        return await client.post("/forecast", content=trickle(), headers=JSON)

    reply = asyncio.run(_started(app, work))
    assert (reply.status_code, reply.json()["type"]) == (504, "/problems/deadline-exceeded")


def test_a_body_has_as_long_as_the_caller_gave_itself(tmp_path):
    """X-Request-Timeout-Ms counts from the beginning, the body's way included."""
    app, _ = _gated(tmp_path)

    async def trickle():
        yield b'{"readings": ['
        await asyncio.Event().wait()

    async def work(client):
        return await client.post("/forecast", content=trickle(), headers=JSON | {"x-request-timeout-ms": "20"})

    assert asyncio.run(_started(app, work)).status_code == 504


def test_an_unknown_path_is_a_404_problem(client):
    reply = client.get("/nowhere")
    assert (reply.status_code, reply.json()["type"]) == (404, "/problems/not-found")


def test_a_wrong_method_is_a_405_problem_that_says_what_is_allowed(client):
    reply = client.get("/forecast")
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
    assert reply.json()["type"] == "/problems/method-not-allowed"


def test_a_fault_never_echoes_the_input(client):
    reply = client.post("/sentiment", json={"text": {"secret": "hunter2"}, "explain": "hunter2"})
    assert reply.status_code == 422
    assert "hunter2" not in reply.text


def test_a_defect_is_a_500_without_details_but_with_headers(serve, caplog):
    """The caller learns a request id; under it the log has the traceback."""

    def broken(batch):
        if broken.armed:
            raise RuntimeError("secret detail")
        return fakes.last_plus_ten(batch)

    broken.armed = False
    client = serve([fakes.forecast_bundle(run=broken)])
    broken.armed = True
    reply = client.post("/forecast", json={"readings": READINGS})
    assert reply.status_code == 500
    assert "secret" not in reply.text
    assert reply.headers["x-request-id"] == reply.json()["request_id"]
    record = next(r for r in caplog.records if reply.json()["request_id"] in r.getMessage() and r.exc_info)
    assert record.levelname == "ERROR"
    assert "secret detail" in caplog.text


@pytest.mark.parametrize("sent", ["0", "-5", "1.5", "soon", "600001", "9" * 30, ""])
def test_a_time_limit_that_is_no_number_of_milliseconds_is_a_422(client, sent):
    headers = {"x-request-timeout-ms": sent}
    assert client.post("/forecast", json={"readings": READINGS}, headers=headers).status_code == 422


def test_probes_and_facts(client):
    """livez and readyz answer 200, version lists what is loaded, / leads to the docs."""
    assert client.get("/livez").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}
    assert client.get("/version").json()["models"] == {"gru": ["1", "2"], "sentiment": ["1"], "simple_rnn": ["1"]}
    assert client.get("/").url.path == "/docs"


def test_every_example_of_the_schema_is_valid(client):
    """Requests' examples are answered with 200, responses' examples fit their own models."""
    from service.http import schemas

    described = client.get("/openapi.json").json()["components"]["schemas"]
    checked = 0
    for name, description in described.items():
        for example in description.get("examples", []):
            getattr(schemas, name).model_validate(example)
            checked += 1
    assert checked >= 9


def test_models_lists_versions_and_which_is_default(client):
    listed = [(m["name"], m["version"], m["default"], m["window"]) for m in client.get("/models").json()["models"]]
    assert listed == [
        ("gru", "1", False, 5),
        ("gru", "2", True, 5),
        ("sentiment", "1", True, None),
        ("simple_rnn", "1", True, 3),
    ]


def test_a_model_card_is_answered_whole(client):
    assert client.get("/models/gru").json()["version"] == "2"
    card = client.get("/models/gru/versions/1").json()
    assert (card["version"], card["task"], card["data"]["sha256"]) == ("1", "forecast", "0" * 64)


@pytest.mark.parametrize("path", ["/models/nope", "/models/gru/versions/9", "/models/gru/versions/abc"])
def test_an_unknown_model_is_a_404(client, path):
    assert client.get(path).status_code == 404


def test_readyz_is_503_before_the_models_are_proven(tmp_path):
    """Without its lifespan the app is up, but not ready; both say so."""
    app = create_app(fakes.settings(tmp_path))

    async def probe():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.get("/livez"), await client.get("/readyz")

    alive, ready = asyncio.run(probe())
    assert (alive.status_code, ready.status_code) == (200, 503)
    assert ready.headers["retry-after"] == "1"


async def _started(app, work):
    """Run `work(client)` within the app's lifespan, on one event loop."""
    async with (
        app.api.router.lifespan_context(app.api),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        return await work(client)


def _gated(tmp_path, **changes):
    gate = Gate(fakes.last_plus_ten)
    load = fakes.FakeLoad(tmp_path, [fakes.forecast_bundle(run=gate)])
    return create_app(fakes.settings(tmp_path, **changes), load), gate


def test_a_full_queue_is_a_503_with_retry_after(tmp_path):
    """One is at work and one waits: the third is refused at once, the others are answered."""
    app, gate = _gated(tmp_path, max_queue=1, max_batch=1)

    async def work(client):
        def ask():
            return asyncio.create_task(client.post("/forecast", json={"readings": READINGS}))

        gate.close()
        first = ask()
        await asyncio.to_thread(gate.entered.wait, 20)
        second = ask()
        refused = await ask()
        while refused.status_code != 503:  # the second had not queued yet
            refused = await ask()
        gate.open()
        return refused, await first, await second

    refused, first, second = asyncio.run(_started(app, work))
    assert refused.json()["type"] == "/problems/overloaded"
    assert int(refused.headers["retry-after"]) >= 1
    assert (first.status_code, second.status_code) == (200, 200)


def test_a_passed_deadline_is_a_504_and_never_reaches_the_model(tmp_path):
    app, gate = _gated(tmp_path, max_batch=1)

    async def work(client):
        body = {"readings": READINGS}
        gate.close()
        first = asyncio.create_task(client.post("/forecast", json=body))
        await asyncio.to_thread(gate.entered.wait, 20)
        late = await client.post("/forecast", json=body, headers={"x-request-timeout-ms": "20"})
        gate.open()
        return late, await first

    late, first = asyncio.run(_started(app, work))
    assert (late.status_code, first.status_code) == (504, 200)
    assert late.json()["type"] == "/problems/deadline-exceeded"
    assert len(gate.batches) == 2  # the golden answer at start, and the first request


def test_shutting_down_answers_what_is_in_flight(tmp_path):
    """The lifespan's end waits for accepted requests."""
    app, gate = _gated(tmp_path)

    async def work():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            async with app.api.router.lifespan_context(app.api):
                gate.close()
                asked = asyncio.create_task(client.post("/forecast", json={"readings": READINGS}))
                await asyncio.to_thread(gate.entered.wait, 20)
                asyncio.get_running_loop().call_soon(gate.open)
            refused = await client.get("/readyz")
            return await asked, refused

    asked, refused = asyncio.run(work())
    assert (asked.status_code, refused.status_code) == (200, 503)


def test_what_piled_up_goes_into_one_batch(tmp_path):
    """While the model works, arrivals wait together and are answered by one call."""
    app, gate = _gated(tmp_path)

    async def work(client):
        gate.close()
        first = asyncio.create_task(client.post("/forecast", json={"readings": READINGS}))
        await asyncio.to_thread(gate.entered.wait, 20)
        others = [asyncio.create_task(client.post("/forecast", json={"readings": READINGS})) for _ in range(5)]
        while app.state.repository.registry.get("gru").batcher.depth < 5:
            await asyncio.sleep(0)
        gate.open()
        return await asyncio.gather(first, *others)

    replies = asyncio.run(_started(app, work))
    assert [reply.status_code for reply in replies] == [200] * 6
    assert gate.batches == [1, 1, 5]


def test_metrics_count_requests_by_handler_and_status(client):
    """Names that dashboards know; a path that is none of ours is no label of its own."""
    client.post("/forecast", json={"readings": READINGS})
    client.post("/forecast", json={"readings": []})
    client.get("/models/gru")
    client.get("/models/lstm")
    client.get("/wp-login.php")
    text = client.get("/metrics").text
    assert 'http_requests_total{handler="/forecast",method="POST",status="200"} 1.0' in text
    assert 'http_requests_total{handler="/forecast",method="POST",status="422"} 1.0' in text
    assert 'http_request_duration_seconds_bucket{handler="/forecast",le="+Inf"} 2.0' in text
    assert 'gatecast_model_items_total{model="gru",version="2"} 1.0' in text
    assert 'gatecast_model_loaded{engine="tensorflow",model="gru",version="2"} 1.0' in text
    assert "gatecast_ready 1.0" in text
    assert 'http_requests_total{handler="/models/{name}",method="GET",status="200"} 1.0' in text
    assert 'http_requests_total{handler="other",method="GET",status="404"} 1.0' in text
    assert "wp-login" not in text


def test_one_log_line_per_request(serve, capsys, caplog):
    """With id, status and time; what a caller can put into a path cannot forge another line."""
    caplog.set_level(logging.INFO, "gatecast.requests")
    client = serve()
    client.post("/sentiment", json={"text": "good"}, headers={"x-request-id": "me-1"})
    client.get("/a%0Ab")
    client.get("/livez")
    client.app.flush()
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("gatecast.requests ")[1].split()[:3] for line in lines] == [
        ["POST", "/sentiment", "200"],
        ["GET", "/a\\nb", "404"],
    ]
    assert lines[0].endswith("ms id=me-1")


def test_a_service_that_is_about_to_stop_says_so_and_serves_on(client):
    """Those who route here must notice before requests are refused."""
    client.app.state.lifecycle.enter(Phase.ENDING)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["detail"]) == (503, "the service is about to stop")
    assert client.get("/livez").status_code == 200
    assert client.post("/forecast", json={"readings": READINGS}).status_code == 200
    assert client.get("/models").status_code == 200


def test_a_service_that_is_stopping_refuses_new_requests(client):
    """With 503, Connection: close and Retry-After; probes are answered to the end."""
    client.app.state.lifecycle.enter(Phase.CLOSED)
    for reply in (client.post("/forecast", json={"readings": READINGS}), client.get("/models")):
        assert (reply.status_code, reply.json()["type"]) == (503, "/problems/not-ready")
        assert (reply.headers["connection"], reply.headers["retry-after"]) == ("close", "1")
    assert client.get("/livez").status_code == 200
    assert client.get("/metrics").status_code == 200


def test_requests_in_flight_are_counted_down_whatever_happens(client):
    client.post("/forecast", json={"readings": READINGS})
    client.post("/forecast", content=b"{", headers=JSON)
    client.get("/nowhere")
    assert client.app.state.lifecycle.in_flight == 0


def test_a_reload_needs_the_admin_key(serve):
    """Without a key set the route is shut; with one it must be sent."""
    assert serve().post("/admin/reload").status_code == 403
    client = serve(admin_key="correct horse battery")
    asked = client.post("/admin/reload")
    assert (asked.status_code, asked.headers["www-authenticate"]) == (401, "ApiKey")
    assert client.post("/admin/reload", headers={"x-api-key": "guess"}).status_code == 403
    assert client.post("/admin/reload", headers={"x-api-key": "gu\u00e9ss".encode()}).status_code == 403
    done = client.post("/admin/reload", headers={"x-api-key": "correct horse battery"})
    assert (done.status_code, done.json()["refused"]) == (200, [])


def test_keys_are_not_shown(serve):
    assert "correct horse" not in repr(serve(admin_key="correct horse battery").app.state.settings)
