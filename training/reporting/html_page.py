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
from training.reporting.figures import percent
from training.reporting.page_style import STYLE
from training.reporting.tables import Row, is_number

MAX_SHORT = 24  # letters of a cell that is not wrapped
MIN_HEADINGS = 4  # a shorter page has no list of its headings
# the browser itself then refuses whatever a page should not do
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
LINK = re.compile(r"\[([^\[\]]+)\]\((https://[^\s()<>\"']+)\)")  # of Markdown
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


def table(header: Row, rows: Sequence[Row], best: int | None = 0, *, caption: str = "", links: bool = False) -> str:
    """Return a table that scrolls inside its own box; the row with the index `best` is marked.

    Columns of numbers are aligned to the right. With `links`, which is not for texts of users, a cell that is a link of
    Markdown becomes a link.
    """
    kinds = [_kind([row[number] for row in rows]) for number in range(len(header))]
    head = "".join(
        f'<th scope="col"{_class(kind)}>{escape(cell)}</th>' for cell, kind in zip(header, kinds, strict=True)
    )
    body = "".join(
        f"<tr{_class('best' if number == best else '')}>{_cells(row, kinds, links)}</tr>\n"
        for number, row in enumerate(rows)
    )
    return _box(f"<table>{_caption(caption)}<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>", caption)


def _kind(cells: Sequence[str]) -> str:
    """The class of a column: numbers, short texts that are not wrapped, or texts."""
    if all(map(is_number, cells)):
        return "n"
    return "s" if max(map(len, cells)) <= MAX_SHORT else "t"


def _cells(row: Row, kinds: Sequence[str], links: bool) -> str:
    texts = [_cell(cell, links) for cell in row]
    first = f'<th scope="row"{_class(kinds[0])}>{texts[0]}</th>'
    return first + "".join(f"<td{_class(kind)}>{text}</td>" for text, kind in zip(texts[1:], kinds[1:], strict=True))


def _cell(cell: str, links: bool) -> str:
    found = LINK.fullmatch(cell) if links else None
    return escape(cell) if found is None else f'<a href="{escape(found[2])}">{escape(found[1])}</a>'


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _caption(text: str) -> str:
    return f"<caption>{escape(text)}</caption>" if text else ""


def _box(content: str, label: str) -> str:
    """A box that scrolls by itself; it can be reached with the keyboard, so it needs a name."""
    return f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(label or "table")}">{content}</div>\n'


def confusion(classes: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Return a table of counts: a row for each true class, a column for each predicted one; shaded by the row's shares."""
    head = "".join(f'<th scope="col" class="n">{escape(name)}</th>' for name in classes)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{_shaded(row, number)}</tr>\n'
        for number, (name, row) in enumerate(zip(classes, counts, strict=True))
    )
    caption = "Rows: the true class; columns: the predicted one; the shares are of the row."
    return _box(
        f'<table class="confusion">{_caption(caption)}<thead><tr><td></td>{head}</tr></thead>\n<tbody>{body}</tbody></table>',
        "confusion table",
    )


def _shaded(row: Sequence[int], right: int) -> str:
    total = max(1, sum(row))
    return "".join(
        f'<td{_class("right" if number == right else "")} style="--share:{count / total:.2f}">{count:,}'
        f" <small>{percent(count / total, 0)}</small></td>"
        for number, count in enumerate(row)
    )


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
