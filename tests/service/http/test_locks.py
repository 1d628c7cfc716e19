"""Keys and limits on real routes: who is let in, who is told what, and what is counted."""

import json
from hashlib import sha256

import pytest

from service.http.access_log import RequestRecord
from tests import fakes
from tests.fakes import READINGS

FORECAST = {"readings": READINGS}
ANOMALIES = {"readings": READINGS * 3}
REVIEW = {"text": "a good film"}
SCOPES = {
    "shop": ["forecast"],
    "reviews": ["sentiment", "models"],
    "monitor": ["metrics"],
    "ops": ["admin"],
}
REQUESTS = [
    ("POST", "/forecast", FORECAST, "forecast"),
    ("POST", "/forecast/batch", {"series": [{"id": "a"} | FORECAST]}, "forecast"),
    ("POST", "/anomalies", ANOMALIES, "forecast"),
    ("POST", "/anomalies/batch", {"series": [{"id": "a"} | ANOMALIES]}, "forecast"),
    ("POST", "/sentiment", REVIEW, "sentiment"),
    ("POST", "/sentiment/batch", {"texts": ["good"]}, "sentiment"),
    ("GET", "/models", None, "models"),
    ("HEAD", "/models/gru", None, "models"),
    ("GET", "/metrics", None, "metrics"),
    ("POST", "/admin/reload", None, "admin"),
]


def write_keys(path, **scopes):
    keys = [
        {"name": name, "sha256": sha256(f"{name}-secret".encode()).hexdigest(), "scopes": granted}
        for name, granted in scopes.items()
    ]
    path.write_text(json.dumps({"keys": keys}))


@pytest.fixture
def keys_file(tmp_path):
    path = tmp_path / "keys.json"
    write_keys(path, **SCOPES)
    return path


@pytest.fixture
def locked(serve, keys_file):
    return serve([*fakes.default_bundles(), fakes.universal_bundle()], api_keys_file=keys_file)


def bearer(name):
    return {"authorization": f"Bearer {name}-secret"}


@pytest.mark.parametrize(("method", "path", "body", "scope"), REQUESTS)
@pytest.mark.parametrize("name", SCOPES)
def test_a_key_opens_what_its_scopes_name(locked, method, path, body, scope, name):
    allowed = scope in SCOPES[name]
    for headers in (bearer(name), {"x-api-key": f"{name}-secret"}):
        reply = locked.request(method, path, json=body, headers=headers)
        assert reply.status_code == (200 if allowed else 403)
        if not allowed and method != "HEAD":
            assert reply.json()["type"] == "/problems/forbidden"
            assert scope in reply.json()["detail"]


@pytest.mark.parametrize(("method", "path", "body", "scope"), REQUESTS)
def test_without_a_right_key_there_is_a_challenge(locked, method, path, body, scope):
    for headers in ({}, {"x-api-key": "wrong"}, {"authorization": "Basic c2hvcA=="}):
        reply = locked.request(method, path, json=body, headers=headers)
        assert reply.status_code == 401
        assert reply.headers["www-authenticate"].startswith("Bearer")
        assert reply.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/version", "/docs", "/openapi.json"])
def test_probes_and_pages_need_no_key(locked, path):
    assert locked.get(path).status_code == 200


def test_an_unknown_path_tells_nothing_without_a_key(locked):
    assert locked.get("/secret").status_code == 401
    assert locked.get("/secret", headers=bearer("shop")).status_code == 404


def test_a_body_is_not_read_before_the_key_is_checked(locked):
    reply = locked.post("/forecast", content=b"{", headers={"content-type": "application/json"})
    assert reply.status_code == 401


def test_without_keys_the_service_is_open_but_for_administration(client):
    assert client.post("/forecast", json=FORECAST).status_code == 200
    assert client.get("/metrics").status_code == 200
    assert client.post("/admin/reload").status_code == 403


def test_a_reload_reads_the_keys_again(locked, keys_file):
    write_keys(keys_file, **(SCOPES | {"new": ["forecast"]}))
    assert locked.post("/forecast", json=FORECAST, headers=bearer("new")).status_code == 401
    assert locked.post("/admin/reload", headers=bearer("ops")).json()["refused"] == []
    assert locked.post("/forecast", json=FORECAST, headers=bearer("new")).status_code == 200
    keys_file.write_text("nonsense")
    refused = locked.post("/admin/reload", headers=bearer("ops")).json()["refused"]
    assert [(each["name"], "keys.json" in each["reason"]) for each in refused] == [(None, True)]
    assert locked.post("/forecast", json=FORECAST, headers=bearer("new")).status_code == 200


