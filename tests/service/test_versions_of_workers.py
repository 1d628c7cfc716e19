"""Two worker processes of one host: the same version for the same id, one rate for all, and the watch for both."""

import sys
import time

import httpx
import pytest

from benchmarks.versions import NextVersion
from service.policies import Policy
from service.serving.policy_files import write_policy_file
from tests.connections import until
from tests.patience import PATIENCE_S
from tests.processes import KEY, serving

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="several workers need Linux")
BODY = {"readings": [112.0, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118] * 4, "model": "ensemble"}
RATE = {"rate_requests": 0.001, "rate_burst_s": 3600}  # three requests, and then none for long


def answering(url, request_id):
    """Which version answers, over a connection of its own: either worker may get it."""
    reply = httpx.post(f"{url}/forecast", json=BODY, headers={"x-request-id": request_id}, timeout=PATIENCE_S)
    assert reply.status_code == 200, reply.text
    return reply.json()["version"]


def has_canary(url):
    models = httpx.get(f"{url}/models", timeout=PATIENCE_S).json()["models"]
    return [model["share"] for model in models] == [0.5, 0.5]


def test_workers_serve_the_same_version_for_an_id_and_take_new_ones_together(models):
    """A canary arrives by the watch. Each id is asked ten times, over connections that either worker may get."""
    following = NextVersion(models / "ensemble")
    stable = following.newest.name
    write_policy_file(models / "ensemble", Policy(stable))
    with serving(models, workers=2, watch_s=0.5, engine="onnx") as service:
        url = str(service.client.base_url)
        following.toggle()
        write_policy_file(models / "ensemble", Policy(stable, following.number, 50.0))
        until(lambda: all(has_canary(url) for _ in range(20)))
        answers = {f"{number}": {answering(url, f"{number}") for _ in range(10)} for number in range(8)}
    assert all(len(versions) == 1 for versions in answers.values()), answers
    assert {version for versions in answers.values() for version in versions} == {stable, following.number}


def test_a_rate_holds_for_both_workers_together(models):
    """Also the tries of wrong keys; with many new connections both workers are asked."""
    with serving(models, workers=2, engine="onnx", **RATE) as service:
        url = str(service.client.base_url)
        statuses = [httpx.get(f"{url}/models", timeout=PATIENCE_S).status_code for _ in range(24)]
        assert sorted(statuses) == [200] * 3 + [429] * 21
    with serving(models, workers=2, engine="onnx") as service:
        url = str(service.client.base_url)

        def reload(key):
            return httpx.post(f"{url}/admin/reload", headers={"x-api-key": key}, timeout=PATIENCE_S).status_code

        assert reload(KEY) == 200
        began = time.monotonic()
        statuses = [reload("a wrong guess") for _ in range(30)]
        assert statuses[:10] == [401] * 10
        assert statuses.count(401) <= 11 + time.monotonic() - began  # one more is looked at each second
        assert reload(KEY) == 200  # it was accepted before, by one of them
