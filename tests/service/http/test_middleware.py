"""What every request passes: ids and times, problems, defects, overload, deadlines, a service that ends."""

import asyncio
import re

import pytest

from service.http.lifecycle import Phase
from tests import fakes
from tests.connections import JSON, gated_app, run_app
from tests.fakes import READINGS
from tests.patience import PATIENCE_S


def test_every_response_has_a_request_id_and_timings(client):
    reply = client.post("/forecast", json={"readings": READINGS})
    assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["x-request-id"])
    assert re.fullmatch(r"queue;dur=[\d.]+, model;dur=[\d.]+, total;dur=[\d.]+", reply.headers["server-timing"])


def test_a_problem_has_all_its_members_and_its_media_type(client):
    reply = client.post("/forecast", json={"readings": [1]}, headers={"x-request-id": "abc"})
    problem = reply.json()
    assert reply.headers["content-type"] == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "detail", "instance", "request_id", "errors"}
    assert (problem["instance"], problem["request_id"]) == ("/forecast", "abc")


def test_a_problem_never_repeats_the_input(client):
    reply = client.post("/sentiment", json={"text": {"secret": "hunter2"}, "explain": "hunter2"})
    assert reply.status_code == 422
    assert "hunter2" not in reply.text


def test_a_defect_is_a_500_without_details_but_with_headers(serve, caplog):
    """The client gets a request id; the log has the traceback under it."""

    is_broken = False

    def network(*arrays):
        if is_broken:
            raise RuntimeError("secret detail")
        return fakes.last_plus_ten(*arrays)

    client = serve([fakes.forecast_bundle(run=network)])
    is_broken = True
    reply = client.post("/forecast", json={"readings": READINGS})
    assert reply.status_code == 500
    assert "secret" not in reply.text
    assert reply.headers["x-request-id"] == reply.json()["request_id"]
    record = next(r for r in caplog.records if reply.json()["request_id"] in r.getMessage() and r.exc_info)
    assert record.levelname == "ERROR"
    assert "secret detail" in caplog.text


@pytest.mark.parametrize("path", ["/forecast", "/admin/reload"])
def test_a_defect_before_the_body_is_read_is_answered_like_any_other(serve, monkeypatch, caplog, path):
    """A lock of the system may fail where callers are counted."""
    client = serve()

    def fail(*_, **__):
        raise OSError("secret detail")

    monkeypatch.setattr(client.app.state.access, "admit", fail)
    reply = client.post(path, json={"readings": READINGS}, headers={"x-request-id": "abc"})
    assert (reply.status_code, reply.headers["content-type"]) == (500, "application/problem+json")
    assert (reply.json()["request_id"], "secret" in reply.text, "secret" in caplog.text) == ("abc", False, True)


def test_a_full_queue_is_a_503_with_retry_after(tmp_path):
    """One request is in a model call and one waits. A third is refused at once; the others are answered."""
    app, gate = gated_app(tmp_path, max_queue=1, max_batch=1)

    async def work(client):
        def post():
            return asyncio.create_task(client.post("/forecast", json={"readings": READINGS}))

        gate.close()
        first = post()
        await asyncio.to_thread(gate.entered.wait, PATIENCE_S)
        second = post()
        refused = await post()
        while refused.status_code != 503:  # the second was not in the queue yet
            refused = await post()
        gate.open()
        return refused, await first, await second

    refused, first, second = run_app(app, work)
    assert refused.json()["type"] == "/problems/overloaded"
    assert int(refused.headers["retry-after"]) >= 1
    assert (first.status_code, second.status_code) == (200, 200)


def test_a_passed_deadline_is_a_504_and_never_reaches_the_model(tmp_path):
    """A request whose time is over before its turn costs no model call."""
    app, gate = gated_app(tmp_path, max_batch=1)

    async def work(client):
        body = {"readings": READINGS}
        gate.close()
        first = asyncio.create_task(client.post("/forecast", json=body))
        await asyncio.to_thread(gate.entered.wait, PATIENCE_S)
        late = await client.post("/forecast", json=body, headers={"x-request-timeout-ms": "20"})
        gate.open()
        return late, await first

    late, first = run_app(app, work)
    assert (late.status_code, first.status_code) == (504, 200)
    assert late.json()["type"] == "/problems/deadline-exceeded"
    assert len(gate.batches) == 2  # the golden answer at start, and the first request


