"""Tables of a page: each scrolls inside its own box, so that the page never does."""

import re
from collections.abc import Sequence
from html import escape

from training.reporting.figures import percent
from training.reporting.tables import Row, is_number

MAX_SHORT = 24  # letters of a cell that is not wrapped
LINK = re.compile(r"\[([^\[\]]+)\]\((https://[^\s()<>\"']+)\)")  # of Markdown


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
