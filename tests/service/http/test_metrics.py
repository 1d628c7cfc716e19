"""What /metrics answers."""

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse_plain

from service.http.exposition import OPEN_METRICS, PLAIN
from service.measures import OTHER, Measures
from service.measures.instruments import MAX_SERIES
from service.serving.versions import RefusedVersion
from tests.fakes import READINGS

TRACE = "0af7651916cd43dd8448eb211c80319c"
SAMPLED = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
UNSAMPLED = {"traceparent": f"00-{TRACE[::-1]}-b7ad6b7169203331-00"}
AS_PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


def value(text, name, **labels):
    """The value of one sample of a text; None if it has none."""
    samples = (sample for family in parse_plain(text) for sample in family.samples)
    return next((sample.value for sample in samples if (sample.name, sample.labels) == (name, labels)), None)


@pytest.mark.usefixtures("few_tries")
def test_wrong_keys_and_reloads_are_counted_as_they_happen(serve):
    """A worker that is killed has no time to publish what it has counted."""
    client = serve(admin_key="the admin key of the tests")
    region = client.app.state.host.measures.own
    for _ in range(12):
        client.post("/admin/reload", headers={"x-api-key": "a wrong guess"})
    client.app.state.repository.note_refusal([RefusedVersion(None, None, "why")])
    counted = {family.definition.name: family.values for family in Measures(region).collect()}
    assert (counted["gatecast_wrong_keys_total"], counted["gatecast_throttled_keys_total"]) == ({(): 10}, {(): 2})
    assert counted["gatecast_reloads_total"] == {("done",): 0, ("refused",): 1}


def test_metrics_count_requests_by_handler_and_status(client):
    """The names are those that dashboards know. All unknown paths share one label."""
    client.post("/forecast", json={"readings": READINGS})
    client.post("/forecast", json={"readings": []})
    client.get("/models/gru")
    client.get("/models/lstm")
    client.get("/wp-login.php")
    text = client.get("/metrics").text
    assert 'http_requests_total{handler="/forecast",method="POST",status="200"} 1.0' in text
    assert 'http_requests_total{handler="/forecast",method="POST",status="422"} 1.0' in text
    assert 'http_request_duration_seconds_bucket{handler="/forecast",le="+Inf",status="2xx"} 1.0' in text
    assert 'http_request_duration_seconds_count{handler="/forecast",status="4xx"} 1.0' in text
    assert 'gatecast_model_items_total{model="gru",version="2"} 1.0' in text
    assert 'gatecast_model_loaded{engine="tensorflow",model="gru",version="2"} 1.0' in text
    assert "gatecast_ready 1.0" in text
    assert 'http_requests_total{handler="/models/{name}",method="GET",status="200"} 1.0' in text
    assert 'http_requests_total{handler="other",method="GET",status="404"} 1.0' in text
    assert "wp-login" not in text


def test_a_forecast_is_measured_by_model_and_version(client):
    """How long it waited, how long its call took, how many shared it, and how much the network read."""
    client.post("/forecast", json={"readings": READINGS})
    text = client.get("/metrics").text
    model = {"model": "gru", "version": "2"}
    for name in ("queue_wait_seconds", "model_call_seconds", "batch_items", "item_steps"):
        assert value(text, f"gatecast_{name}_count", **model) == 1
    assert value(text, "gatecast_item_steps_sum", **model) == len(READINGS)
    assert value(text, "gatecast_model_calls_total", **model) == 1
    assert value(text, "gatecast_model_seconds_total", **model) == value(
        text, "gatecast_model_call_seconds_sum", **model
    )


def test_both_formats_are_valid_and_say_the_same(client):
    """Prometheus' own parsers read both; OpenMetrics' one checks the rules of names, order, buckets and exemplars."""
    client.post("/forecast", json={"readings": READINGS}, headers=SAMPLED)
    client.get("/metrics")
    plain, open_metrics = client.get("/metrics"), client.get("/metrics", headers={"Accept": AS_PROMETHEUS})
    assert plain.headers["content-type"] == PLAIN
    assert open_metrics.headers["content-type"] == OPEN_METRICS
    assert open_metrics.text.endswith("# EOF\n")
    names = {family.name for family in parse_plain(plain.text)}
    assert {family.name for family in parse_open(open_metrics.text)} == names


def test_exemplars_name_traces_that_are_kept(client):
    """On the time to answer and on the wait. A trace that nobody keeps is no exemplar, nor is anything one in plain text."""
    for headers in (SAMPLED, UNSAMPLED):
        client.post("/forecast", json={"readings": READINGS}, headers=headers)
    families = parse_open(client.get("/metrics", headers={"Accept": AS_PROMETHEUS}).text)
    exemplars = {
        (sample.name, sample.exemplar.labels["trace_id"])
        for family in families
        for sample in family.samples
        if sample.exemplar
    }
    assert exemplars == {
        ("http_request_duration_seconds_bucket", TRACE),
        ("gatecast_queue_wait_seconds_bucket", TRACE),
    }
    assert TRACE not in client.get("/metrics").text


def test_limits_stand_beside_what_they_limit(serve):
    """So an alert can compare them without knowing the settings."""
    text = serve(max_in_flight=7, max_connections=9).get("/metrics").text
    assert value(text, "gatecast_requests_in_flight_limit") == 7
    assert value(text, "gatecast_connections_limit") == 9
    assert value(text, "gatecast_requests_in_flight") == 1  # this request
    assert value(text, "gatecast_buffered_bytes_limit") > value(text, "gatecast_buffered_bytes") == 0
    assert value(text, "gatecast_workers") == value(text, "gatecast_workers_wanted") == 1


def test_a_version_that_is_gone_keeps_its_counters_only(serve):
    """Counters that vanish would look like a restart; gauges say what is so now."""
    client = serve()
    client.post("/forecast", json={"readings": READINGS})
    repository = client.app.state.repository
    before = repository.registry
    assert value(client.get("/metrics").text, "gatecast_queue_depth", model="gru", version="2") == 0
    repository.registry = type(before)([])
    text = client.get("/metrics").text
    repository.registry = before
    assert value(text, "gatecast_queue_depth", model="gru", version="2") is None
    assert value(text, "gatecast_model_loaded", model="gru", version="2", engine="tensorflow") is None
    assert value(text, "gatecast_model_items_total", model="gru", version="2") == 1


def test_as_many_versions_as_are_told_apart_find_room(client, caplog):
    """Reloads may bring a new version every hour; a region has room for those of weeks, beside all routes."""
    state = client.app.state
    for number in range(MAX_SERIES + 50):
        state.serving_measures.of("gru", str(number))
    for route in state.counts._routes:
        for status in (200, 422, 503):
            state.counts.count("POST", route, status, 0.001)
    text = client.get("/metrics").text
    assert value(text, "gatecast_queue_wait_seconds_count", model=OTHER, version=OTHER) == 0
    assert len(state.host.measures.own.series()) > 8 * MAX_SERIES
    assert not [record for record in caplog.records if "no room" in record.message]
