"""Broken files for fuzz tests: real-looking tables that were damaged, random bytes, and mixtures of ways to write a table.

`files()` is a strategy of the bytes of one file; `examples(few)` is how many a test makes: GATECAST_FUZZ=5000 asks for more.
"""

import bz2
import gzip
import io
import os
import zipfile
from datetime import date, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

DELIMITERS = [",", ";", "\t", "|", " "]
DATES = [
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%y",
    "%Y%m",
    "%b-%y",
    "%Y-W%W",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S+0100",
]
NUMBERS = ["{:.2f}", "{:.0f}", "{:,.2f}", "{:,.0f}", "${:,.2f}", "{:.1f}%", "({:.0f})", "{:e}", "<{:.0f}", "{:.3f}"]
WORDS = [
    "good",
    "bad",
    "the lamp",
    "it's",
    'a 5" screen',
    "so; what",
    "a, b",
    "naïve café",
    "x\ty",
    "great | good",
    "#tag",
    "🙂",
    "\u2028",
]
LABELS = ["pos", "neg", "1", "0", "5", "", "NA", "True"]
ABOVE = [
    "",
    "sep=;\n",
    "# made by hand\n",
    "Category: All\n\n",
    "Report,2020\nUnits: kWh\n",
    "\ufeff",
    '"a note\nin two lines"\n',
]
BELOW = ["", "\n\n", "Total;99\n", "Source: ONS\n", "(10 rows)\n", '"', ",,,\n", "date,value\n", "\x00", "\x1a"]
DAMAGE = [
    b'"',
    b"'",
    b",",
    b";",
    b"\n",
    b"\r",
    b"\r\n",
    b"\t",
    b"\x00",
    b"\xff",
    b"\xfe",
    b"\\",
    b'""',
    b'\\"',
    b"\xef\xbb\xbf",
    b"=",
    b"1,5",
    b"2020-",
    b"#",
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1", "utf-32", "utf-7", "shift_jis"]


def fuzz(few: int) -> settings:
    """Return the settings of a fuzz test: few examples, or as many as GATECAST_FUZZ says; always the same ones if few."""
    more = int(os.environ.get("GATECAST_FUZZ", "0"))
    unhealthy = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    return settings(
        max_examples=more or few, deadline=None, derandomize=not more, database=None, suppress_health_check=unhealthy
    )


@st.composite
def tables(draw: st.DrawFn) -> str:
    """The text of a table as people export it: a series, several series, or labelled texts."""
    delimiter, count = draw(st.sampled_from(DELIMITERS)), draw(st.integers(1, 60))
    dates, number = draw(st.sampled_from(DATES)), draw(st.sampled_from(NUMBERS))
    step = draw(st.sampled_from([1, 7, 30, 31, 365]))
    days = [(date(2015, 1, 1) + timedelta(days=step * i)).strftime(dates) for i in range(count)]
    values = [number.format(draw(st.floats(-1e4, 1e7)) if i < 3 else i * 37.5) for i in range(count)]
    words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
    texts = [draw(words) if i < 8 else f"{WORDS[i % len(WORDS)]} number {i}" for i in range(count)]
    labels = [draw(st.sampled_from(LABELS)) if i < 8 else LABELS[i % 2] for i in range(count)]
    columns = {"date": days, "value": values, "text": texts, "label": labels, "id": [f"T{i % 2}" for i in range(count)]}
    chosen = draw(st.lists(st.sampled_from(list(columns)), min_size=1, max_size=5))
    rows = [chosen] * draw(st.integers(0, 1)) + [
        list(row) for row in zip(*(columns[name] for name in chosen), strict=True)
    ]
    quoting = draw(
        st.sampled_from([lambda cell: cell, lambda cell: f'"{cell}"', lambda cell: cell.replace('"', '\\"')])
    )
    lines = [delimiter.join(quoting(cell) for cell in row) for row in rows]
    ending = draw(st.sampled_from(["\n", "\r\n", "\r", ";\n", "\n\n"]))
    return draw(st.sampled_from(ABOVE)) + ending.join(lines) + ending + draw(st.sampled_from(BELOW))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A table in some encoding, with bytes replaced, inserted, removed and repeated."""
    data = bytearray(draw(tables()).encode(draw(st.sampled_from(ENCODINGS)), errors="replace"))
    for _ in range(draw(st.integers(0, 8))):
        place = draw(st.integers(0, len(data)))
        change = draw(st.sampled_from(["insert", "replace", "remove", "repeat", "cut"]))
        piece = draw(st.sampled_from(DAMAGE) | st.binary(max_size=3))
        if change == "insert":
            data[place:place] = piece * draw(st.integers(1, 4))
        elif change == "replace":
            data[place : place + len(piece)] = piece
        elif change == "remove":
            del data[place : place + draw(st.integers(1, 40))]
        elif change == "repeat":
            data[place:place] = data[place : place + draw(st.integers(1, 200))]
        else:
            del data[place + draw(st.integers(0, 400)) :]
    return bytes(data)


def _zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("my.csv", data)
    return file.getvalue()


def files() -> st.SearchStrategy[bytes]:
    """The bytes of a broken file."""
    mixture = st.lists(
        st.sampled_from([*DELIMITERS, '"', "'", "\n", "\r", "1", "a", "2020-01-01", "0,5", "\\"]), max_size=300
    )
    packed = st.builds(
        lambda pack, data: pack(data), st.sampled_from([gzip.compress, bz2.compress, _zipped]), damaged()
    )
    cut = st.builds(lambda data, length: data[:length], packed, st.integers(0, 200))
    heads = st.sampled_from(
        [b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"{", b"["]
    )
    return st.one_of(
        damaged(),
        damaged(),
        damaged(),
        tables().map(str.encode),
        mixture.map(lambda parts: "".join(parts).encode()),
        st.text(max_size=400).map(lambda text: text.encode("utf-8", errors="replace")),
        st.binary(max_size=400),
        packed,
        cut,
        st.builds(bytes.__add__, heads, st.binary(max_size=200)),
    )
