"""One HTML page with its style and pictures inside it; the reports of training runs are written with it.

A page loads nothing and runs nothing, fits a phone, and follows the reader's choice of light or dark. Every function here
escapes its texts; parts are HTML that another of these functions returned.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from training.reporting import svg
from training.reporting.html_tables import confusion, table
from training.reporting.page_style import STYLE

__all__ = [
    "bullets",
    "code",
    "confusion",
    "details",
    "download",
    "facts",
    "figures",
    "heading",
    "link",
    "paragraph",
    "subheading",
    "table",
    "write",
]

MIN_HEADINGS = 4  # a shorter page has no list of its headings
# the browser itself then refuses whatever a page should not do
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
SECTION = re.compile(r"<h2>(.*?)</h2>")


def write(path: Path, title: str, summary: str, *parts: str) -> Path:
    """Write a page with a title, a summary and then its parts, which are HTML; return its path."""
    body, contents = _link_headings("".join(parts))
    text = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p class="say">{escape(summary)}</p>
{contents}{svg.number_ids(body)}
</main>
</body>
</html>
"""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", errors="replace")  # a lone surrogate in a file's name
    return path


def _link_headings(body: str) -> tuple[str, str]:
    """The parts with an id for each heading, and a list of links to them, which a short page does not need."""
    titles = SECTION.findall(body)
    if len(titles) < MIN_HEADINGS:
        return body, ""
    for number, title in enumerate(titles, 1):
        body = body.replace(f"<h2>{title}</h2>", f'<h2 id="part-{number}">{title}</h2>', 1)
    links = "".join(f'<li><a href="#part-{number}">{title}</a></li>' for number, title in enumerate(titles, 1))
    return body, f'<nav aria-label="On this page"><ul>{links}</ul></nav>\n'


def heading(text: str) -> str:
    """Return the heading of a section."""
    return f"<h2>{escape(text)}</h2>\n"


def subheading(text: str) -> str:
    """Return a heading inside a section."""
    return f"<h3>{escape(text)}</h3>\n"


def paragraph(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{escape(text)}</p>\n"


def bullets(lines: Sequence[str]) -> str:
    """Return a list with a bullet a line; nothing without lines."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>\n" if lines else ""


def facts(values: Mapping[str, str]) -> str:
    """Return label and sentence side by side, such as what was understood of a file; nothing without values."""
    items = "".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in values.items())
    return f"<dl>{items}</dl>\n" if values else ""


def code(text: str) -> str:
    """Return a text to copy, such as a request; a click selects all of it."""
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>\n'


def details(title: str, *parts: str) -> str:
    """Return parts that are closed until a reader opens them."""
    return f"<details><summary>{escape(title)}</summary>\n{''.join(parts)}</details>\n"


def link(address: str, text: str) -> str:
    """Return a paragraph with a link to a file beside the page or to another page.

    Raises ValueError for an address that a browser would run instead of opening.
    """
    if re.match(r"\s*(?!https?:)[a-z][a-z0-9+.-]*:", address, re.IGNORECASE):
        raise ValueError(f"no link to {address!r}")
    return f'<p><a href="{escape(address)}">{escape(text)}</a></p>\n'


def download(name: str, text: str, label: str) -> str:
    """Return a paragraph with a link that saves a text, which is part of the page, as a file of that name."""
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode()
    address = f"data:application/octet-stream;base64,{encoded}"
    return f'<p><a download="{escape(name)}" href="{address}">{escape(label)}</a></p>\n'


def figures(captions: Mapping[Path, str]) -> str:
    """Return pictures, each with its caption: an SVG becomes part of the page in the page's colours, a PNG is embedded."""
    items = "".join(
        f"<figure>{_picture(path, caption)}<figcaption>{escape(caption)}</figcaption></figure>\n"
        for path, caption in captions.items()
    )
    return f'<div class="figures">{items}</div>\n' if items else ""


def _picture(path: Path, caption: str) -> str:
    if path.suffix == ".svg":
        return svg.inline(path.read_text("utf-8"), caption)
    encoded = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{escape(caption)}" src="data:image/png;base64,{encoded}">'
