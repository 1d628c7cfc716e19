"""Schemas as an assistant's model reads them."""

from service.http.schemas import ForecastRequest, ForecastResponse
from service.mcp.json_schema import input_schema, output_schema


def test_a_schema_keeps_its_words_and_bounds():
    """What a value must be, and what it means."""
    readings = input_schema(ForecastRequest)["properties"]["readings"]
    assert readings["description"].startswith("oldest first")
    assert (readings["minItems"], readings["maxItems"]) == (1, 10_000)


def test_a_schema_has_no_long_examples_titles_or_patterns():
    """Tokens are the assistant's time, and some hosts refuse lookaheads. Fields that are called so stay."""
    assert "examples" not in input_schema(ForecastRequest)["properties"]["readings"]
    assert input_schema(ForecastRequest)["properties"]["start"]["examples"] == ["2015-02-01"]
    assert "(?!" not in repr(input_schema(ForecastRequest))
    answer = output_schema(ForecastResponse)
    assert "title" not in answer
    assert "Interval" in answer["$defs"]
    assert len(repr(answer)) < 5_000
