"""The original files of some sets, read as records: each function reads the content of one file. Malformed files raise DataError."""

import csv
import html
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any

from training.data.opinions.trees import detokenize, subtrees
from training.data.tables import DataError

MAX_MEMBER_BYTES = 1 << 26  # of a file in an archive
NEUTRAL_BELOW = 0.5  # of a mean rating from -4 to 4
STRENGTH = re.compile(r"\[([+-])\d?\]")
PRO_OR_CON = re.compile(r"\s*<(Pros|Cons)>(.*)</(?:Pros|Cons)>")


@dataclass(frozen=True)
class Record:
    """One text: `label` is 1 for positive, 0 for negative, None for neutral. `group` names what it was taken from."""

    text: str
    label: int | None
    domain: str
    grade: float | None = None
    group: str = ""


Read = Callable[[bytes], list[Record]]


def _reader(function: Callable[[bytes], Iterator[Record]]) -> Read:
    """Make a list, without empty texts and with HTML unescaped, and turn faults of the format into DataError."""

    @wraps(function)
    def read(content: bytes) -> list[Record]:
        try:
            found = [
                Record(html.unescape(r.text).strip(), r.label, r.domain, r.grade, r.group) for r in function(content)
            ]
        except (
            ValueError,
            KeyError,
            IndexError,
            TypeError,
            csv.Error,
            zipfile.BadZipFile,
            NotImplementedError,
        ) as error:
            raise DataError(f"not in the format of the original: {type(error).__name__}: {error}") from error
        if not found:
            raise DataError("not in the format of the original: no records")
        return [record for record in found if record.text]

    return read


def vader(domain: str) -> Read:
    """Lines of an id, the mean of the ratings, and the text, with tabs between. The id begins with the source's number."""

    @_reader
    def read(content: bytes) -> Iterator[Record]:
        for line in content.decode("utf-8-sig").splitlines():
            number, rating, text = line.split("\t", 2)
            mean = float(rating)
            label = None if abs(mean) < NEUTRAL_BELOW else int(mean > 0)
            yield Record(text, label, domain, mean, group=number.split("_")[0])

    return read


@_reader
def goemotions(content: bytes) -> Iterator[Record]:
    """Lines of the text, the groups of its emotions, and an id: 0 is ambiguous, 1 negative, 2 neutral, 3 positive.

    Texts with an ambiguous emotion, or with both a negative and a positive one, are left out.
    """
    for line in content.decode("utf-8").splitlines():
        text, groups, _ = line.rsplit("\t", 2)
        found = {int(group) for group in groups.split(",")}
        if 0 not in found and not {1, 3} <= found:
            yield Record(text, 1 if 3 in found else 0 if 1 in found else None, "reddit")


@_reader
def counterfactual(content: bytes) -> Iterator[Record]:
    """A table with tabs between the columns Sentiment (Positive or Negative) and Text."""
    for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter="\t"):
        yield Record(row["Text"], {"Negative": 0, "Positive": 1}[row["Sentiment"]], "film_long")


@_reader
def sst(content: bytes) -> Iterator[Record]:
    """A tree a line, "(3 (2 It) (4 works))": the level of each phrase from 0 to 4. These are the whole sentences."""
    for line in content.decode("utf-8").splitlines():
        *_, (level, words) = subtrees(line)
        yield Record(detokenize(words), {0: 0, 1: 0, 2: None, 3: 1, 4: 1}[level], "film", level)


@_reader
def sst_phrases(content: bytes) -> Iterator[Record]:
    """The phrases of the same trees, of two words or more and with an opinion; each once."""
    seen: set[str] = set()
    for line in content.decode("utf-8").splitlines():
        *phrases, _ = subtrees(line)
        for level, words in phrases:
            text = detokenize(words)
            if len(words) > 1 and level != 2 and text not in seen:
                seen.add(text)
                yield Record(text, int(level > 2), "film_phrase", level)


@_reader
def opener(content: bytes) -> Iterator[Record]:
    """A JSON list of sentences with the polarity of each expression; sentences with both polarities are left out."""
    sentences: list[dict[str, Any]] = json.loads(content)
    for sentence in sentences:
        found = {opinion["Polarity"] for opinion in sentence["opinions"]} - {"Neutral", None}
        if len(found) < 2:
            label = {"Negative": 0, "Positive": 1}[found.pop()] if found else None
            yield Record(detokenize(sentence["text"].split()), label, "hotel")


@_reader
def product_reviews(content: bytes) -> Iterator[Record]:
    """An archive of a file for each product, of lines "feature[+2], other[-1]##sentence"; "[t]" begins a title.

    Sentences with both signs are left out; those with none are neutral.
    """
    for name, text in _members(content, "utf-8"):
        domain = "product_" + re.sub(r"\W+", "_", name.casefold()).strip("_")
        for line in text.splitlines():
            features, mark, sentence = line.partition("##")
            signs = set(STRENGTH.findall(features))
            if mark and not line.startswith("[t]") and len(signs) < 2:
                yield Record(sentence, int(signs.pop() == "+") if signs else None, domain)


@_reader
def pros_cons(content: bytes) -> Iterator[Record]:
    """An archive of two files, of lines such as "<Pros>light, cheap</Pros>"."""
    for _, text in _members(content, "iso-8859-2"):
        for line in text.splitlines():
            if match := PRO_OR_CON.match(line):
                yield Record(match[2], int(match[1] == "Pros"), "product_pros_cons")


def _members(content: bytes, encoding: str) -> Iterator[tuple[str, str]]:
    """The name without suffix and the text of each text file of an archive, but not of what says README."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            name = member.filename.rsplit("/", 1)[-1]
            if not name.endswith(".txt") or name.lower().startswith("readme"):
                continue
            if member.file_size > MAX_MEMBER_BYTES:
                raise ValueError(f"{name} is larger than {MAX_MEMBER_BYTES} bytes")
            yield name.removesuffix(".txt"), archive.read(member).decode(encoding, "replace")