@pytest.mark.usefixtures("few_tries")
def test_wrong_keys_are_counted_and_throttled(locked):
    statuses = [
        locked.post("/forecast", json=FORECAST, headers={"x-api-key": f"guess{i}"}).status_code for i in range(40)
    ]
    assert statuses == [401] * 10 + [429] * 30
    text = locked.get("/metrics", headers=bearer("monitor"))
    assert text.status_code == 429  # a key that was not used from here before has to wait, too


@pytest.mark.usefixtures("few_tries")
def test_a_key_that_was_used_before_is_not_locked_out(locked):
    assert locked.get("/metrics", headers=bearer("monitor")).status_code == 200
    for i in range(40):
        locked.post("/forecast", json=FORECAST, headers={"x-api-key": f"guess{i}"})
    text = locked.get("/metrics", headers=bearer("monitor")).text
    assert float(text.split("\ngatecast_wrong_keys_total ")[1].split("\n")[0]) == 10
    assert float(text.split("\ngatecast_throttled_keys_total ")[1].split("\n")[0]) == 30


def fail(*_, **__):
    raise OSError("secret detail")


def test_a_caller_is_answered_though_its_limits_cannot_be_read(serve, monkeypatch, caplog):
    """A lock of the system may fail; what is left of the limits is then not told."""
    client = serve(rate_requests=100)
    monkeypatch.setattr(client.app.state.access, "limit_headers", fail)
    reply = client.post("/forecast", json=FORECAST)
    assert (reply.status_code, "ratelimit" in reply.headers) == (200, False)
    assert "secret detail" in caplog.text


def test_a_refused_caller_is_answered_though_nothing_can_be_given_back(serve, monkeypatch):
    client = serve(rate_requests=100)
    monkeypatch.setattr(client.app.state.access, "give_back", fail)
    monkeypatch.setattr(client.app.state.repository.registry.get("gru").batcher, "_closing", True)
    reply = client.post("/forecast", json=FORECAST | {"model": "gru"})
    assert (reply.status_code, reply.json()["type"]) == (503, "/problems/overloaded")


def test_requests_over_the_rate_are_a_429_with_the_time_to_wait(serve):
    client = serve(rate_requests=0.001, rate_burst_s=3000)
    replies = [client.post("/forecast", json=FORECAST) for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert [reply.headers["ratelimit"].split(";")[1] for reply in replies[:3]] == ["r=2", "r=1", "r=0"]
    assert replies[0].headers["ratelimit-policy"].startswith('"requests";q=3')
    assert replies[3].json()["type"] == "/problems/too-many-requests"
    assert 800 < int(replies[3].headers["retry-after"]) <= 1000
    assert len(replies[3].headers.get_list("ratelimit")) == 1
    assert client.get("/livez").status_code == 200


def test_every_item_of_a_batch_counts(serve):
    client = serve(rate_items=0.01, rate_burst_s=1_000)
    series = [{"id": str(i)} | FORECAST for i in range(6)]
    assert client.post("/forecast/batch", json={"series": series}).status_code == 200
    refused = client.post("/forecast/batch", json={"series": series})
    assert refused.status_code == 429
    assert client.post("/forecast/batch", json={"series": series[:4]}).status_code == 200
    too_many = client.post("/sentiment/batch", json={"texts": ["good"] * 11})
    assert too_many.status_code == 429
    full = serve(rate_items=0.01, rate_burst_s=1_000)
    assert full.post("/sentiment/batch", json={"texts": ["good"] * 11}).status_code == 422


def test_one_key_does_not_use_up_what_another_may(serve, keys_file):
    client = serve(api_keys_file=keys_file, rate_requests=0.001, rate_burst_s=1000)
    assert client.post("/forecast", json=FORECAST, headers=bearer("shop")).status_code == 200
    assert client.post("/forecast", json=FORECAST, headers=bearer("shop")).status_code == 429
    assert client.post("/sentiment", json=REVIEW, headers=bearer("reviews")).status_code == 200


def test_the_log_names_the_key_and_never_the_secret(locked):
    records: list[RequestRecord] = []
    locked.app.state.access_log.write = records.extend
    locked.post("/forecast", json=FORECAST, headers=bearer("shop"))
    locked.post("/forecast", json=FORECAST, headers={"x-api-key": "hunter2"})
    locked.app.flush()
    assert [(record.key, record.model, record.items, record.status) for record in records] == [
        ("shop", "any", 1, 200),
        (None, None, None, 401),
    ]
    assert records[0].body_bytes > 0
    assert records[0].reply_bytes > 0
    assert "secret" not in str(records)
    assert "hunter2" not in str(records)
