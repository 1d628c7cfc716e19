"""The assembled app: what FastAPI refuses becomes a problem, and the lifespan ends with answered requests."""

import asyncio

from tests.connections import asgi_client, gated_app
from tests.fakes import READINGS
from tests.patience import PATIENCE_S


def test_an_unknown_path_is_a_404_problem(client):
    reply = client.get("/nowhere")
    assert (reply.status_code, reply.json()["type"]) == (404, "/problems/not-found")


def test_a_wrong_method_is_a_405_problem_that_names_the_right_one(client):
    reply = client.get("/forecast")
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
    assert reply.json()["type"] == "/problems/method-not-allowed"


def test_a_path_parameter_that_is_not_valid_is_a_422_problem(client):
    """FastAPI's own refusals have the form of all other problems."""
    reply = client.get("/models/" + "x" * 65)
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/invalid-request")
    assert reply.headers["content-type"] == "application/problem+json"


def test_shutting_down_answers_what_is_in_flight(tmp_path):
    """The end of the lifespan waits for accepted requests."""
    app, gate = gated_app(tmp_path)

    async def work():
        async with asgi_client(app) as client:
            async with app.api.router.lifespan_context(app.api):
                gate.close()
                accepted = asyncio.create_task(client.post("/forecast", json={"readings": READINGS}))
                await asyncio.to_thread(gate.entered.wait, PATIENCE_S)
                asyncio.get_running_loop().call_soon(gate.open)
            refused = await client.get("/readyz")
            return await accepted, refused

    accepted, refused = asyncio.run(work())
    assert (accepted.status_code, refused.status_code) == (200, 503)
