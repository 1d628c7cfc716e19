"""Pictures of matplotlib inside a page: SVG with the page's colours, and ids that are unique there."""

import re
from html import escape
from itertools import count

from training.reporting.colours import VARIABLES

# what a file of its own needs and a page does not
DROPPED = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)
ROOT = re.compile(r"<svg\b[^>]*?\bviewBox=\"([-\d. ]+)\"[^>]*>", re.DOTALL)
PICTURE = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
ID = re.compile(r' id="([^"]+)"')
REFERENCE = re.compile(r'url\(#([^)]+)\)|(?:xlink:)?href="#([^"]+)"')
COLOUR = re.compile(r"#[0-9a-f]{6}\b")


def inline(text: str, description: str) -> str:
    """Return the text of an SVG file as part of a page: as wide as its place, its colours the page's variables.

    Raises ValueError for a text without an `svg` element that has a viewBox.
    """
    body = DROPPED.sub("", text).strip()
    root = ROOT.search(body)
    if root is None:
        raise ValueError("no SVG with a viewBox")
    head = f'<svg role="img" aria-label="{escape(description)}" viewBox="{root[1]}">'
    body = body[root.end() :].replace("xlink:href=", "href=")
    return head + _recolour(_without_idle_ids(body)).replace("\n", " ")


def _recolour(body: str) -> str:
    """Colours stand in tags alone: a text such as #ffffff stays as it is."""
    return re.sub(r"<[^>]+>", lambda tag: COLOUR.sub(lambda found: VARIABLES.get(found[0], found[0]), tag[0]), body)


def _without_idle_ids(body: str) -> str:
    used = {first or second for first, second in REFERENCE.findall(body)}
    return ID.sub(lambda found: found[0] if found[1] in used else "", body)


def number_ids(page: str) -> str:
    """Return the page with the ids of each picture marked by the picture's number, where they stand and where they are used."""
    numbers = count(1)
    return PICTURE.sub(lambda picture: _mark(picture[0], f"p{next(numbers)}-"), page)


def _mark(picture: str, mark: str) -> str:
    def tag(found: re.Match[str]) -> str:
        text = ID.sub(rf' id="{mark}\1"', found[0])
        return text.replace("url(#", f"url(#{mark}").replace('href="#', f'href="#{mark}')

    return re.sub(r"<[^>]+>", tag, picture)
