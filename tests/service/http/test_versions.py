"""Versions over HTTP: the share of a canary, rollback by a policy, and the watch."""

import json
import math
import re

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.policies import Policy
from service.serving.policy_files import write_policy_file
from tests import fakes
from tests.connections import listening, until
from tests.service.serving.version_files import load_whole, write_version

KEY = "correct horse battery"
BODY = json.dumps({"readings": fakes.READINGS, "model": "gru"}).encode()
AT_ONCE = 100
NO_HEADERS: dict[str, str] = {}


@pytest.fixture
def models(tmp_path):
    for version in "12":
        write_version(tmp_path / "models", version)
    return tmp_path / "models"


@pytest.fixture
def start(models):
    """Start the app on the models; its requests need no server."""
    clients = []

    def start(**settings):
        app = create_app(fakes.settings(models, admin_key=KEY, **settings), load_whole)
        client = TestClient(app, raise_server_exceptions=False)
        clients.append(client)
        return client.__enter__()

    yield start
    for client in clients:
        client.__exit__(None, None, None)


def answering(client, headers=NO_HEADERS):
    reply = client.post("/forecast", content=BODY, headers={"content-type": "application/json", **headers})
    return reply.json()["version"]


def ask_all(connection, ids):
    """The version that answered each id, over one connection, many requests at a time."""
    versions = []
    with connection.makefile("rb") as replies:
        for first in range(0, len(ids), AT_ONCE):
            requests = [
                f"POST /forecast HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nX-Request-ID: {each}\r\n"
                f"Content-Length: {len(BODY)}\r\n\r\n".encode()
                + BODY
                for each in ids[first : first + AT_ONCE]
            ]
            connection.sendall(b"".join(requests))
            for _ in requests:
                versions.append(read_version(replies))
    return versions


def read_version(replies):
    size = 0
    while (line := replies.readline()) != b"\r\n":
        if match := re.match(rb"content-length: (\d+)", line.lower()):
            size = int(match[1])
    return json.loads(replies.read(size))["version"]


def test_ten_thousand_ids_get_the_share_of_the_canary_and_each_the_same_again(models):
    """Within five standard deviations of 5 %, over real connections."""
    write_policy_file(models / "gru", Policy("1", "2", 5.0))
    ids = [f"order-{number}" for number in range(10_000)]
    app = create_app(fakes.settings(models, access_log=False), load_whole)
    with listening(app) as running:
        with running.connect() as connection:
            versions = ask_all(connection, ids)
        with running.connect() as connection:
            again = ask_all(connection, ids[:1000])
    canary = versions.count("2")
    assert abs(canary - 500) <= 5 * math.sqrt(10_000 * 0.05 * 0.95)
    assert again == versions[:1000]


def test_requests_without_an_id_are_shared_out_too(start):
    client = start(versions="gru=1+2:50%")
    assert {answering(client) for _ in range(40)} == {"1", "2"}


def test_all_items_of_a_request_are_answered_by_one_version(start):
    client = start(versions="gru=1+2:50%")
    series = [{"id": f"{number}", "readings": fakes.READINGS} for number in range(20)]
    seen = set()
    for number in range(30):
        headers = {"x-request-id": f"batch-{number}"}
        reply = client.post("/forecast/batch", json={"model": "gru", "series": series}, headers=headers).json()
        (version,) = {result["version"] for result in reply["results"]}
        assert version == answering(client, headers)
        seen.add(version)
    assert seen == {"1", "2"}


def test_a_version_that_is_named_answers_whatever_the_id_chooses(start):
    client = start(versions="gru=1+2:100%")
    reply = client.post("/forecast", json={"readings": fakes.READINGS, "model": "gru", "version": "1"})
    assert reply.json()["version"] == "1"
    assert answering(client) == "2"


def test_other_protocols_have_the_canary_too(start):
    """The Open Inference Protocol names the model; the id chooses its version."""
    client = start(versions="gru=1+2:50%")
    inputs = [{"name": "readings", "shape": [1, 5], "datatype": "FP32", "data": fakes.READINGS}]
    seen = {}
    for number in range(30):
        headers = {"x-request-id": f"v2-{number}"}
        reply = client.post("/v2/models/gru/infer", json={"inputs": inputs}, headers=headers)
        assert reply.status_code == 200, reply.text
        seen[headers["x-request-id"]] = reply.json()["model_version"]
        assert seen[headers["x-request-id"]] == answering(client, headers)
    assert set(seen.values()) == {"1", "2"}


def test_models_have_their_shares(start):
    listed = start(versions="gru=1+2:5%").get("/models").json()["models"]
    assert [(m["version"], m["default"], m["share"]) for m in listed] == [("1", True, 0.95), ("2", False, 0.05)]


def test_a_policy_rolls_back_at_a_reload_and_deletes_nothing(start, models):
    client = start()
    assert answering(client) == "2"
    write_policy_file(models / "gru", Policy("1"))
    report = client.post("/admin/reload", headers={"x-api-key": KEY}).json()
    assert (report["loaded"], report["retired"], report["refused"]) == ([], [], [])
    assert answering(client) == "1"
    listed = client.get("/models").json()["models"]
    assert [(m["version"], m["default"], m["share"]) for m in listed] == [("1", True, 1.0), ("2", False, 0.0)]
    assert client.get("/models/gru").json()["version"] == "1"


def test_a_policy_that_is_refused_is_told_in_words(start, models):
    client = start()
    write_policy_file(models / "gru", Policy("7"))
    (refused,) = client.post("/admin/reload", headers={"x-api-key": KEY}).json()["refused"]
    assert (refused["name"], refused["version"]) == ("gru", "7")
    assert "policy.json wants version 7 to answer, which is not loaded; loaded are '1', '2'" in refused["reason"]
    assert answering(client) == "2"


def test_the_watch_picks_up_a_version_and_a_rollback(start, models, monkeypatch):
    """Without a reload by anybody."""
    monkeypatch.setattr("service.serving.watching.SETTLED_SECONDS", 0.0)
    client = start(watch_s=0.5)
    write_version(models, "3")
    until(lambda: answering(client) == "3")
    write_policy_file(models / "gru", Policy("2"))
    until(lambda: answering(client) == "2")


def test_without_the_watch_nobody_looks(start, models, monkeypatch):
    def look(*_):
        raise AssertionError("nobody asked for it")

    monkeypatch.setattr("service.serving.watching.list_versions", look)
    assert answering(start()) == "2"
