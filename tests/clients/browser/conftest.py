"""A real browser on a running service. Each page is watched: nothing on the console, no request to another host, no breach of the policy."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOTE_BREACHES = (
    "window.breaches = []; addEventListener('securitypolicyviolation', "
    "e => breaches.push(`${e.violatedDirective} ${e.blockedURI}`))"
)
PATIENCE_MS = 300_000  # the tests share their cores with others


@dataclass
class Watch:
    """What a page did that it should not.

    `refuses`: the browser itself writes a line for each refused request. `keeps_out` is an address that the policy keeps out.
    """

    page: Page
    refuses: bool = False
    keeps_out: str | None = None
    messages: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def note(self, message: ConsoleMessage) -> None:
        is_refusal = self.refuses and message.text.startswith("Failed to load resource")
        if not is_refusal and not self.is_kept_out(message.text):
            self.messages.append(f"{message.type}: {message.text}")

    def note_request(self, request: Request) -> None:
        if not self.is_kept_out(request.url):
            self.hosts.add(urlsplit(request.url).netloc)

    def is_kept_out(self, text: str) -> bool:
        return self.keeps_out is not None and self.keeps_out in text

    def check(self) -> None:
        assert self.messages == []
        assert self.hosts <= {urlsplit(self.page.url).netloc, ""}
        assert [each for each in self.page.evaluate("window.breaches") if not self.is_kept_out(each)] == []


Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.skip(f"no Chromium is installed (looked for {', '.join(NAMES)})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"], timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, service_url: str) -> Iterator[Visit]:
    """Open the playground in a new profile: visit(width=375, scheme="dark", refuses=True, …) → page."""
    watches: list[Watch] = []

    def open_page(
        url: str = f"{service_url}/",
        width: int = 1280,
        scheme: str = "light",
        refuses: bool = False,
        keeps_out: str | None = None,
        **options: Any,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, **options)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(NOTE_BREACHES)
        page = context.new_page()
        watch = Watch(page, refuses, keeps_out)
        page.on("console", watch.note)
        page.on("pageerror", lambda error: watch.messages.append(str(error)))
        page.on("request", watch.note_request)
        watches.append(watch)
        page.goto(url)
        page.wait_for_load_state("networkidle")
        return page

    yield open_page
    for watch in watches:
        watch.check()
        watch.page.context.close()


@pytest.fixture(scope="session")
def api_key() -> str:
    """The key that `guarded_url` asks for."""
    return "gc_a_key_that_only_this_test_knows"


@pytest.fixture(scope="session")
def guarded_url(start_service: Callable[..., str], api_key: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A service that asks for `api_key`, and takes ten requests with it, then none for minutes: however slow the browser is."""
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    key = {"name": "test", "sha256": hashlib.sha256(api_key.encode()).hexdigest(), "rate_requests": 10 / 3600}
    file.write_text(json.dumps({"keys": [key | {"scopes": ["forecast", "sentiment", "models"]}]}))
    return start_service(GATECAST_API_KEYS_FILE=str(file), GATECAST_RATE_BURST_S="3600")
