"""Long arrays of a body: read in pieces, as doubles or as a list, and what is wrong with an element of them."""

import asyncio
import json
import math
from array import array
from contextlib import suppress
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from service.errors import GatecastError, InvalidRequest, MalformedBody
from service.http import body, json_text
from service.http.long_arrays import LongArray, doubles
from service.serving.turns import Turns
from tests.fakes import FakeCaller

PADDING = " " * body.SMALL_VALUE_BYTES  # smaller bodies are parsed at once


class Frame(BaseModel):
    LONG: ClassVar = {
        "series/y": LongArray(10_000),
        "names": LongArray(10_000, numbers=False),
        "inputs/*/data": LongArray(10_000, numbers=False),
    }
    series: Any = None
    names: Any = None
    inputs: Any = None
    other: Any = None


class CountedTurns(Turns):
    """Counts how often others could have had their turn."""

    count = 0

    async def next(self) -> None:
        self.count += 1


def read(text: str) -> tuple[Frame, int]:
    """What a body holds, and how often others could have had their turn."""

    async def work() -> tuple[Frame, int]:
        turns = CountedTurns(FakeCaller())
        return await body.parse((text + PADDING).encode(), Frame, turns), turns.count

    return asyncio.run(work())


def refused(text: str, kind: type[GatecastError] = InvalidRequest) -> str:
    with pytest.raises(kind) as caught:
        read(text)
    return caught.value.faults[0].pointer if caught.value.faults else caught.value.detail


def test_numbers_become_doubles_and_null_is_not_a_number():
    values = read('{"series": {"y": [ 1 , -2.5e3,null,\n0.1], "other": [1]}}')[0].series
    assert values["other"] == [1]
    assert values["y"][:2] == array("d", [1.0, -2500.0])
    assert math.isnan(values["y"][2])
    assert values["y"][3] == 0.1


def test_other_arrays_become_lists_with_all_that_they_hold():
    """Also brackets and commas in strings, lists within, and what is empty."""
    sent: dict[str, Any] = {
        "names": ['a,]"[', "", "\\", None, True, [1, [2]], {"b": []}, 3],
        "series": {"y": []},
        "inputs": [],
    }
    frame, _ = read(json.dumps(sent))
    assert frame.names == sent["names"]
    assert frame.series == {"y": array("d")}
    assert frame.inputs == []


def test_arrays_are_found_in_every_item_of_a_list():
    sent = {"inputs": [{"name": "x", "data": [1, 2]}, {"data": [["a"], ["b"]]}, 3, {}]}
    assert read(json.dumps(sent))[0].inputs == sent["inputs"]


def test_what_is_no_array_is_read_as_any_value():
    assert read('{"series": 3}')[0].series == 3
    assert read('{"series": {"y": "text"}}')[0].series == {"y": "text"}


def test_others_have_their_turn_between_the_pieces(monkeypatch):
    """A piece is as long as a window."""
    monkeypatch.setattr(json_text, "WINDOW", 100)
    frame, turns = read(json.dumps({"series": {"y": [0.5] * 5_000}, "names": ["name"] * 5_000}))
    assert frame.series["y"] == array("d", [0.5] * 5_000)
    assert frame.names == ["name"] * 5_000
    assert turns > 2 * 5_000 * 5 / 100


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ('{"series": {"y": [1, 2, "a", 4]}}', "/series/y/2"),
        ('{"series": {"y": [1, true]}}', "/series/y/1"),
        ('{"series": {"y": [1, [2], 3]}}', "/series/y/1"),
        ('{"series": {"y": [{}]}}', "/series/y/0"),
        ('{"series": {"y": [1e999, 3]}}', "/series/y/0"),
        ('{"series": {"y": [1, ' + "9" * 500 + ", 3]}}", "/series/y/1"),
        ('{"series": {"y": [1, ' + "9" * 5000 + ", 3]}}", "/series/y/1"),
        ('{"series": {"y": ["\\ud800", 3]}}', "/series/y/0"),
        ('{"series": {"y": [' + "1," * 10_000 + "1]}}", "/series/y"),
        ('{"names": [' + '"a",' * 10_000 + '"a"]}', "/names"),
        ('{"series": {"y": [1], "y": [2]}}', "/series/y"),
        ('{"series": {' + ", ".join(f'"{index}": 1' for index in range(70)) + "}}", "/series"),
        ('{"inputs": [' + "{}, " * 70 + "{}]}", "/inputs"),
    ],
)
def test_a_bad_element_is_refused_with_its_place(text, pointer):
    assert refused(text) == pointer


@pytest.mark.parametrize(
    "array_text",
    ["[1, NaN, 3]", "[1,, 2]", "[1, 2,]", "[1 2, 3]", "[1, 2", "[1, 2}", "[01, 2]", "[1, nul, 2]", "[,]", '["a, 2]', "[[[[", "[1]]"],
)  # fmt: skip
def test_what_is_not_json_is_refused_with_its_line(array_text):
    assert "the body is not JSON: line 1" in refused(f'{{"series": {{"y": {array_text}}}}}', MalformedBody)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(JSON, max_size=20), st.lists(st.none() | st.floats(-1e150, 1e150), max_size=20), st.integers(2, 60))
def test_any_array_is_read_as_json_reads_it(values, numbers, window):
    """Wherever the windows end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "WINDOW", window)
        frame, _ = read(json.dumps({"names": values, "series": {"y": numbers}}))
    assert frame.names == values
    assert [None if math.isnan(value) else value for value in frame.series["y"]] == numbers


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='[]{},:"\\ 1ea.-ntfNu', max_size=30))
def test_any_text_is_read_or_refused(text):
    """Never is anything else raised."""
    with suppress(MalformedBody, InvalidRequest):
        read(f'{{"series": {{"y": {text}}}, "names": {text}}}')


def test_doubles_are_made_of_numbers_and_nulls_only():
    """A boolean is no number, although Python counts with it."""
    assert doubles([1, 2.5], "/y") == array("d", [1.0, 2.5])
    with pytest.raises(InvalidRequest, match="/y/8 must be a number or null; it is a boolean"):
        doubles([1, False], "/y", 7)
