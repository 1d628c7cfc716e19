"""Files of pages, held in memory: with their types, an ETag of their content, and a compressed form of the larger ones."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from fastapi.responses import Response

from .encoding import choose_coding, encode

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
MIN_COMPRESSED_BYTES = 1024
# A browser asks each time whether it still has the newest file, and gets 304. What it is served with is what it is.
HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


class PageFile(NamedTuple):
    """A file as it is sent: its content, its media type, and its ETag without the quotes."""

    content: bytes
    type: str
    tag: str


class PageFiles:
    """The files of one directory that a browser may have. Files of other types, such as modules, are not among them."""

    def __init__(self, directory: Path) -> None:
        self._files = {path.name: _read(path) for path in directory.iterdir() if path.suffix in TYPES}
        self._compressed: dict[tuple[str, bytes], bytes] = {}

    async def answer(
        self, name: str, headers: Mapping[str, str], extra: Mapping[str, str] | None = None
    ) -> Response | None:
        """The reply for a file, 304 for who has it already; None if there is no such file."""
        file = self._files.get(name)
        if file is None:
            return None
        coding = choose_coding(headers.get("accept-encoding", "").encode())
        if len(file.content) < MIN_COMPRESSED_BYTES:
            coding = None
        tag = f'"{file.tag}"' if coding is None else f'"{file.tag}-{coding.decode()}"'
        sent = {**HEADERS, **(extra or {}), "ETag": tag, "Vary": "Accept-Encoding"}
        if has_tag(headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=sent)
        if coding is None:
            return Response(file.content, media_type=file.type, headers=sent)
        content = await self._in_coding(name, file, coding)
        return Response(content, media_type=file.type, headers={**sent, "Content-Encoding": coding.decode()})

    async def _in_coding(self, name: str, file: PageFile, coding: bytes) -> bytes:
        """The compressed content, which is made once."""
        if (name, coding) not in self._compressed:
            self._compressed[name, coding] = await encode(file.content, coding)
        return self._compressed[name, coding]


def has_tag(if_none_match: str, tag: str) -> bool:
    """Whether the header If-None-Match names the tag (RFC 9110, 13.1.2: weak comparison)."""
    tags = [part.strip().removeprefix("W/") for part in if_none_match.split(",")]
    return tag in tags or "*" in tags


def _read(path: Path) -> PageFile:
    content = path.read_bytes()
    return PageFile(content, TYPES[path.suffix], hashlib.sha256(content).hexdigest()[:32])
