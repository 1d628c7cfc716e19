"""gzip of pieces: several of them one after another are one file."""

import gzip


def packed(raw: bytes, is_packed: bool) -> bytes:
    """Return bytes as a piece of a file, which is compressed or not. The time is not written, so that it is always the same."""
    return gzip.compress(raw, compresslevel=6, mtime=0) if is_packed and raw else raw
