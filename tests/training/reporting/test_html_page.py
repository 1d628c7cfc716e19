"""One HTML page that needs no other file."""

import base64

import pytest

from training.reporting import html_page

HOSTILE = "<script>alert('a' & \"b\")</script>"
SAFE = "&lt;script&gt;alert(&#x27;a&#x27; &amp; &quot;b&quot;)&lt;/script&gt;"


def test_a_page_holds_its_pictures_and_escapes_its_texts(tmp_path):
    """A PNG is embedded, and its caption is its alternative text."""
    picture = tmp_path / "a.png"
    picture.write_bytes(b"PNG")
    parts = [html_page.heading("<h>"), html_page.figures({picture: "a <caption>"})]
    page = html_page.write(tmp_path / "new" / "report.html", "a < b", "Use a & b.", *parts).read_text("utf-8")
    assert "<title>a &lt; b</title>" in page
    assert '<p class="say">Use a &amp; b.</p>' in page
    assert "<h2>&lt;h&gt;</h2>" in page
    assert f"data:image/png;base64,{base64.b64encode(b'PNG').decode()}" in page
    assert page.count("a &lt;caption&gt;") == 2


@pytest.mark.parametrize(
    "part",
    [
        html_page.heading(HOSTILE),
        html_page.subheading(HOSTILE),
        html_page.paragraph(HOSTILE),
        html_page.bullets([HOSTILE]),
        html_page.facts({HOSTILE: HOSTILE}),
        html_page.code(HOSTILE),
        html_page.details(HOSTILE),
        html_page.table((HOSTILE, "b"), [(HOSTILE, HOSTILE)], caption=HOSTILE),
        html_page.confusion([HOSTILE, "b"], [[1, 2], [3, 4]]),
        html_page.link(HOSTILE, HOSTILE),
    ],
)
def test_every_part_escapes_its_texts(part):
    """A column's name, a file's name or a remark may hold HTML."""
    assert "<script" not in part
    assert SAFE in part


def test_a_page_follows_the_reader_s_choice_and_fits_a_phone(tmp_path):
    """It names the width, has colours for light and dark, loads nothing and runs nothing."""
    page = html_page.write(tmp_path / "report.html", "a", "b").read_text("utf-8")
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert "prefers-color-scheme:dark" in page
    assert "--ink:" in page
    assert "@media print" in page
    assert "default-src 'none'" in page
    assert not [banned for banned in ("<script", "@import", "url(") if banned in page]


def test_a_long_page_links_its_headings_in_order(tmp_path):
    """Two sections may have the same title."""
    parts = [html_page.heading(title) for title in ("a", "b & c", "a", "d")]
    page = html_page.write(tmp_path / "report.html", "a", "b", *parts).read_text("utf-8")
    assert page.index('<h2 id="part-1">a') < page.index('<h2 id="part-2">b &amp; c') < page.index('<h2 id="part-3">a')
    assert '<a href="#part-2">b &amp; c</a>' in page


def test_columns_of_numbers_are_aligned_and_the_best_row_is_marked():
    """A dash stands for no number, an interval may follow a number."""
    table = html_page.table(
        ("name", "RMSE", "said"), [("gru", "1.5 [1.2, 1.8]", "1"), ("naive", "–", "no <b> but a long sentence")], best=1
    )
    assert '<th scope="col" class="n">RMSE</th><th scope="col" class="t">said</th>' in table
    assert (
        '<tr class="best"><th scope="row" class="s">naive</th><td class="n">–</td><td class="t">no &lt;b&gt; but'
        in table
    )


def test_no_row_of_a_table_need_be_the_best():
    """A table without a winner marks nothing."""
    assert "best" not in html_page.table(("name",), [("gru",)], best=None)


def test_a_confusion_table_shades_the_shares_of_each_row():
    """A class without texts has shares of 0."""
    table = html_page.confusion(["no", "yes"], [[3, 1], [0, 0]])
    assert '<td class="right" style="--share:0.75">3 <small>75 %</small></td>' in table
    assert '<td class="right" style="--share:0.00">0 <small>0 %</small></td>' in table


@pytest.mark.parametrize("address", ["javascript:alert(1)", " data:text/html,a", "JavaScript:x"])
def test_a_link_opens_a_page_and_never_runs_one(address):
    """Only relative and web addresses are links."""
    with pytest.raises(ValueError, match="no link"):
        html_page.link(address, "a")


def test_parts_without_content_leave_nothing_behind():
    """An empty list, an empty box or an empty grid would be read out by a screen reader."""
    assert html_page.bullets([]) == html_page.facts({}) == html_page.figures({}) == ""


def test_a_table_of_links_has_links_and_other_tables_have_none():
    """A name that only looks like a link of Markdown leads nowhere unless the caller asks for it."""
    rows = [("[a & b](https://example.org/?a=1&b=2)",), ("[c](javascript:alert(1))",)]
    linked = html_page.table(("set",), rows, links=True)
    assert '<a href="https://example.org/?a=1&amp;b=2">a &amp; b</a>' in linked
    assert linked.count("<a ") == 1
    assert "<a " not in html_page.table(("set",), rows)
