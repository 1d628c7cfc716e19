"""/docs and /redoc are whole without internet, under any path; / leads there."""

import base64
import hashlib
import re
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from service.app import create_app
from tests import fakes
from tests.connections import run_app

PAGES = ["/docs", "/redoc"]
# what the HTML loads, and the schema that its script or its element names
REFERENCE = re.compile(r"""(?:href|src|spec-url)="([^"]+)"|\burl: '([^']+)'""")
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
    ".json": "application/json",
}


def references(page: httpx.Response) -> list[str]:
    """The URLs that a page loads, as a browser resolves them."""
    found = ["".join(groups) for groups in REFERENCE.findall(page.text)]
    assert len(found) >= 3, page.text
    return [urljoin(str(page.url), reference) for reference in found]


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
        suffix = re.search(r"\.\w+$", url)
        assert suffix is not None
        assert (reply.status_code, reply.headers["content-type"]) == (200, TYPES[suffix[0]]), url


@pytest.mark.parametrize("path", PAGES)
def test_a_page_refers_to_no_other_host(client, path):
    page = client.get(path)
    assert {urlsplit(url).netloc for url in references(page)} == {page.url.host}


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_allows_the_pages_own_scripts_and_no_other_host(client, path):
    """Each inline script is allowed by its hash; nothing may come from, or go to, another host."""
    page = client.get(path)
    policy = directives(page)
    inline = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in inline]
    assert policy.pop("script-src") == ["'self'", *hashes]
    assert policy.pop("default-src") == ["'none'"]
    assert {value for values in policy.values() for value in values} <= {
        "'none'", "'self'", "'unsafe-inline'", "data:", "blob:",
    }  # fmt: skip


def test_swagger_asks_no_validator_of_another_host(client):
    assert '"validatorUrl": null' in client.get("/docs").text


@pytest.mark.parametrize("path", ["/static/swagger-ui-bundle.js", "/static/favicon.png"])
def test_who_has_a_file_already_is_not_sent_it_again(client, path):
    first = client.get(path)
    by_tag = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    by_date = client.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})
    assert [(reply.status_code, reply.content) for reply in (by_tag, by_date)] == [(304, b"")] * 2


@pytest.mark.parametrize("file", ["nothing.js", "%2e%2e%2fcore.py", "..%2f__init__.py"])
def test_no_other_file_is_served(client, file):
    reply = client.get(f"/static/{file}")
    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("prefix", ["", "/api"], ids=["stripped", "whole"])
def test_the_pages_hold_under_a_path_of_a_proxy(tmp_path, prefix):
    """The proxy offers the service at /api, and hands the path on without it or as it is."""
    app = create_app(fakes.settings(tmp_path), fakes.FakeLoad(tmp_path, fakes.default_bundles()))

    async def work(_):
        transport = httpx.ASGITransport(app, root_path="/api")
        async with httpx.AsyncClient(transport=transport, base_url="http://proxy") as client:
            root = await client.get(f"{prefix}/")
            schema = await client.get(f"{prefix}/openapi.json")
            pages = [await client.get(f"{prefix}{path}") for path in PAGES]
            urls = [
                urljoin(f"http://proxy/api{path}", url)
                for path, page in zip(PAGES, pages, strict=True)
                for url in ["".join(groups) for groups in REFERENCE.findall(page.text)]
            ]
            served = [await client.get(url.replace("/api", prefix, 1)) for url in urls]
            return root, schema, urls, served

    root, schema, urls, served = run_app(app, work)
    assert root.headers["location"] == "/api/docs"
    assert schema.json()["servers"] == [{"url": "/api"}]
    assert all(url.startswith("http://proxy/api/") for url in urls)
    assert {reply.status_code for reply in served} == {200}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_root_leads_to_the_documentation(client, method):
    """The location is relative: it holds for a proxy that the service was not told of."""
    reply = client.request(method, "/", follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (307, "./docs")
    assert client.get("/").url.path == "/docs"
