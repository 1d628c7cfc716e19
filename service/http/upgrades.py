"""Offers to upgrade to another protocol, such as HTTP/2 (`Upgrade: h2c`), are ignored: RFC 9110, section 7.8, allows it.

Clients that offer it with every request, as Java's do, expect an answer over HTTP/1.1 then. The parser skips the body of
such a request, as if the offer were taken. So protocol.py gives the same head without the offer, and what comes after it, to
a new parser. The head was within its limits with the offer, and all other checks are made again.
"""

from typing import Any

from httptools import HttpRequestParser


def new_parser(protocol: Any) -> HttpRequestParser:
    """A parser with the settings of uvicorn's."""
    parser = HttpRequestParser(protocol)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)  # what follows a last answer is dropped, no fault
    return parser


def without_offer(parser: HttpRequestParser, url: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    """The head that the parser has read, without the header Upgrade. Without it, Connection offers nothing."""
    request_line = b"%b %b HTTP/%b" % (parser.get_method(), url, parser.get_http_version().encode())
    lines = [b"%b: %b" % header for header in headers if header[0] != b"upgrade"]
    return b"\r\n".join([request_line, *lines, b"", b""])
