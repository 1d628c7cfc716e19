"""What all requests have in common: how much work bad values can make."""

from typing import Annotated

import pytest
from pydantic import BeforeValidator, Field

from service.errors import MAX_FAULTS, InvalidRequest
from service.http.body import validate
from service.http.schema_parts import Request

COUNT = 50_000


class Counted:
    """Counts how often a value is looked at."""

    def __init__(self):
        self.calls = 0

    def __call__(self, value):
        self.calls += 1
        return value


LOOKS = Counted()
Item = Annotated[int, BeforeValidator(LOOKS)]


class Within(Request):
    long: Annotated[list[Item], Field(max_length=COUNT)] | None = None
    unbounded: list[Item] | None = None
    name: str = ""


class Whole(Request):
    inner: Within


@pytest.mark.parametrize("field", ["long", "unbounded"])
def test_of_many_bad_items_only_the_first_are_looked_at(field):
    """Each error would take ten microseconds on the event loop."""
    LOOKS.calls = 0
    with pytest.raises(InvalidRequest) as caught:
        validate(Whole, {"inner": {field: ["x"] * COUNT}})
    assert LOOKS.calls < 10
    assert caught.value.faults[0].pointer == f"/inner/{field}/0"


def test_of_many_unknown_names_only_the_first_are_listed():
    with pytest.raises(InvalidRequest, match=f"more than {MAX_FAULTS} faults") as caught:
        validate(Whole, {"inner": {f"name{index}": 1 for index in range(1_000)}})
    assert len(caught.value.faults) == MAX_FAULTS
