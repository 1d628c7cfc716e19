"""The playground, /docs and /redoc are whole without internet, under any path, and without inline script."""

import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

import service.http

PAGES = ["/", "/docs", "/redoc"]
FILES = Path(service.http.__file__).parent
# what the HTML loads or leads to
REFERENCE = re.compile(r"""(?:href|src|spec-url)="([^"#]+)\"""")
IMPORT = re.compile(r"""(?:from|import) "\./([^"]+)\"""")
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    "": "text/html; charset=utf-8",
}
LEAVES = ["playground/app.js", "playground/page.css", "playground/icon.svg", "static/docs.js", "static/redoc.css"]


def references(page: httpx.Response, address: str | None = None) -> list[str]:
    """The URLs that a page loads, as a browser resolves them that has it from `address`."""
    found = REFERENCE.findall(page.text)
    assert len(found) >= 3, page.text
    return [urljoin(address or str(page.url), reference) for reference in found]


def directives(page: httpx.Response) -> dict[str, list[str]]:
    """The page's Content-Security-Policy."""
    parts = [part.split() for part in page.headers["content-security-policy"].split(";")]
    return {name: values for name, *values in parts}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_all_that_a_page_refers_to_is_served(client, path, method):
    page = client.get(path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for url in references(page):
        reply = client.request(method, url)
        suffix = Path(urlsplit(url).path).suffix
        assert (reply.status_code, reply.headers["content-type"]) == (200, TYPES[suffix]), url


def test_every_module_of_the_playground_is_served_and_imports_only_such(client):
    """Files that no page names, and those that are named but missing, would both be found here."""
    modules = {path.name: path.read_text("utf-8") for path in (FILES / "playground").glob("*.js")}
    imported = {name for text in modules.values() for name in IMPORT.findall(text)}
    assert imported | {"app.js"} == set(modules)
    assert all(client.get(f"/playground/{name}").text == text for name, text in modules.items())


@pytest.mark.parametrize("path", PAGES)
def test_a_page_refers_to_no_other_host(client, path):
    page = client.get(path)
    assert {urlsplit(url).netloc for url in references(page)} == {page.url.host}


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_allows_scripts_of_this_host_that_are_files_and_nothing_else(client, path):
    """No page has script in it; nothing may come from, or go to, another host. The playground's styles are files too."""
    page = client.get(path)
    policy = directives(page)
    assert re.findall(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", page.text) == []
    assert (policy.pop("script-src"), policy.pop("default-src")) == (["'self'"], ["'none'"])
    assert policy.pop("style-src") == (["'self'"] if path == "/" else ["'self'", "'unsafe-inline'"])
    assert policy.pop("worker-src", None) == (None if path == "/" else ["blob:"])
    assert policy == {
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }


@pytest.mark.parametrize("path", [*PAGES, *(f"/{leaf}" for leaf in LEAVES), "/static/redoc.standalone.js"])
def test_a_browser_asks_again_guesses_no_type_and_tells_no_referrer(client, path):
    headers = client.get(path).headers
    names = ("cache-control", "x-content-type-options", "referrer-policy")
    assert [headers[name] for name in names] == ["no-cache", "nosniff", "no-referrer"]


def test_swagger_asks_no_validator_of_another_host(client):
    assert "validatorUrl: null" in client.get("/static/docs.js").text


@pytest.mark.parametrize("path", ["/static/swagger-ui-bundle.js", "/static/favicon.png"])
def test_who_has_a_file_already_is_not_sent_it_again(client, path):
    first = client.get(path)
    by_tag = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    by_date = client.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})
    assert [(reply.status_code, reply.content) for reply in (by_tag, by_date)] == [(304, b"")] * 2


@pytest.mark.parametrize("path", [*PAGES, *(f"/{leaf}" for leaf in LEAVES)])
@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
def test_who_has_a_page_in_its_coding_already_is_not_sent_it_again(client, path, coding):
    """The tag is that of the content, in each coding another one, as strong tags have to be."""
    first = client.get(path, headers={"Accept-Encoding": coding})
    tag = first.headers["etag"]
    for sent in (tag, f'W/{tag}, "another"', "*"):
        again = client.get(path, headers={"Accept-Encoding": coding, "If-None-Match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == "no-cache"
    assert client.get(path, headers={"Accept-Encoding": coding, "If-None-Match": '"another"'}).status_code == 200
    assert (first.headers["vary"], first.headers.get("content-encoding", "identity")) in (
        ("Accept-Encoding", coding),
        ("Accept-Encoding", "identity"),
    )


def test_a_large_file_is_compressed_and_a_small_one_is_not(client):
    """The content is the same after inflating."""
    style = {
        coding: client.get("/playground/page.css", headers={"Accept-Encoding": coding}) for coding in ("gzip", "br")
    }
    assert style["gzip"].headers["content-encoding"] == "gzip"
    assert "content-encoding" not in style["br"].headers
    assert style["gzip"].content == style["br"].content
    assert style["gzip"].headers["etag"] != style["br"].headers["etag"]
    small = client.get("/playground/icon.svg", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in small.headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_head_has_the_headers_of_a_get(client, method):
    reply = client.request(method, "/playground/app.js", headers={"Accept-Encoding": "identity"})
    length = str((FILES / "playground/app.js").stat().st_size)
    assert (reply.status_code, reply.headers["content-length"]) == (200, length)


@pytest.mark.parametrize("directory", ["static", "playground"])
@pytest.mark.parametrize(
    "file", ["nothing.js", "%2e%2e%2fcore.py", "..%2f__init__.py", "index.html", "docs.html", "..%2fschemas.py", "%00"]
)
def test_no_other_file_is_served(client, directory, file):
    """Pages have one address each: their URLs are relative to it."""
    reply = client.get(f"/{directory}/{file}")
    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("prefix", ["", "/api"], ids=["stripped", "whole"])
def test_the_pages_hold_under_a_path_of_a_proxy(serve, prefix):
    """The proxy offers the service at /api, and hands the path on without it or as it is."""
    client = serve(root_path="/api")
    assert serve(root_path="/api", playground=False).get(f"{prefix}/", follow_redirects=False).headers["location"] == (
        "/api/docs"
    )
    assert client.get(f"{prefix}/openapi.json").json()["servers"] == [{"url": "/api"}]
    for path in PAGES:
        for url in references(client.get(f"{prefix}{path}"), f"http://proxy/api{path}"):
            assert url.startswith("http://proxy/api/")
            assert client.get(url.replace("http://proxy/api", prefix)).status_code == 200, url


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_without_a_playground_the_root_leads_to_the_documentation(serve, method):
    """The location is relative: it holds for a proxy that the service was not told of. Files of the playground are gone."""
    client = serve(playground=False)
    reply = client.request(method, "/", follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (307, "./docs")
    assert client.get("/").url.path == "/docs"
    assert client.request(method, "/playground/app.js").status_code == 404
