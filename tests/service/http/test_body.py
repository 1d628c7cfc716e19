"""Bodies: JSON in, a validated request or a refusal that teaches out."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import (
    MAX_FAULTS,
    BodyTooLarge,
    ClientDisconnected,
    DeadlineExceeded,
    GatecastError,
    InvalidRequest,
    MalformedBody,
)
from service.http import body, faults, json_text
from service.http.body import validate
from service.http.schemas import BatchSeries, ForecastBatchRequest, ForecastRequest
from service.http.schemas_sentiment import SentimentBatchRequest, SentimentRequest
from service.serving.turns import Turns
from tests.fakes import FakeCaller

REQUESTS = (ForecastRequest, ForecastBatchRequest, SentimentRequest, SentimentBatchRequest)
LONG_NUMBER = b"9" * 5000


class CountedTurns(Turns):
    """Counts how often others could have had their turn, and the bytes that were parsed in between."""

    def __init__(self, caller):
        super().__init__(caller)
        self.count = 0

    async def next(self):
        self.count += 1


def read(raw, model=ForecastRequest, turns=CountedTurns, caller=None):
    """The request that a body holds."""

    async def work():
        return await body.parse(raw, model, turns(caller or FakeCaller()))

    return asyncio.run(work())


def refused(raw, model=ForecastRequest):
    """The refusal of a body, with a check of its size."""
    with pytest.raises(GatecastError) as caught:
        read(raw, model)
    error = caught.value
    assert len(error.faults) <= MAX_FAULTS
    assert len(error.detail) < 1000
    assert all(len(fault.pointer) + len(fault.detail) < 1000 for fault in error.faults)
    for words in ("Input should", "Value error", "Extra inputs", "Field required", "at line"):
        assert words not in error.detail + "".join(fault.detail for fault in error.faults)
    return error


async def parse_in_pieces(raw, model, turns):
    """As `body.parse`, but no body is small enough to be parsed at once."""
    return validate(model, await body._read(raw, model, turns))


@pytest.fixture(params=["at once", "in pieces"])
def way(request, monkeypatch):
    """Bodies are parsed at once, and in pieces of a few bytes."""
    if request.param == "in pieces":
        monkeypatch.setattr(body, "parse", parse_in_pieces)
        monkeypatch.setattr(json_text, "WINDOW", 3)


VALID = [
    (ForecastRequest, b'{"readings": [1, 2.5, null, -0, 1e-400, 3E2]}'),
    (ForecastRequest, b'\n{ "readings":[ 1 , 2 ],\r\n\t"horizon" :3, "levels": [ ], "model": "a\\"b\\\\", "version": "\\u0031" } \n'),
    (ForecastRequest, b'{"\\u0072eadings": [1]}'),
    (ForecastBatchRequest, b'{"series": [{"id": "a", "readings": [1, [2], {"b": "]"}]}, null, [], {}, "x", 3], "horizon": 2}'),
    (ForecastBatchRequest, b'{"model": "a", "series": [ {"id": "\\\\", "readings": [1]} , true ] }'),
    (SentimentRequest, '{"text": "“Ça” 😀 \\ud83d\\ude00 [{,:}] \\\\", "explain": true}'.encode()),
    (SentimentBatchRequest, b'{"texts": ["a", "\\"", 1, {"a": {"b": [[]]}}]}'),
]  # fmt: skip


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(("model", "raw"), VALID)
def test_a_valid_body_is_what_json_says(model, raw):
    request = read(raw, model)
    sent = json.loads(raw)
    assert {name: getattr(request, name) for name in request.model_fields_set} == sent


MALFORMED = [
    (b"", "empty"),
    (b" \n ", "empty"),
    (b"{", "line 1, column 2: it ends too early"),
    (b'{"readings": [1, 2', "it ends too early"),
    (b'{"readings": "abc', "it ends too early"),
    (b'{"readings": "abc\\', "it ends too early"),
    (b'{"readings": [1, 2,]}', "line 1, column 20: a comma must not be the last"),
    (b'{"readings": [1],}', "a comma must not be the last"),
    (b'{\n"readings": [1,\n 2\n}', "line 4, column 1: `,` or `]`"),
    (b"{'readings': [1]}", "line 1, column 2.*double quotes"),
    (b"{readings: [1]}", "double quotes"),
    (b'{"readings": [1, NaN]}', "line 1, column 18.*no NaN or infinity; null marks a missing reading"),
    (b'{"readings": [1, Infinity]}', "no NaN or infinity"),
    (b'{"readings": [1, -Infinity]}', "no NaN or infinity"),
    (b'{"readings": [None]}', "true, false and null"),
    (b'{"readings": [1] // the last\n}', "no comments"),
    (b'{"readings": [/* none */ 1]}', "no comments"),
    (b'{"readings": [01]}', "like 12, -0.5 or 1e6"),
    (b'{"readings": [+1]}', "like 12, -0.5 or 1e6"),
    (b'{"readings": [.5]}', "like 12, -0.5 or 1e6"),
    (b'{"readings": [tru]}', "true, false or null"),
    (b'{"readings" [1]}', "`:` must stand here"),
    (b'{"readings": [1 2]}', "`,` or `]` must stand here"),
    (b'{"readings": [1]} {"readings": [1]}', "send many in a batch"),
    (b'{"text": "two\nlines"}', "control character; write it as"),
    (b'{"text": "\\x41"}', "a backslash"),
    (b'{"text": "\\u00"}', "a backslash"),
    (b'{"text": "caf\xe9"}', "encode the body in UTF-8"),
    (b'\xef\xbb\xbf{"readings": [1]}', "byte order mark; send UTF-8 without one"),
    ('{"readings": [1]}'.encode("utf-16"), "UTF-16"),
    ('{"readings": [1]}'.encode("utf-16-le"), "UTF-16"),
    ('{"readings": [1]}'.encode("utf-32-be"), "UTF-32"),
    (b"readings=1&horizon=3", "form-encoded"),
    (b"<forecast/>", "HTML or XML"),
    (b"[" * 50_000, "it ends too early"),
    (b'{"a":' * 50_000, "ends too early|nested"),
]


@pytest.mark.parametrize(("raw", "words"), MALFORMED)
def test_what_is_not_json_is_refused_with_the_place_and_a_remedy(raw, words):
    error = refused(raw)
    assert isinstance(error, MalformedBody)
    assert error.detail.startswith("the body is not JSON: ")
    with pytest.raises(MalformedBody, match=words):
        read(raw)


@pytest.mark.parametrize(("raw", "words"), MALFORMED)
def test_what_is_not_json_is_refused_in_pieces_too(raw, words, monkeypatch):
    """Where only pieces are parsed the reason may be found at another place, but it is no request."""
    monkeypatch.setattr(body, "parse", parse_in_pieces)
    monkeypatch.setattr(json_text, "WINDOW", 3)
    assert refused(raw).status in (400, 422)


def test_the_column_counts_characters():
    assert "line 2, column 8" in refused('{"é": 1,\n "éé": x}'.encode()).detail


UNREADABLE = [
    (b'{"readings": [1, %s]}' % LONG_NUMBER, "/readings/1", "digits"),
    (b'{"readings": [[], "a", 3, %s]}' % LONG_NUMBER, "/readings/3", "digits"),
    (b'{"readings": [1], "horizon": -%s}' % LONG_NUMBER, "/horizon", "digits"),
    (b'{"readings": [1], "levels": [80, %s.5]}' % LONG_NUMBER, "/levels/1", "digits"),
    (b'{"readings": [1], "readings": [2]}', "/readings", "more than once"),
    (b'{"readings": [1], "model": {"a": 1, "a": 2}}', "/model/a", "more than once"),
    (b'{"readings": [1], "model": "\\ud800"}', "/model", "surrogate"),
    (b'{"readings": [1, "\\udc00"]}', "/readings/1", "surrogate"),
    (b'{"readings": [1], "model": "\\ud800\\u0041"}', "/model", "surrogate"),
    (b'{"readings": [1], "\\ud800": 2}', "", "surrogate"),
    (b'{"readings": %s}' % (b"[" * 300 + b"]" * 300), "/readings/0", "nested too deep"),
    (b"[" * 300 + b"]" * 300, "/0/0", "nested too deep"),
]


@pytest.mark.parametrize(("raw", "pointer", "words"), UNREADABLE)
def test_json_that_cannot_be_read_is_a_422_with_a_pointer(raw, pointer, words):
    error = refused(raw)
    assert error.status == 422
    found = [fault.detail for fault in error.faults if fault.pointer.startswith(pointer)]
    assert words in found[0]


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"9" * 400, b"1e99999999999999999999", b"1e151"])
def test_a_number_too_large_for_a_reading_is_json(number):
    error = refused(b'{"readings": [1, %s]}' % number)
    assert [tuple(fault) for fault in error.faults] == [
        ("/readings/1", "must be a number from -1e150 to 1e150 or null")
    ]


@pytest.mark.usefixtures("way")
def test_an_unreadable_item_of_a_batch_is_in_the_place_of_the_item():
    raw = b'{"series": [{"id": "a", "readings": [1, %s]}, {"id": "b", "id": "c"}, {"id": "\\ud800"}, 5]}' % LONG_NUMBER
    *errors, number = read(raw, ForecastBatchRequest).series
    assert [error.faults[0].pointer for error in errors] == ["/readings/1", "/id", "/id"]
    assert number == 5
    texts = read(b'{"texts": ["a", "\\ud800", "b"]}', SentimentBatchRequest).texts
    assert isinstance(texts[1], InvalidRequest)
    assert texts[::2] == ["a", "b"]


FAULTS = [
    ({}, {"/readings": "is required"}),
    ({"readings": 5}, {"/readings": "must be a list of 1 to 10,000 items, each a number from -1e150 to 1e150 or null; it is a whole number"}),
    ({"readings": []}, {"/readings": "must be a list of 1 to 10,000 items, each a number from -1e150 to 1e150 or null; it has 0"}),
    ({"readings": ["12"]}, {"/readings/0": "must be a number from -1e150 to 1e150 or null; it is a string"}),
    ({"readings": [True, [], {}]}, {f"/readings/{i}": f"must be a number from -1e150 to 1e150 or null; it is {kind}" for i, kind in enumerate(["a boolean", "a list", "an object"])}),
    ({"readings": [1], "horizon": 2.5}, {"/horizon": "must be a whole number from 1 to 1,000; it is a decimal number"}),
    ({"readings": [1], "horizon": 10**400}, {"/horizon": "must be a whole number from 1 to 1,000"}),
    ({"readings": [1], "horizon": True}, {"/horizon": "must be a whole number from 1 to 1,000; it is a boolean"}),
    ({"readings": [1], "levels": [0, "a"]}, {"/levels/0": "must be a number over 0 and under 100", "/levels/1": "must be a number over 0 and under 100; it is a string"}),
    ({"readings": [1], "frequency": ""}, {"/frequency": "must be a string of 1 to 32 characters; it has 0"}),
    ({"readings": [1], "model": 3}, {"/model": "must be a string of at most 64 characters; it is a whole number"}),
    ({"readings": [1], "Horizons": 3}, {"/Horizons": "is not a field here; did you mean `horizon`?"}),
    ({"readings": [1], "a~/": 3}, {"/a~0~1": "is not a field here; the fields are frequency, horizon, levels, maximum, minimum, model, readings, season, start, version"}),
]  # fmt: skip


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(("sent", "expected"), FAULTS)
def test_faults_say_what_would_be_right(sent, expected):
    assert dict(refused(json.dumps(sent).encode()).faults) == expected


@pytest.mark.parametrize(
    ("sent", "model", "words"),
    [
        (None, ForecastRequest, 'not null; send {"readings": …}'),
        ([1, 2], ForecastRequest, 'not a list; send {"readings": …}'),
        ([], ForecastBatchRequest, 'not a list; send {"series": …}'),
        ("good", SentimentRequest, 'not a string; send {"text": …}'),
        ('{"text": "good"}', SentimentRequest, "encoded twice"),
        (["good"], SentimentBatchRequest, '{"texts": …}'),
        (True, ForecastRequest, "not a boolean"),
    ],
)
def test_json_that_is_no_object_is_refused_with_an_object_to_send(sent, model, words):
    error = refused(json.dumps(sent).encode(), model)
    assert [fault.pointer for fault in error.faults] == [""]
    assert words in error.detail


def test_long_names_are_cut():
    error = refused(b'{"%s": 1}' % (b"k" * 500_000))
    assert max(len(fault.pointer) for fault in error.faults) == 102
    assert "…" in error.detail


@pytest.mark.parametrize("count", [100, 4_000, 90_000])
def test_of_many_unknown_names_a_few_are_listed(count):
    error = refused(b'{"readings": [1], %s}' % b",".join(b'"%d": 1' % i for i in range(count)))
    assert len(error.faults) == 10
    assert "more than 50 faults" in error.detail


@pytest.mark.parametrize("bad", [0, 1, 60])
def test_of_many_bad_readings_fifty_are_listed(bad):
    """All of a few are."""
    raw = json.dumps({"readings": [1.5] * (5000 - bad) + ["2"] * bad, "horizon": "3"}).encode()
    error = refused(raw)
    assert len(error.faults) == min(bad + 1, MAX_FAULTS)
    assert ("more than 50 faults" in error.detail) is (bad == 60)
    assert "/horizon" in [fault.pointer for fault in error.faults]


HUGE = 600_000  # bytes
HOSTILE = [
    b'{"readings": [%s1]}' % (b"1," * (HUGE // 2)),
    b'{"readings": [%s1]}' % (b'"",' * 170_000),
    b'{"readings": [%s1]}' % (b"[]," * (HUGE // 3)),
    b'{"readings": [%s1]}' % (b"{}," * (HUGE // 3)),
    b'{"readings": [%s1]}' % (b"[[[1]]]," * (HUGE // 8)),
    b'{"readings": %s%s}' % (b"[" * (HUGE // 2), b"]" * (HUGE // 2)),
    b'{"readings": [%s]}' % (b"9" * HUGE),
    b'{"readings": [0.%s, "a"]}' % (b"9" * HUGE),
    b'{"readings": %s}' % (b"-" * HUGE),
    b'{"model": "%s"}' % (b"\\\\" * (HUGE // 2)),
    b'{"model": "%s"}' % (b'\\"' * (HUGE // 2)),
    b'{"model": "%s' % (b"\\" * HUGE),
    b'{"model": "%s"}' % (b"a" * HUGE),
    b'{"a": 1%s' % (b" " * HUGE),
    b'{"a": 1%s}' % (b',"a":1' * (HUGE // 6)),
    b"{%s}" % (b"\n" * HUGE),
    b"[%s]" % (b"{}," * (HUGE // 3)),
    b'"%s"' % (b"a" * HUGE),
    b'{"readings": [%s1]}' % (b"[]," * 150_000),
    b'{"readings": [%s1]}' % (b"{}," * 150_000),
    b'{"readings": {%s"z":1}}' % b"".join(b'"%d":1,' % i for i in range(40_000)),
    b"\x00" * HUGE,
    b" " * HUGE,
]


@pytest.mark.parametrize("raw", HOSTILE)
@pytest.mark.parametrize("model", REQUESTS)
def test_no_large_value_is_parsed_in_one_go(raw, model, monkeypatch):
    """What jiter gets is small, or has few parts; and others have their turn in between."""
    parsed = []

    def parse_light(piece):
        parsed.append(piece)
        return original(piece)

    original = json_text.parse
    monkeypatch.setattr(json_text, "parse", parse_light)
    monkeypatch.setattr(body, "parse_json", parse_light)
    refused(raw, model)
    assert all(len(piece) <= 1 << 19 for piece in parsed)
    assert all(piece.startswith(b'"') or max(map(piece.count, (b"[", b"{", b":"))) <= 10_000 for piece in parsed)


def test_others_have_their_turn_between_windows_and_items():
    async def work(raw, model):
        turns = CountedTurns(FakeCaller())
        await body.parse(raw, model, turns)
        return turns.count

    items = b",".join([b'{"id": "a", "readings": [%s1]}' % (b"1," * 9_000)] * 100)
    assert asyncio.run(work(b'{"series": [%s]}' % items, ForecastBatchRequest)) >= 200
    assert asyncio.run(work(b'{"series": [1]%s}' % (b" " * 10_000_000), ForecastBatchRequest)) >= 600
    assert asyncio.run(work(b'{"series": [%s1]%s}' % (b"1," * 900, b" " * 600_000), ForecastBatchRequest)) >= 900
    nested = b"[[[1]]]," * 1000
    assert asyncio.run(work(b'{"series": [[%s1]]%s}' % (nested, b" " * 600_000), ForecastBatchRequest)) >= 4000


@pytest.mark.parametrize("unit", [b"[", b'{"a":', b"[[[]]],"])
def test_brackets_are_counted_up_to_what_a_batch_may_need(unit):
    error = refused(b'{"series": [[%s' % (unit * 200_000), ForecastBatchRequest)
    assert "more lists and objects within each other than any valid request" in error.detail


def test_bad_readings_are_looked_for_up_to_what_is_listed(monkeypatch):
    described = []
    original = faults._mismatch
    monkeypatch.setattr(faults, "_mismatch", lambda *values: described.append(values) or original(*values))
    refused(json.dumps({"readings": ["2"] * 10_000}).encode())
    assert len(described) == MAX_FAULTS + 1


def test_a_body_of_one_series_that_is_far_too_large_is_not_read():
    assert isinstance(refused(b'{"readings": [1]}' + b" " * (1 << 20)), BodyTooLarge)


@pytest.mark.parametrize(("model", "name"), [(ForecastBatchRequest, "/series"), (SentimentBatchRequest, "/texts")])
@pytest.mark.parametrize("count", [1001, 300_000])
def test_more_items_than_a_batch_has_are_refused(model, name, count):
    error = refused(b'{"%s": [%s1]}' % (name[1:].encode(), b"1," * count), model)
    assert [fault.pointer for fault in error.faults] == [name]


def test_a_large_batch_is_read_item_by_item():
    """One item that is larger than any valid one is refused alone."""
    good = b'{"id": "a", "readings": [%s1]}' % (b"1.2345678," * 9_000)
    huge = b'{"id": "b", "readings": [%s1]}' % (b"[]," * 200_000)
    series = read(b'{"series": [%s, %s, %s], "horizon": 3}' % (good, huge, good), ForecastBatchRequest).series
    assert validate(BatchSeries, series[0]) == validate(BatchSeries, series[2])
    with pytest.raises(InvalidRequest, match="larger than any valid"):
        validate(BatchSeries, series[1])


@pytest.mark.parametrize(
    ("caller", "error"),
    [(FakeCaller(deadline=0), DeadlineExceeded), (FakeCaller(has_left=True), ClientDisconnected)],
)
def test_reading_ends_with_the_callers_patience(caller, error, monkeypatch):
    monkeypatch.setattr("service.serving.turns.TURN_SECONDS", 0)
    with pytest.raises(error):
        read(b'{"series": [%s1]}' % (b"[[1]]," * 900), ForecastBatchRequest, Turns, caller)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    sorted({*ForecastRequest.model_fields, *SentimentRequest.model_fields, "series", "texts", "id"})
)
BODIES = st.dictionaries(NAMES | st.text(max_size=5), JSON_VALUES | st.lists(st.floats(-9, 9)), max_size=6)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    sent=JSON_VALUES | BODIES,
    model=st.sampled_from(REQUESTS),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 1]),
)
def test_any_json_is_a_request_or_refused_the_same_in_pieces(sent, model, ascii_only, indent):
    """Both ways of reading find the same request or the same faults, and never fail otherwise."""
    raw = json.dumps(sent, ensure_ascii=ascii_only, indent=indent).encode(errors="surrogatepass")
    outcomes = []
    for parse in (body.parse, parse_in_pieces):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(body, "parse", parse)
            patch.setattr(json_text, "WINDOW", 5)
            try:
                outcomes.append(read(raw, model))
            except GatecastError as error:
                assert error.status in (400, 422)
                assert len(json.dumps(error.problem("/", ""))) < 4000 + 1000 * len(error.faults)
                outcomes.append((error.status, sorted(error.faults)) if error.status == 422 else error.status)
    assert outcomes[0] == outcomes[1]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    sent=JSON_VALUES | BODIES, cut=st.integers(0, 200), inserted=st.binary(max_size=3), model=st.sampled_from(REQUESTS)
)
def test_damaged_json_is_refused_or_read_but_never_a_defect(sent, cut, inserted, model):
    raw = json.dumps(sent).encode()
    raw = raw[:cut] + inserted + raw[cut:]
    for parse in (body.parse, parse_in_pieces):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(body, "parse", parse)
            patch.setattr(json_text, "WINDOW", 5)
            try:
                read(raw, model)
            except GatecastError as error:
                assert len(error.faults) <= MAX_FAULTS
                assert len(error.detail) < 1000


@settings(max_examples=80, deadline=None, derandomize=True)
@given(sent=JSON_VALUES | BODIES)
def test_any_item_is_a_series_or_refused(sent):
    try:
        series = validate(BatchSeries, sent)
    except InvalidRequest as error:
        assert 1 <= len(error.faults) <= MAX_FAULTS
    else:
        assert series.readings == sent["readings"]
