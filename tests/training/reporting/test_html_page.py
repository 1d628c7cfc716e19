"""One HTML page that needs no other file."""

import base64

from training.reporting import html_page


def test_a_page_holds_its_pictures_and_escapes_its_texts(tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"PNG")
    path = html_page.write(
        tmp_path / "report.html",
        "a < b",
        "Use a & b.",
        html_page.heading("<h>"),
        html_page.paragraph("<p>"),
        html_page.bullets(["<1>", "2"]),
        html_page.table(("name", "<error>"), [("gru", "1"), ("naive", "2")], best=1),
        html_page.figures({picture: "a <caption>"}),
    )
    page = path.read_text("utf-8")
    assert "<title>a &lt; b</title>" in page
    assert '<p class="say">Use a &amp; b.</p>' in page
    assert "<h2>&lt;h&gt;</h2><p>&lt;p&gt;</p><ul><li>&lt;1&gt;</li><li>2</li></ul>" in page
    assert "<tr><td>gru</td><td>1</td></tr><tr class=best><td>naive</td><td>2</td></tr>" in page
    assert f"data:image/png;base64,{base64.b64encode(b'PNG').decode()}" in page
    assert page.count("a &lt;caption&gt;") == 2


def test_no_row_of_a_table_need_be_the_best():
    assert "best" not in html_page.table(("name",), [("gru",)], best=None)
