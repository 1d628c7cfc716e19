"""The page as a page: keyboard, phone, both schemes, accessibility, policy, and a path of a proxy."""

import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe

MAX_TABS = 40


def show_results(page, panel):
    """Something to look at: an answer with warnings and everything opened, or a refusal."""
    if panel == "forecast":
        page.get_by_role("button", name="Typing slip", exact=True).click()
        page.locator("#forecast-results .facts").wait_for()
    elif panel == "sentiment":
        page.get_by_role("tab", name="Sentiment").click()
        page.get_by_role("button", name="Mixed").click()
        page.locator(".verdict").wait_for()
    elif panel == "error":
        page.get_by_label("Readings").fill("1 2 3")
        page.get_by_label("Horizon").fill("0")
        page.get_by_role("button", name="Forecast", exact=True).click()
        page.locator(".notice.bad").wait_for()
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")


def tab_to(page, selector):
    """Press Tab until an element has the focus."""
    for _ in range(MAX_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} was not reached with {MAX_TABS} tabs")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("panel", ["empty", "forecast", "sentiment", "error"])
def test_axe_finds_nothing_serious(visit, panel, scheme):
    """Contrast, names, roles and landmarks, with results shown."""
    page = visit(scheme=scheme, refuses=panel == "error", reduced_motion="reduce")
    show_results(page, panel)
    found = Axe().run(page).response["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in serious] == []


@pytest.mark.parametrize("panel", ["empty", "forecast", "sentiment", "error"])
def test_a_phone_scrolls_down_only(visit, panel):
    """At 375 pixels nothing is wider than the screen, and targets are large enough."""
    page = visit(width=375, refuses=panel == "error", has_touch=True, reduced_motion="reduce")
    show_results(page, panel)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    heights = page.locator("button:visible").evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
    assert min(heights) >= 24


def test_light_and_dark_follow_the_system(visit):
    """Ink on paper, and the other way round."""
    colours = [
        visit(scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor") for scheme in ("light", "dark")
    ]
    light, dark = (sum(map(int, colour[4:-1].split(","))) for colour in colours)
    assert (light > 600, dark < 150) == (True, True)


def test_everything_is_done_with_the_keyboard(visit):
    """The skip link, an example, the picture, the other tab, a text, and the answer."""
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    tab_to(page, "#series-examples button")
    page.keyboard.press("Enter")
    page.locator("#forecast-results .facts").wait_for()
    tab_to(page, ".plot")
    page.keyboard.press("ArrowRight")
    assert "forecast" in page.locator(".chart .readout").inner_text()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.locator("#tab-forecast").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-sentiment"
    page.wait_for_url("**#sentiment")
    tab_to(page, "#text")
    page.keyboard.type("A superb film.")
    page.keyboard.press("Control+Enter")
    page.locator(".verdict").wait_for()
    assert page.locator("#status").inner_text().startswith("positive")


def test_a_second_visit_asks_but_is_not_sent_the_files_again(visit):
    """By their ETags."""
    page = visit()
    statuses = []
    page.on("response", lambda reply: "/playground/" in reply.url and statuses.append(reply.status))
    page.reload()
    page.wait_for_load_state("networkidle")
    assert set(statuses) <= {200, 304}
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').filter(e => e.name.includes('/playground/')).map(e => e.transferSize)"
    )
    assert sizes
    assert max(sizes) < 1_000


@pytest.mark.parametrize(("path", "keeps_out"), [("docs", None), ("redoc", "https://cdn.redoc.ly/")])
def test_the_documentation_starts_without_inline_script(visit, service_url, path, keeps_out):
    """Both are whole, and within their policy, which keeps out the logo of ReDoc's maker."""
    page = visit(f"{service_url}/{path}", keeps_out=keeps_out)
    page.get_by_text("/forecast/batch").first.wait_for()
    assert page.locator("script:not([src])").count() == 0


@pytest.fixture
def proxied_url(service_url: str) -> Iterator[str]:
    """A proxy that offers the service at /some/path, and hands requests on without it."""

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
            headers = {name: value for name, value in self.headers.items() if name.startswith("Content-T")}
            url = service_url + self.path.removeprefix("/some/path")
            try:
                with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=300) as reply:
                    content, kind, status = reply.read(), reply.headers["Content-Type"], reply.status
            except urllib.error.HTTPError as error:
                content, kind, status = error.read(), error.headers["Content-Type"], error.code
            self.send_response(status if self.path.startswith("/some/path/") else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the name that the library calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/some/path/"
    server.shutdown()
    server.server_close()


def test_the_page_holds_under_a_path_of_a_proxy(visit, proxied_url):
    """Its files, its requests and the code that it shows are all below the path."""
    page = visit(proxied_url)
    page.get_by_role("button", name="Monthly", exact=True).click()
    page.locator("#forecast-results .facts").wait_for()
    assert f"{proxied_url}forecast" in page.locator("pre code").last.text_content()
