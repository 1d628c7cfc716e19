"""The bytes of requests, honest and hostile."""

import json
from collections.abc import Iterable

JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
LAST_CHUNK = b"0\r\n\r\n"


def head(line: str, *fields: str, host: str | None = "x") -> bytes:
    """A request line and header fields, with the blank line that ends them. Characters over U+00FF are not possible."""
    hosts = () if host is None else (f"Host: {host}",)
    return "\r\n".join((f"{line} HTTP/1.1", *hosts, *fields, "", "")).encode("latin-1")


def get(path: str, *fields: str, method: str = "GET") -> bytes:
    """A request without a body."""
    return head(f"{method} {path}", *fields)


def post(path: str, body: object, *fields: str, content_type: str = JSON) -> bytes:
    """A request with a body: bytes as they are, everything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return head(f"POST {path}", content_type, f"Content-Length: {len(content)}", *fields) + content


def chunked(path: str, chunks: Iterable[bytes], *fields: str, content_type: str = JSON, trailers: bytes = b"") -> bytes:
    """A request whose body is sent in these chunks, with header lines after them."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head(f"POST {path}", content_type, CHUNKED, *fields) + body + b"0\r\n" + trailers + b"\r\n"
