"""docs/recurrent_networks.md: its code gives what it prints, and its pictures and links are there."""

import contextlib
import io
import re
from typing import Any

import pytest
from PIL import Image

from tests.processes import ROOT
from training.theory.__main__ import DIAGRAMS

DOCS = ROOT / "docs"
PAGE = (DOCS / "recurrent_networks.md").read_text("utf-8")
BLOCK = re.compile(r"```python\n(?P<code>.*?)```\n(?:\n```text\n(?P<printed>.*?)```\n)?", re.DOTALL)
PICTURES = re.findall(r"!\[(.*?)\]\((.*?)\)", PAGE, flags=re.DOTALL)


def test_every_block_prints_what_the_page_says():
    """The blocks are one session: later ones use what earlier ones defined."""
    names: dict[str, Any] = {}
    blocks = list(BLOCK.finditer(PAGE))
    assert len(blocks) == PAGE.count("```python") > 10
    for block in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(block["code"], names)
        assert printed.getvalue() == (block["printed"] or ""), block["code"]


def test_every_output_belongs_to_a_block():
    assert PAGE.count("```text") == sum(block["printed"] is not None for block in BLOCK.finditer(PAGE))


@pytest.mark.parametrize("path", [path for _, path in PICTURES])
def test_a_picture_is_small_and_white(path):
    """A transparent one could not be read in a dark window."""
    file = DOCS / path
    assert file.stat().st_size < 120_000
    with Image.open(file) as picture:
        assert picture.convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)


def test_the_page_shows_every_picture_and_describes_it():
    assert {path for _, path in PICTURES} == {f"pictures/theory_{name}.png" for name in (*DIAGRAMS, "gates")}
    assert all(len(text) > 20 for text, _ in PICTURES)


def test_every_link_leads_to_a_file():
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", PAGE)]
    assert all((DOCS / link).resolve().exists() for link in links if not link.startswith("http")), links


def test_every_link_within_the_page_leads_to_a_heading():
    headings = re.findall(r"^#+ (.*)$", PAGE, flags=re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors
