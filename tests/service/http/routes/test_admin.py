"""POST /admin/reload."""


def test_a_reload_needs_the_admin_key(serve):
    """Without a key in the settings the route is closed; with one, the client must send it."""
    assert serve().post("/admin/reload").status_code == 403
    client = serve(admin_key="correct horse battery")
    unauthorized = client.post("/admin/reload")
    assert (unauthorized.status_code, unauthorized.headers["www-authenticate"]) == (401, 'Bearer realm="gatecast"')
    assert client.post("/admin/reload", headers={"x-api-key": "guess"}).status_code == 401
    assert client.post("/admin/reload", headers={"x-api-key": "gu\u00e9ss".encode()}).status_code == 401
    reloaded = client.post("/admin/reload", headers={"x-api-key": "correct horse battery"})
    assert (reloaded.status_code, reloaded.json()["refused"]) == (200, [])
