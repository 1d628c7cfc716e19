"""What the head of a request may be, and which one may come whole."""

import pytest

from service.errors import GatecastError
from service.http.heads import check_head, says_it_is_small

HOST = (b"host", b"x")


@pytest.mark.parametrize(
    ("headers", "version", "words"),
    [
        ([HOST], "2.0", "only HTTP/1.0 and HTTP/1.1"),
        ([], "1.1", "needs a header Host"),
        ([HOST, HOST], "1.1", "host came twice"),
        ([HOST, (b"expect", b"foo")], "1.1", "only '100-continue'"),
    ],
)
def test_a_head_that_breaks_a_rule_is_refused_in_words(headers, version, words):
    with pytest.raises(GatecastError, match=words):
        check_head(headers, version, expects_100_continue=False)


def test_a_sound_head_gives_its_headers_by_name():
    """Those that are no more than said twice, such as Accept, are no fault."""
    assert check_head([], "1.0", expects_100_continue=False) == {}
    twice = [HOST, (b"accept", b"a"), (b"accept", b"b"), (b"expect", b"100-continue")]
    assert check_head(twice, "1.1", expects_100_continue=True)[b"host"] == b"x"


@pytest.mark.parametrize(
    ("fields", "is_small"),
    [
        ({b"content-length": b"9999"}, True),
        ({b"content-length": b"10000"}, False),
        ({b"content-length": b"-1"}, False),
        ({}, False),
        ({b"content-length": b"2", b"transfer-encoding": b"chunked"}, False),
    ],
)
def test_a_small_body_is_told_by_its_length_alone(fields, is_small):
    assert says_it_is_small(fields) is is_small
