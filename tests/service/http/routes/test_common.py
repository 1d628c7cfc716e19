"""What the routes share: the problems of batch items, and the documentation of the routes that predict."""

import asyncio

import pytest

from service.errors import Fault, InvalidRequest
from service.http.request import RequestContext
from service.http.routes.common import item_problem


@pytest.fixture
def context():
    scope = {"path": "/sentiment/batch", "headers": [(b"x-request-id", b"me-1")]}
    return RequestContext(scope, asyncio.Queue().get)


def test_the_faults_of_an_item_point_into_the_batch(context):
    error = InvalidRequest("bad", faults=[Fault("/levels/0", "too high"), Fault("", "odd")])
    problem = item_problem(error, context, "/series/3")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/series/3/levels/0", "/series/3"]
    assert (problem["instance"], problem["request_id"], problem["status"]) == ("/sentiment/batch", "me-1", 422)


def test_faults_of_an_items_field_are_those_of_the_item(context):
    """A text of a batch is an item itself, not an object with the field `text`."""
    problem = item_problem(InvalidRequest("empty", pointer="/text"), context, "/texts/2", field="/text")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/texts/2"]


def test_a_defect_of_an_item_is_logged_and_not_shown(context, caplog):
    problem = item_problem(RuntimeError("secret detail"), context, "/texts/0")
    assert problem["status"] == 500
    assert "secret detail" not in str(problem)
    assert "secret detail" in caplog.text
    assert "id=me-1" in caplog.text
