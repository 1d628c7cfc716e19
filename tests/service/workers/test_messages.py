"""Messages in one line each, and what is no message."""

import pytest

from service.workers.messages import ANSWERS, KINDS, Prepare, Proven, decode, encode


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_message_comes_back_from_its_line(kind):
    message = kind(number=7)
    line = encode(message)
    assert (line.count(b"\n"), line.endswith(b"\n"), decode(line)) == (1, True, message)


def test_versions_and_line_ends_survive():
    message = Proven(versions=[["gru", "1", "a\nb", "", 5.0]])
    assert decode(encode(message)) == message
    question = Prepare(only=None, unsettled=[[], []])
    assert decode(encode(question)) == question


def test_answers_are_kinds():
    assert set(ANSWERS) <= set(KINDS)


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'["Other", {}]', b'["Done", {"x": 1}]', b'["Done", 1]', b"\xff"])
def test_anything_else_is_no_message(line):
    with pytest.raises(ValueError, match="no message"):
        decode(line)
