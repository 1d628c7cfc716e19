"""The requests' own rules, and the OpenAPI schema that states them."""

import re
from datetime import datetime, timedelta, timezone

import pytest

from service.errors import InvalidRequest
from service.http import schemas, schemas_anomalies, schemas_operations, schemas_sentiment
from service.http.body import validate
from service.http.schema_parts import FIRST_DATE
from service.http.schemas import ForecastBatchRequest, ForecastRequest
from service.http.schemas_sentiment import SentimentBatchRequest

MODULES = (schemas, schemas_anomalies, schemas_operations, schemas_sentiment)


def test_every_example_of_the_schema_is_valid(client):
    """The examples of requests and responses fit their own models."""
    described = client.get("/openapi.json").json()["components"]["schemas"]
    checked = 0
    for name, description in described.items():
        for example in description.get("examples", []):
            (model,) = {getattr(module, name) for module in MODULES if hasattr(module, name)}
            model.model_validate(example)
            checked += 1
    assert checked >= 12


@pytest.fixture
def components(client):
    return client.get("/openapi.json").json()["components"]["schemas"]


def test_the_items_of_batches_are_described(components):
    """Although each is validated alone."""
    series = components["ForecastBatchRequest"]["properties"]["series"]
    assert series["items"] == {"$ref": "#/components/schemas/BatchSeries"}
    assert (series["minItems"], series["maxItems"]) == (1, 1000)
    assert components["BatchSeries"]["required"] == ["id", "readings"]
    identifier = components["BatchSeries"]["properties"]["id"]
    assert (identifier["minLength"], identifier["maxLength"]) == (1, 200)
    texts = components["SentimentBatchRequest"]["properties"]["texts"]
    assert texts["items"].items() >= {"type": "string", "minLength": 1, "maxLength": 20_000}.items()


def test_no_reference_of_the_schema_leads_nowhere(client):
    schema = client.get("/openapi.json")
    references = set(re.findall(r'"\$ref":"#/components/schemas/(\w+)"', schema.text))
    assert references
    assert references <= schema.json()["components"]["schemas"].keys()


def test_the_limits_of_readings_are_described(components):
    number, null = components["ForecastRequest"]["properties"]["readings"]["items"]["anyOf"]
    assert (number["type"], number["minimum"], number["maximum"]) == ("number", -1e150, 1e150)
    assert null == {"type": "null"}


@pytest.mark.parametrize("model", [ForecastBatchRequest, SentimentBatchRequest])
def test_items_are_not_validated_with_their_batch(model):
    items: list[object] = [1, None, {"a": []}]
    assert getattr(validate(model, {model.ITEMS: items}), model.ITEMS) == items


STARTS = [
    ("2016-11-01", datetime(2016, 11, 1)),
    ("2016-11", datetime(2016, 11, 1)),
    ("2016", datetime(2016, 1, 1)),
    ("2016-W05", datetime(2016, 2, 1)),
    ("2016-W05-3", datetime(2016, 2, 3)),
    ("2016-11-01T06:30", datetime(2016, 11, 1, 6, 30)),
    ("2016-11-01 06:30:15", datetime(2016, 11, 1, 6, 30, 15)),
    ("2016-11-01t06:30:15.25", datetime(2016, 11, 1, 6, 30, 15, 250_000)),
    ("2016-11-01T06:30:15.123456789", datetime(2016, 11, 1, 6, 30, 15, 123_456)),
    ("0001-01-01", datetime(1, 1, 1)),
    ("9999-12-31T23:59:59", datetime(9999, 12, 31, 23, 59, 59)),
]
ZONES = [("Z", timedelta(0)), ("z", timedelta(0)), ("+05:30", timedelta(hours=5.5)), ("-0330", timedelta(hours=-3.5))]


@pytest.mark.parametrize(("sent", "start"), STARTS)
def test_a_start_is_a_date_or_the_first_day_of_what_is_sent(sent, start, components):
    assert validate(ForecastRequest, {"readings": [1], "start": sent}).start == start
    described, _ = components["ForecastRequest"]["properties"]["start"]["anyOf"]
    assert re.search(described["pattern"], sent)


@pytest.mark.parametrize(("sent", "offset"), ZONES)
def test_a_start_may_have_a_utc_offset(sent, offset):
    start = validate(ForecastRequest, {"readings": [1], "start": f"2016-11-01T06:30{sent}"}).start
    assert start == datetime(2016, 11, 1, 6, 30, tzinfo=timezone(offset))
    assert start.utcoffset() == offset


BAD_STARTS = [
    "",
    "now",
    "1456790400",
    "2016-13",
    "2016-1",
    "2016-11-1",
    "16-11-01",
    "2016-02-30",
    "0000-01-01",
    "2016-W54",
]
BAD_STARTS += ["2015-W53-8", "2016-11-01T24:00", "2016-11-01T06", "2016-11-01T06:30:60", "2016-11-01T06:30+24:00"]
BAD_STARTS += ["+2016-11-01", "2016-11-01\n", " 2016-11-01", "٢٠١٦-11-01", "2016-Q1", "2016-11-01x06:30"]


@pytest.mark.parametrize("sent", [*BAD_STARTS, 2016, 1.5, True, [], {}])
def test_another_start_is_refused_with_an_example(sent):
    with pytest.raises(InvalidRequest) as refused:
        validate(ForecastRequest, {"readings": [1], "start": sent})
    (fault,) = refused.value.faults
    assert fault.pointer == "/start"
    assert "2016-11-01" in fault.detail


def test_the_pattern_of_a_start_needs_no_flag():
    """What reads the schema may take digits of other scripts for digits, and must not refuse any start that is taken."""
    assert all(re.fullmatch(FIRST_DATE.pattern, sent) for sent, _ in STARTS)
