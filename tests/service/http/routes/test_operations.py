"""The probes and /version."""

import asyncio

from service.app import create_app
from tests import fakes
from tests.connections import asgi_client


def test_probes_and_version(client):
    """/livez and /readyz answer 200, /version lists what is loaded."""
    assert client.get("/livez").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}
    assert client.get("/version").json()["models"] == {"gru": ["1", "2"], "sentiment": ["1"], "simple_rnn": ["1"]}


def test_readyz_is_503_before_the_models_are_verified(tmp_path):
    """Before its lifespan begins, the app is alive but not ready."""
    app = create_app(fakes.settings(tmp_path))

    async def probe():
        async with asgi_client(app) as client:
            return await client.get("/livez"), await client.get("/readyz")

    alive, ready = asyncio.run(probe())
    assert (alive.status_code, ready.status_code) == (200, 503)
    assert ready.headers["retry-after"] == "1"
