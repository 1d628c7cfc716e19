"""traceparent and tracestate: what is read of them, and what counts as not sent."""

import pytest

from service.http.tracing.trace_context import MAX_TRACE_STATE, parse_parent, parse_state

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_parent_has_its_trace_its_span_and_its_flags():
    parent = parse_parent(f"00-{TRACE}-{SPAN}-03".encode())
    assert parent == (TRACE, SPAN, 3)
    assert parent.is_sampled


def test_a_parent_may_be_unsampled():
    assert not parse_parent(f"00-{TRACE}-{SPAN}-02".encode()).is_sampled


def test_a_later_version_may_have_more_fields():
    assert parse_parent(f"01-{TRACE}-{SPAN}-01-more".encode()) == (TRACE, SPAN, 1)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "nonsense",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01\n",
        f"01-{TRACE}-{SPAN}-01-{'x' * 300}",
    ],
)
def test_a_malformed_parent_counts_as_not_sent(sent):
    assert parse_parent(sent.encode()) is None


def test_the_state_keeps_its_order():
    assert parse_state(b"rojo=00f067, ,1@nr=a b,congo=t61:x/y") == [
        ("rojo", "00f067"),
        ("1@nr", "a b"),
        ("congo", "t61:x/y"),
    ]


@pytest.mark.parametrize(
    "sent",
    [
        None,
        b"",
        b"no value",
        b"a=",
        b"a=1,a=2",
        b"A=1",
        b"a=1,b=\xff",
        b"a=1=2",
        b",".join([b"k%d=1" % number for number in range(33)]),
        b"a=" + b"x" * MAX_TRACE_STATE,
    ],
)
def test_a_state_that_is_malformed_or_too_long_is_left_out_as_a_whole(sent):
    assert parse_state(sent) == []
