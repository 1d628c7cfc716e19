"""What /metrics answers."""

from service.http.access_log import RequestRecord
from service.http.metrics import OTHER, RequestCounts
from tests.fakes import READINGS


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
    assert 'http_request_duration_seconds_bucket{handler="/forecast",le="+Inf"} 2.0' in text
    assert 'gatecast_model_items_total{model="gru",version="2"} 1.0' in text
    assert 'gatecast_model_loaded{engine="tensorflow",model="gru",version="2"} 1.0' in text
    assert "gatecast_ready 1.0" in text
    assert 'http_requests_total{handler="/models/{name}",method="GET",status="200"} 1.0' in text
    assert 'http_requests_total{handler="other",method="GET",status="404"} 1.0' in text
    assert "wp-login" not in text


def test_unknown_routes_and_methods_make_no_labels():
    """Otherwise clients could fill the memory with labels."""
    counts = RequestCounts(["/forecast"])
    for number in range(3):
        counts.add([RequestRecord(f"M{number}", f"/{number}", f"/{number}", 404, 0.001, "id", 0.0)])
    assert counts.requests == {(OTHER, "", 404): 3}


def test_durations_are_counted_in_the_bucket_of_their_bound():
    """A bucket holds the durations up to its bound, the last one those beyond all bounds."""
    counts = RequestCounts(["/forecast"])
    counts.add(
        RequestRecord("POST", "/forecast", "/forecast", 200, seconds, "id", 0.0) for seconds in (0.0005, 0.0006, 60.0)
    )
    buckets = counts.buckets["/forecast"]
    assert (buckets[0], buckets[1], buckets[-1], sum(buckets)) == (1, 1, 1, 3)
    assert counts.seconds["/forecast"] == 0.0005 + 0.0006 + 60.0
