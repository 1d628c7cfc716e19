"""W3C Trace Context: the headers by which a caller says to which trace its request belongs.

Nothing of them is believed beyond that: they decide which ids a request has in logs, problems and spans, and, where the
sampler follows its callers, whether it has spans. What is malformed counts as not sent.
"""

import re
from typing import NamedTuple

MAX_TRACE_STATE = 512  # bytes; what the standard asks everyone to take
# later versions of the standard may add fields at the end
PARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]{0,200})?")
MAX_MEMBERS = 32
# a name, perhaps of a tenant at a vendor, and a value of printable ASCII without , and =
MEMBER = re.compile(
    r"([a-z][a-z0-9_*/-]*(?:@[a-z][a-z0-9_*/-]*)?|[0-9][a-z0-9_*/-]*@[a-z][a-z0-9_*/-]*)=([ -+\--<>-~]+)"
)
NO_TRACE, NO_SPAN = b"0" * 32, b"0" * 16
SAMPLED = 0x01


class TraceParent(NamedTuple):
    """The span of the caller, which is the parent of ours."""

    trace_id: str
    span_id: str
    flags: int

    @property
    def is_sampled(self) -> bool:
        """Whether the caller's span is sampled, by its own word."""
        return bool(self.flags & SAMPLED)


def parse_parent(sent: bytes) -> TraceParent | None:
    """Read a header `traceparent`; None if it is malformed."""
    match = PARENT.fullmatch(sent)
    if match is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    if version == b"ff" or (version == b"00" and more is not None) or trace_id == NO_TRACE or span_id == NO_SPAN:
        return None
    return TraceParent(trace_id.decode(), span_id.decode(), int(flags, 16))


def parse_state(sent: bytes | None) -> list[tuple[str, str]]:
    """Read a header `tracestate`: names and values, in order; none if it is malformed, too long, or names one twice."""
    if sent is None or len(sent) > MAX_TRACE_STATE:
        return []
    sent_members = [member.strip(" \t") for member in sent.decode("latin-1").split(",")]
    members = [MEMBER.fullmatch(member) for member in sent_members if member]
    pairs = [(match[1], match[2]) for match in members if match is not None]
    is_whole = len(dict(pairs)) == len(members) <= MAX_MEMBERS
    return pairs if is_whole else []