def test_requests_that_wait_together_share_a_model_call(tmp_path):
    """What arrives during a model call is answered by the next one."""
    app, gate = gated_app(tmp_path)

    async def work(client):
        gate.close()
        first = asyncio.create_task(client.post("/forecast", json={"readings": READINGS}))
        await asyncio.to_thread(gate.entered.wait, PATIENCE_S)
        others = [asyncio.create_task(client.post("/forecast", json={"readings": READINGS})) for _ in range(5)]
        while app.state.repository.registry.get("gru").batcher.depth < 5:
            await asyncio.sleep(0)
        gate.open()
        return await asyncio.gather(first, *others)

    replies = run_app(app, work)
    assert [reply.status_code for reply in replies] == [200] * 6
    assert gate.batches == [1, 1, 5]


@pytest.mark.parametrize("phase", [Phase.ENDING, Phase.CLOSED])
def test_an_ending_service_is_not_ready_and_still_answers(client, phase):
    """Load balancers must notice before connections are refused. Each response asks its client to connect elsewhere."""
    assert "connection" not in client.get("/readyz").headers
    client.app.state.lifecycle.enter(phase)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["type"]) == (503, "/problems/not-ready")
    replies = client.get("/livez"), client.post("/forecast", json={"readings": READINGS}), client.get("/models")
    assert {reply.status_code for reply in replies} == {200}
    assert {reply.headers["connection"] for reply in (ready, *replies)} == {"close"}


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.ENDED])
def test_a_service_without_models_refuses_requests(client, phase):
    """The refusal is a 503 with Connection: close and Retry-After. Probes are answered to the end."""
    client.app.state.lifecycle.enter(phase)
    for reply in (client.post("/forecast", json={"readings": READINGS}), client.get("/models")):
        assert (reply.status_code, reply.json()["type"]) == (503, "/problems/not-ready")
        assert (reply.headers["connection"], reply.headers["retry-after"]) == ("close", "1")
    assert client.get("/livez").status_code == 200
    assert client.get("/metrics").status_code == 200


def test_no_request_stays_in_flight_after_its_response(client):
    """Answered, refused or unknown."""
    client.post("/forecast", json={"readings": READINGS})
    client.post("/forecast", content=b"{", headers=JSON)
    client.get("/nowhere")
    assert client.app.state.lifecycle.in_flight == 0


def test_no_path_is_redirected(client):
    """A redirect would lead to the host that the client sent."""
    reply = client.post(
        "/forecast/", json={"readings": READINGS}, headers={"host": "evil.example"}, follow_redirects=False
    )
    assert reply.status_code == 404
    assert "location" not in reply.headers
    for path in ("/livez/", "/models/", "/models/gru/", "/docs/"):
        assert client.get(path, follow_redirects=False).status_code == 404


@pytest.mark.parametrize(
    "path", ["/livez", "/readyz", "/metrics", "/models", "/models/gru", "/version", "/openapi.json"]
)
def test_head_is_answered_like_get(client, path):
    head, get = client.head(path), client.get(path)
    assert head.status_code == get.status_code == 200
    assert head.headers["content-type"] == get.headers["content-type"]


def test_head_of_a_route_that_predicts_is_a_405(client):
    reply = client.head("/forecast")
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")


def test_only_allowed_hosts_are_served(serve):
    """Probes ask by address, so they are always answered."""
    client = serve(allowed_hosts=["api.example.com", "*.example.org", "[::1]"])
    for host in ("api.example.com", "API.example.com:8000", "a.b.example.org", "[::1]:8000"):
        assert client.get("/version", headers={"host": host}).status_code == 200
    for host in ("example.com", "example.org", "evil.example", "api.example.com.evil.example", "", "[::2]", "[::1"):
        reply = client.get("/version", headers={"host": host})
        assert (reply.status_code, reply.json()["type"]) == (400, "/problems/unknown-host")
        assert client.get("/livez", headers={"host": host}).status_code == 200


def test_a_port_of_operations_is_asked_by_address(serve):
    """Prometheus and operators ask one process of many, which has no name."""
    client = serve(allowed_hosts=["api.example.com"])
    client.app.state.operations_port = 9000
    assert client.get("http://10.0.0.7:9000/metrics").status_code == 200
    assert client.post("http://10.0.0.7:9000/admin/reload").status_code == 403
    assert client.get("http://10.0.0.7:8000/models").status_code == 400


