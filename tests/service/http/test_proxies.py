"""Who the client is, behind proxies that are trusted and proxies that are not."""

import pytest

from service.http.proxies import TrustedProxies


def origin(headers, peer="10.0.0.9", trusted=("10.0.0.0/8", "::1")):
    scope = {"client": (peer, 5), "scheme": "http", "headers": [(n.encode(), v.encode()) for n, v in headers]}
    return TrustedProxies(trusted).origin(scope)


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ([], "10.0.0.9"),
        ([("x-forwarded-for", "203.0.113.7")], "203.0.113.7"),
        ([("x-forwarded-for", "6.6.6.6, 203.0.113.7, 10.0.0.1")], "203.0.113.7"),
        ([("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.7")], "203.0.113.7"),
        ([("x-forwarded-for", "203.0.113.7:4711")], "203.0.113.7"),
        ([("x-forwarded-for", "[2001:db8::7]:4711")], "2001:db8::7"),
        ([("x-forwarded-for", "2001:DB8:0::7")], "2001:db8::7"),
        ([("x-forwarded-for", "10.0.0.1, 10.0.0.2")], "10.0.0.1"),
        ([("x-forwarded-for", "nonsense\x85")], "10.0.0.9"),
        ([("x-forwarded-for", "unknown")], "10.0.0.9"),
        ([("x-forwarded-for", "1.1.1.1, " * 10_000 + "203.0.113.7")], "203.0.113.7"),
    ],
)
def test_a_trusted_proxy_names_the_client(headers, client):
    """Who is trusted is skipped from the end; what the client itself may have written before is not believed."""
    assert origin(headers).client == client


def test_nobody_else_is_believed():
    headers = [("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "https")]
    assert origin(headers, peer="192.0.2.1") == ("192.0.2.1", "http")
    assert origin(headers, trusted=()) == ("10.0.0.9", "http")


def test_the_scheme_is_the_proxys():
    assert origin([("x-forwarded-proto", "https")]).scheme == "https"
    assert origin([("x-forwarded-proto", "gopher")]).scheme == "http"


def test_a_connection_without_an_address_has_none():
    assert TrustedProxies(["10.0.0.1"]).origin({"client": None, "scheme": "http", "headers": []}) == ("", "http")
