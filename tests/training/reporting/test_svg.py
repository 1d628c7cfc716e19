"""Pictures inside a page: the page's colours, ids of their own, nothing of a file's head."""

import re

import numpy as np
import pytest

from training.reporting import html_page, plots, svg

SOURCE = """<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C" "http://www.w3.org/svg.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="10pt" height="5pt" viewBox="0 0 10 5" xmlns="http://www.w3.org/2000/svg">
<metadata><a href="http://example.org"/></metadata>
<defs><path id="m1" d="M 0 0" style="stroke: #0b6e99"/></defs><g id="idle"><!-- note --><use xlink:href="#m1"/></g>
<path clip-path="url(#c1)" style="fill: #123456"/><clipPath id="c1"/><text style="fill: #1f2933">#1f2933 m1</text></svg>"""


def test_a_picture_takes_the_page_s_colours_and_width():
    """Known colours become variables, others and texts stay, and nothing fixes the size or names another address."""
    picture = svg.inline(SOURCE, "a < b")
    assert picture.startswith('<svg role="img" aria-label="a &lt; b" viewBox="0 0 10 5">')
    assert "stroke: var(--accent)" in picture
    assert "fill: #123456" in picture
    assert '<text style="fill: var(--ink)">#1f2933 m1</text>' in picture
    assert not [part for part in ("http", "width=", "DOCTYPE", "note", "idle") if part in picture]


def test_ids_of_two_pictures_differ_and_still_lead_to_what_they_name():
    """Two pictures of the same plot have the same ids in their files."""
    page = svg.number_ids(svg.inline(SOURCE, "one") + "<p>#m1</p>" + svg.inline(SOURCE, "two"))
    ids = re.findall(r' id="([^"]+)"', page)
    assert ids == ["p1-m1", "p1-c1", "p2-m1", "p2-c1"]
    assert re.findall(r'href="#([^"]+)"', page) == ["p1-m1", "p2-m1"]
    assert re.findall(r"url\(#([^)]+)\)", page) == ["p1-c1", "p2-c1"]
    assert "<p>#m1</p>" in page


def test_something_else_is_no_picture():
    """An error names what is missing, instead of a page with a hole."""
    with pytest.raises(ValueError, match="viewBox"):
        svg.inline("<html></html>", "a")


def test_a_plot_keeps_letters_as_text_and_hostile_ones_as_letters(tmp_path):
    """A title with dollars is no formula, and one with tags no element."""
    path = tmp_path / "plot.svg"
    plots.by_step(path, "<script>--> $a$ & $", {"</svg><b>": np.arange(3.0), "two": np.ones(3)})
    picture = html_page.figures({path: "error"})
    assert "&lt;script&gt;--&gt; $a$ &amp; $</text>" in picture
    assert "system-ui" in picture
    assert picture.count("</svg>") == 1
    assert "<script" not in picture
    assert "<b>" not in picture


def test_the_same_plot_gives_the_same_file(tmp_path):
    """Files hold no date and no random ids."""
    paths = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for path in paths:
        plots.by_step(path, "RMSE", {"a": np.arange(3.0)}, [0.8])
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_large_readings_have_their_thousands_set_off(tmp_path):
    """An exponent above the axis is easily missed."""
    path = tmp_path / "plot.svg"
    plots.by_step(path, "RMSE", {"a": np.array([1e6, 3e6])})
    assert ">2,000,000</text>" in path.read_text("utf-8")
