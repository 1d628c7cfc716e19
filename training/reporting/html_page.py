"""One HTML page with its style and pictures inside it; the reports of training runs are written with it."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from training.reporting.tables import Row

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } th, td { padding: .25rem .7rem; text-align: right }
th { border-bottom: 1px solid #9fb3c8 } td:first-child, th:first-child { text-align: left }
tr.best { background: #eef6fa } img { max-width: 100% } .say { border-left: 4px solid #0b6e99; padding: .4rem 1rem }
"""


def write(path: Path, title: str, summary: str, *parts: str) -> Path:
    """Write a page with a title, a summary and then its parts, which are HTML; return its path."""
    text = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>
<style>{STYLE}</style><h1>{escape(title)}</h1>
<p class="say">{escape(summary)}</p>
{"".join(parts)}</html>
"""
    path.write_text(text, "utf-8")
    return path


def heading(text: str) -> str:
    """Return a heading; the text is escaped, as in every function here."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{escape(text)}</p>"


def bullets(lines: Sequence[str]) -> str:
    """Return a list with a bullet a line."""
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def table(header: Row, rows: Sequence[Row], best: int | None = 0) -> str:
    """Return a table; the row with the index `best` is marked."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(
        f"<tr{' class=best' if number == best else ''}>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for number, row in enumerate(rows)
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def figures(captions: Mapping[Path, str]) -> str:
    """Return PNG files, each with its caption; the files are embedded."""
    return "".join(
        f'<figure><img alt="{escape(caption)}" src="data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for path, caption in captions.items()
    )
