"""The errors that a client can get, and their form."""

import pytest

from service import errors
from service.errors import Fault, GatecastError, InvalidRequest, ModelFault, NotFound, TooFewReadings


def test_the_problem_of_an_error_has_its_kind_and_its_faults():
    problem = InvalidRequest("bad", pointer="/a", faults=[Fault("/b", "worse")]).problem("/forecast", "me-1")
    assert problem == {
        "type": "/problems/invalid-request",
        "title": "Invalid request",
        "status": 422,
        "detail": "bad",
        "instance": "/forecast",
        "request_id": "me-1",
        "errors": [{"pointer": "/a", "detail": "bad"}, {"pointer": "/b", "detail": "worse"}],
    }


def test_of_many_faults_the_first_are_listed():
    faults = [Fault(f"/readings/{i}", "bad") for i in range(1000)]
    problem = InvalidRequest("bad", faults=faults).problem("/forecast", "me-1")
    assert [fault["pointer"] for fault in problem["errors"]] == [f"/readings/{i}" for i in range(50)]


def fail(error):
    """A check that raises this error."""

    def check():
        raise error

    return check


def test_the_faults_of_other_checks_are_added_once():
    first = InvalidRequest("bad", pointer="/a")
    joined = first.joined_by(
        lambda: None,
        fail(TooFewReadings("few", pointer="/readings")),
        fail(InvalidRequest("bad", pointer="/a")),
        fail(NotFound("without a fault")),
    )
    assert joined is first
    assert [fault.pointer for fault in joined.faults] == ["/a", "/readings"]


def test_a_defect_in_another_check_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        InvalidRequest("bad").joined_by(lambda: 1 / 0)


def test_every_kind_of_error_has_a_slug_and_a_status_of_its_own():
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, GatecastError) and kind not in (GatecastError, ModelFault)
    ]
    assert len({kind.slug for kind in kinds}) == len(kinds)
    assert all(400 <= kind.status < 600 for kind in kinds)
