"""The prepared refusal of an overloaded service."""

import json

import pytest

from service.http.adapters.huggingface import as_tei_error
from service.http.adapters.inference_v2.errors import as_error
from service.http.error_forms import ErrorForms
from service.http.load_shedding import REFRESH_SECONDS, LoadShedding
from service.serving.registry import Registry
from service.serving.repository import ModelRepository
from tests import fakes


class BusyRegistry(Registry):
    """A registry without models whose queues take so many seconds."""

    def __init__(self, seconds):
        super().__init__([])
        self.seconds = seconds

    @property
    def wait_seconds(self):
        return self.seconds


@pytest.fixture
def repository(tmp_path):
    return ModelRepository(fakes.settings(tmp_path), fakes.FakeLoad(tmp_path, []))


def test_a_refusal_is_a_problem_around_the_request_id(repository):
    """The client's request id is put between two prepared parts."""
    head, before, after = LoadShedding(repository).refusal("/forecast", 0.0)[:3]
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"content-type: application/problem+json\r\n" in head
    problem = json.loads(before + b"me-1" + after)
    assert (problem["type"], problem["status"]) == ("/problems/overloaded", 503)
    assert (problem["instance"], problem["request_id"]) == ("/forecast", "me-1")


@pytest.mark.parametrize(("waits", "seconds"), [(0.0, 1), (0.4, 1), (2.01, 3)])
def test_retry_after_is_the_wait_of_the_queues(repository, waits, seconds):
    """Whole seconds, rounded up, at least one."""
    repository.registry = BusyRegistry(waits)
    head, before, _ = LoadShedding(repository).refusal("/forecast", 0.0)[:3]
    assert b"retry-after: %d\r\n" % seconds in head
    assert b"try again in %d s" % seconds in before


def test_a_refusal_is_reused_for_a_moment_and_then_made_anew(repository):
    """The queues are measured a few times a second, not for every refusal."""
    shedding = LoadShedding(repository)
    first = shedding.refusal("/forecast", 10.0)
    repository.registry = BusyRegistry(5.0)
    assert shedding.refusal("/forecast", 10.0 + 0.9 * REFRESH_SECONDS) is first
    later = shedding.refusal("/forecast", 10.0 + REFRESH_SECONDS)
    assert b"retry-after: 5\r\n" in later[0]


def test_each_path_has_a_refusal_of_its_own(repository):
    shedding = LoadShedding(repository)
    paths = ("/forecast", "/sentiment")
    bodies = [shedding.refusal(path, 0.0).body("id") for path in paths]
    assert [json.loads(body)["instance"] for body in bodies] == list(paths)


def test_a_refusal_has_the_form_and_the_status_of_its_path(repository):
    """TEI's clients read 429 and `error`, those of the Open Inference Protocol 503; neither form has a request id."""
    shedding = LoadShedding(repository, ErrorForms({"v2": as_error, "predict": as_tei_error}))
    for path, status in (("/v2/models/gru/infer", 503), ("/predict", 429)):
        refusal = shedding.refusal(path, 0.0)
        assert refusal.status == status
        assert refusal.head.startswith(b"HTTP/1.1 %d " % status)
        assert b"\r\ncontent-type: application/json\r\n" in refusal.head
        assert "in flight" in json.loads(refusal.body("id"))["error"]
