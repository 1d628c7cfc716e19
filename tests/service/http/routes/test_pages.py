"""/docs and /redoc are whole without internet, under any path; / leads there."""

import base64
import hashlib
import re
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

PAGES = ["/docs", "/redoc"]
# what the HTML loads, and the schema that its script or its element names
REFERENCE = re.compile(r"""(?:href|src|spec-url)="([^"]+)"|\burl: '([^']+)'""")
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
    ".json": "application/json",
}


def references(page: httpx.Response, address: str | None = None) -> list[str]:
    """The URLs that a page loads, as a browser resolves them that has it from `address`."""
    found = ["".join(groups) for groups in REFERENCE.findall(page.text)]
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
def test_the_pages_hold_under_a_path_of_a_proxy(serve, prefix):
    """The proxy offers the service at /api, and hands the path on without it or as it is."""
    client = serve(root_path="/api")
    assert client.get(f"{prefix}/", follow_redirects=False).headers["location"] == "/api/docs"
    assert client.get(f"{prefix}/openapi.json").json()["servers"] == [{"url": "/api"}]
    for path in PAGES:
        for url in references(client.get(f"{prefix}{path}"), f"http://proxy/api{path}"):
            assert url.startswith("http://proxy/api/")
            assert client.get(url.replace("http://proxy/api", prefix)).status_code == 200, url


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_root_leads_to_the_documentation(client, method):
    """The location is relative: it holds for a proxy that the service was not told of."""
    reply = client.request(method, "/", follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (307, "./docs")
    assert client.get("/").url.path == "/docs"
