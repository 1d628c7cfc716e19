"""What the head of a request may be: its size, what HTTP/1.1 asks for and the parser does not, and which may come whole."""

from collections.abc import Mapping

from ..errors import MalformedRequest, UnmetExpectation

MAX_HEAD_BYTES = 32 << 10  # of the request line and the headers, or of the trailers of a chunked body
MAX_HEAD_FIELDS = 100
FIELD_OVERHEAD = 4  # the colon, the space and the end of a line
HEAD_LIMITS = (
    f"request line and headers may have {MAX_HEAD_BYTES} bytes and {MAX_HEAD_FIELDS} fields together; send less"
)
VERSIONS = ("1.0", "1.1")
# A request with one of these headers is not answered without a task.
NOT_WHOLE = frozenset([b"content-encoding", b"expect", b"transfer-encoding", b"upgrade"])
MAX_LENGTH_DIGITS = 4  # of the Content-Length of one that is: a larger body seldom comes whole
# If one of these came twice, a proxy and this service might each believe another one.
SINGLE_HEADERS = (
    b"authorization",
    b"content-encoding",
    b"content-type",
    b"host",
    b"inference-header-content-length",
    b"x-api-key",
    b"x-request-id",
    b"x-request-timeout-ms",
)


def check_head(headers: list[tuple[bytes, bytes]], version: str, expects_100_continue: bool) -> dict[bytes, bytes]:
    """Return the headers by name. Raises MalformedRequest or UnmetExpectation."""
    fields = dict(headers)
    if version not in VERSIONS:
        raise MalformedRequest("only HTTP/1.0 and HTTP/1.1 are spoken here")
    if b"host" not in fields and version == "1.1":
        raise MalformedRequest("a request of HTTP/1.1 needs a header Host; send one")
    if len(fields) < len(headers):
        names = [name for name, _ in headers]
        for name in SINGLE_HEADERS:
            if names.count(name) > 1:
                raise MalformedRequest(f"the header {name.decode()} came twice; send it once")
    if b"expect" in fields and not expects_100_continue:
        raise UnmetExpectation("of the header Expect only '100-continue' is understood; leave it out")
    return fields


def says_it_is_small(fields: Mapping[bytes, bytes]) -> bool:
    """Whether a head says in the plainest way how long its body is, and that it is short."""
    length = fields.get(b"content-length", b"")
    return length.isdigit() and len(length) <= MAX_LENGTH_DIGITS and fields.keys().isdisjoint(NOT_WHOLE)
