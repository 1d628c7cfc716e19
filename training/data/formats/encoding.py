"""The encoding of a text file: what the user says, a byte order mark, UTF-8 if it fits, else what charset-normalizer finds."""

import codecs
import io
import re
from dataclasses import dataclass
from pathlib import Path

import charset_normalizer

from training.data.errors import DataError

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
SAMPLE_BYTES = 1 << 16
MAX_CONTROL_SHARE = 0.01  # of the characters; more is no text
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
NON_ASCII_LINES = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*[\r\n]*")
CONTROL_BYTES = bytes([*range(9), *range(14, 27), *range(28, 32)])
MIN_GOOD = 5  # times as many good characters beyond ASCII as damaged ones, for UTF-8
MAX_SEARCHED = 1 << 24  # bytes
WESTERN = frozenset(
    "äöüÄÖÜßéèêëÉÈÊËàâáãÀÂÁÃçÇñÑíìîïÍÌÎÏóòôõÓÒÔÕúùûÚÙÛœŒæÆøØåÅýÿ€£¥§°²³µ½¼·«»‘’“”„‚–—…•™®©¿¡ºª×\u00a0\u00ad"
)
# three letters beyond ASCII in a row, or a mark in the middle of a word: another alphabet or encoding
NOT_WESTERN = re.compile(r"[^\x00-\x7f\W]{3}|[^\W\d_][“”„‚«»£¥§²³½¼¿¡™®©•…×][^\W\d_]")
OTHERS = [
    "cp1250",
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp932",
    "gb18030",
    "big5",
    "cp949",
    "euc_jp",
    "mac_roman",
    "cp437",
    "cp850",
    "cp852",
    "cp866",
    "cp874",
]
LABELS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8 with a byte order mark", "utf-16": "UTF-16", "utf-32": "UTF-32"}


@dataclass(frozen=True)
class Text:
    """A decoded file. `encoding` is its name for people, `remark` what was taken out of it, or empty."""

    text: str
    encoding: str
    remark: str = ""

    def lines(self) -> io.StringIO:
        """Return the lines, each with its line break: \\n, \\r\\n or \\r."""
        return io.StringIO(self.text, newline="")


def decode(data: bytes, encoding: str | None, path: Path) -> Text:
    """Return the text of the bytes. Raises DataError for bytes that are no text, and for an encoding that does not fit."""
    if encoding is not None:
        return _cleaned(_decode_as(data, encoding, path), encoding, path)
    for mark, name in MARKS.items():
        if data.startswith(mark):
            return _cleaned(_decode_as(data, name, path), LABELS[name], path)
    if (wide := _without_mark(data)) is not None:
        return _cleaned(_decode_as(data, wide, path), f"{wide.upper()} without a byte order mark", path)
    try:
        return _cleaned(data.decode("utf-8"), "UTF-8", path)
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
        bad = text.count("\ufffd")
        if sum(character > "\x7f" for character in text[:MAX_SEARCHED]) >= MIN_GOOD * bad:
            return _cleaned(text, f"UTF-8 with {bad} damaged character{'s' if bad > 1 else ''} (now \ufffd)", path)
        name = _guess(data, path)
        return _cleaned(data.decode(name, errors="replace"), f"{name} (found out; --encoding names another)", path)


def _decode_as(data: bytes, encoding: str, path: Path) -> str:
    try:
        codec = codecs.lookup(encoding)
        if not getattr(codec, "_is_text_encoding", True):
            raise LookupError(encoding)
        return data.decode("utf-8-sig" if codec.name == "utf-8" else encoding)
    except LookupError:
        raise DataError(
            f"--encoding {encoding}: is no encoding; utf-8, cp1252, latin-1, utf-16 and the like are"
        ) from None
    except (UnicodeError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as {encoding}: {error}; name its encoding with --encoding") from error


def _without_mark(data: bytes) -> str | None:
    """UTF-16 without a byte order mark: every second byte of an ASCII character is zero."""
    sample = data[: SAMPLE_BYTES & ~1]
    pairs = max(1, len(sample) // 2)
    even, odd = sample[::2].count(0) / pairs, sample[1::2].count(0) / pairs
    if len(sample) < 4 or len(data) % 2 or max(even, odd) < 0.5 or min(even, odd) > 0.05:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _guess(data: bytes, path: Path) -> str:
    """The encoding of bytes that are no UTF-8, from the lines that are not ASCII.

    charset-normalizer needs sentences. Tables often hold a single word such as Größe or £, of which it makes Polish, Japanese or
    Urdu. So text is Western (cp1252) if all its characters then are those that Western languages write, where they write them.
    """
    sample = b"".join(NON_ASCII_LINES.findall(data[:MAX_SEARCHED]))[:SAMPLE_BYTES]
    if len(sample.translate(None, CONTROL_BYTES)) < (1 - MAX_CONTROL_SHARE) * len(sample):
        raise DataError(f"{path}: is binary, not text; a CSV, Parquet or Excel file is needed")
    if _is_western(sample):
        return "cp1252"
    found = charset_normalizer.from_bytes(sample, cp_isolation=OTHERS).best()
    if found is None:
        raise DataError(f"{path}: its encoding cannot be found; name it with --encoding (cp1252, latin-1, utf-16, …)")
    return found.encoding


def _is_western(sample: bytes) -> bool:
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    characters = [character for character in text if character > "\x7f"]
    return all(map(WESTERN.__contains__, characters)) and not NOT_WESTERN.search(text)


def _cleaned(text: str, encoding: str, path: Path) -> Text:
    """The text without the control characters that no table needs. Raises DataError if they are many: no text has them."""
    text = text.removeprefix("\ufeff")
    count = len(CONTROL.findall(text))
    if not count:
        return Text(text, encoding)
    if count > MAX_CONTROL_SHARE * len(text) + 3:
        raise DataError(f"{path}: is binary, not text; a CSV, Parquet or Excel file is needed")
    plural = "s" if count > 1 else ""
    return Text(CONTROL.sub("", text), encoding, f", {count} control character{plural} (such as NUL) removed")
