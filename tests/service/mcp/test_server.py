"""The tools and the cards, with fake models: the answers are those of the HTTP routes, and errors teach."""

import json

import pytest
from mcp import MCPError

from service.mcp.tools import TOOLS
from tests import fakes
from tests.service.mcp.calls import ask

ASKED = [
    ("forecast", {"readings": fakes.READINGS, "horizon": 3, "start": "2024-01-01", "frequency": "D", "model": "gru"}),
    ("sentiment", {"text": "a good film. a bad film.", "explain": True, "sentences": True}),
    ("models", {}),
]


def call(tmp_path, name, arguments, **options):
    """The result of one call."""
    return ask(tmp_path, lambda client: client.call_tool(name, arguments), **options)


@pytest.mark.parametrize(("name", "arguments"), ASKED)
def test_a_tool_answers_what_its_route_answers(tmp_path, client, name, arguments):
    """For programs and, as JSON, for hosts that read only text."""
    path = TOOLS[name].path
    expected = (client.get(path) if name == "models" else client.post(path, json=arguments)).json()
    result = call(tmp_path, name, arguments)
    assert (result.is_error, result.structured_content) == (False, expected)
    assert json.loads(result.content[0].text) == expected


def test_anomalies_answers_what_its_route_answers(tmp_path, serve):
    """It asks the forecaster of any series."""
    arguments = {"readings": [10.0, 20.0] * 10 + [10.0, 90.0], "last": 3}
    bundles = [fakes.universal_bundle(spread=0.1)]
    expected = serve(bundles).post("/anomalies", json=arguments).json()
    result = call(tmp_path, "anomalies", arguments, bundles=bundles)
    assert result.structured_content == expected
    assert expected["points"][-1]["anomaly"]


def test_a_bad_call_is_told_every_fault(tmp_path):
    """In the words of the HTTP problem, as a result that the assistant reads and can do better after."""
    result = call(tmp_path, "forecast", {"readings": "1, 2", "horizom": 3})
    assert result.is_error
    assert result.structured_content is None
    first, *faults = result.content[0].text.splitlines()
    assert first.startswith("Invalid request: ")
    assert faults == [
        "- /horizom: is not a field here; did you mean `horizon`?",
        "- /readings: must be a list of 1 to 10,000 items, each a number from -1e150 to 1e150 or null; it is a string",
    ]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("forecast", None, "/readings: is required"),
        ("forecast", {"readings": [1.0] * 3, "model": "gru"}, "5 readings"),
        ("forecast", {"readings": fakes.READINGS, "model": "nope"}, "loaded are 'gru', 'sentiment', 'simple_rnn'"),
        ("forecast", {"readings": [1.0] * 10_001}, "it has 10,001"),
        ("sentiment", {"text": " "}, "white space"),
        ("sentiment", {"text": "x" * 20_001}, "it has 20,001"),
        ("anomalies", {"readings": fakes.READINGS}, "no forecaster of any series is loaded"),
        ("models", {"model": "gru"}, "is not a field here; there are none"),
    ],
)
def test_a_bad_call_says_what_would_be_right(tmp_path, name, arguments, words):
    """Bounds are those of HTTP."""
    result = call(tmp_path, name, arguments)
    assert result.is_error
    assert words in result.content[0].text


def test_a_defect_shows_nothing_of_itself(tmp_path, caplog):
    """The log has the traceback, under the id that the assistant is told."""

    def broken(*arrays):
        if len(arrays[0]) and arrays[0].max() > 0.6:
            raise RuntimeError("secret")
        return fakes.last_plus_ten(*arrays)

    bundles = [fakes.forecast_bundle(run=broken)]
    result = call(tmp_path, "forecast", {"readings": [50.0, 60.0, 70.0, 80.0, 90.0], "model": "gru"}, bundles=bundles)
    assert result.is_error
    assert "secret" not in result.content[0].text
    assert "secret" in caplog.text


def test_a_call_has_the_deadline_of_a_request(tmp_path):
    """A model that does not answer in time does not hold up the assistant."""
    gate = fakes.Gate(fakes.last_plus_ten)

    async def late(client):
        await client.call_tool("models", {})  # the model is verified
        gate.close()
        try:
            return await client.call_tool("forecast", {"readings": fakes.READINGS})
        finally:
            gate.open()

    result = ask(tmp_path, late, [fakes.forecast_bundle(run=gate)], timeout_ms=50, inline_ms=0)
    assert result.is_error
    assert result.content[0].text.startswith("Deadline exceeded: ")


def test_an_unknown_tool_is_a_fault_of_the_protocol(tmp_path):
    """It names the tools that there are."""

    async def predict(client):
        with pytest.raises(MCPError) as refused:
            await client.call_tool("predict", {})
        return refused.value.message

    assert ask(tmp_path, predict).endswith("the tools are 'forecast', 'anomalies', 'sentiment', 'models'")


def test_every_tool_is_described(tmp_path):
    """Each has words, a schema of both sides and annotations: it only reads, and asks nothing outside."""
    tools = ask(tmp_path, lambda client: client.list_tools()).tools
    assert [tool.name for tool in tools] == list(TOOLS)
    for tool in tools:
        assert tool.title
        assert len(tool.description) > 80
        assert tool.annotations.read_only_hint
        assert tool.annotations.idempotent_hint
        assert (tool.annotations.destructive_hint, tool.annotations.open_world_hint) == (False, False)
        assert tool.output_schema is not None
        assert tool.input_schema["type"] == tool.output_schema["type"] == "object"
        assert all("description" in each for each in tool.input_schema["properties"].values())


def test_the_cards_are_resources(tmp_path, client):
    """Each loaded version has one; another is a fault of the protocol."""

    async def cards(client):
        listed = (await client.list_resources()).resources
        read = await client.read_resource("gatecast://models/gru/2")
        refusals = []
        for uri in ("gatecast://models/gru/9", "gatecast://models/gru", "file:///etc/passwd"):
            with pytest.raises(MCPError) as refused:
                await client.read_resource(uri)
            refusals.append(refused.value.message)
        return [each.name for each in listed], read.contents[0], refusals

    names, card, refusals = ask(tmp_path, cards)
    assert names == ["gru/1", "gru/2", "sentiment/1", "simple_rnn/1"]
    assert json.loads(card.text) == client.get("/models/gru/versions/2").json()
    assert card.mime_type == "application/json"
    assert "loaded are '1', '2'" in refusals[0]
    assert all("gatecast://models/NAME/VERSION" in refusal for refusal in refusals[1:])