def test_other_origins_are_told_that_they_may_call(serve):
    """A browser asks first, and then sees the headers that the service adds."""
    client = serve(cors_origins=["https://app.example"])
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
    preflight = client.options(
        "/forecast", headers=asked | {"access-control-request-headers": "content-type, x-api-key"}
    )
    assert preflight.status_code == 200
    tensors = {"access-control-request-headers": "inference-header-content-length"}
    assert client.options("/v2/models/gru/infer", headers=asked | tensors).status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "https://app.example"
    assert "x-request-id" in preflight.headers
    reply = client.post("/forecast", json={"readings": READINGS}, headers={"origin": "https://app.example"})
    assert reply.headers["access-control-allow-origin"] == "https://app.example"
    assert "x-request-id" in reply.headers["access-control-expose-headers"]
    assert "inference-header-content-length" in reply.headers["access-control-expose-headers"]
    assert len(reply.headers.get_list("x-request-id")) == 1
    assert (
        "access-control-allow-origin" not in client.get("/models", headers={"origin": "https://evil.example"}).headers
    )
    assert 'http_requests_total{handler="/forecast",method="POST",status="200"} 1.0' in client.get("/metrics").text


def test_only_what_predicts_uses_up_items(serve):
    """Whatever else is asked under a path whose other routes predict costs a request, and no item."""
    client = serve(rate_items=0.001, rate_burst_s=1)
    for path in ("/nixtla/usage", "/nixtla/v2/models", "/v2/models", "/forecast"):
        assert client.get(path).status_code in (200, 405)
    assert client.post("/forecast/nothing", json={}).status_code == 404
    assert client.post("/forecast", json={"readings": READINGS}).status_code == 200
    assert client.post("/forecast", json={"readings": READINGS}).status_code == 429


def test_refusals_are_prepared_for_templates_of_which_there_are_few(serve):
    """A client can make up any number of paths with parameters."""
    app = serve(root_path="/api").app
    assert {app.refused_as(f"/api/v2/models/{index}/infer") for index in range(9)} == {"/v2/models/{name}/infer"}
    assert app.refused_as("/api/forecast") == "/api/forecast"


def test_without_cors_no_origin_is_allowed(client):
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
    assert client.options("/forecast", headers=asked).status_code == 405
    reply = client.post("/forecast", json={"readings": READINGS}, headers={"origin": "https://app.example"})
    assert "access-control-allow-origin" not in reply.headers


def test_a_root_path_is_understood_with_and_without_a_proxy_that_strips_it(serve):
    client = serve(root_path="/ai/gatecast")
    for path in ("/forecast", "/ai/gatecast/forecast"):
        assert client.post(path, json={"readings": READINGS}).status_code == 200
    for path in ("/livez", "/models/gru"):
        assert client.get(path).status_code == client.get("/ai/gatecast" + path).status_code == 200
    assert client.get("/openapi.json").json()["servers"] == [{"url": "/ai/gatecast"}]


def test_a_problem_repeats_only_the_beginning_of_a_long_path(client):
    assert len(client.get("/" + "a" * 20_000).json()["instance"]) < 1_000


@pytest.mark.parametrize("sent", ["abc", "0", "-1", "1.5", "600001", "99999999999999999999", ""])
def test_a_faulty_time_limit_has_a_pointer_to_its_header(client, sent):
    reply = client.post("/forecast", json={"readings": READINGS}, headers={"x-request-timeout-ms": sent})
    assert reply.status_code == 422
    assert [fault["pointer"] for fault in reply.json()["errors"]] == ["/headers/x-request-timeout-ms"]


def test_a_time_limit_is_no_longer_than_the_operator_allows(serve):
    client = serve(timeout_ms=30_000, max_timeout_ms=40_000)
    for sent, status in (("40000", 200), ("40001", 422)):
        reply = client.post("/forecast", json={"readings": READINGS}, headers={"x-request-timeout-ms": sent})
        assert reply.status_code == status


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", '"utf-32"'])
def test_another_charset_is_a_415(client, charset):
    reply = client.post("/forecast", content=b"{}", headers={"content-type": f"application/json; charset={charset}"})
    assert reply.status_code == 415
    assert reply.json()["errors"][0]["pointer"] == "/headers/content-type"


def test_a_path_with_a_line_end_is_another_path(client):
    """Python's regular expressions, by which FastAPI finds a route, pass over one at the end."""
    assert client.post("/forecast%0A", json={"readings": READINGS}).status_code == 404
