"""Requests by route, method and status."""

import pytest

from service.http.request_counts import RequestCounts
from service.measures import OTHER, Measures


@pytest.fixture
def measures():
    return Measures()


@pytest.fixture
def counts(measures):
    return RequestCounts(measures, ["/forecast"])


def values(measures, name):
    return next(family.values for family in measures.collect() if family.definition.name == name)


def test_unknown_routes_and_methods_make_no_labels(counts, measures):
    """Otherwise clients could fill the memory with labels."""
    for number in range(3):
        counts.count(f"M{number}", f"/{number}", 404, 0.001)
        counts.count(f"M{number}", "/forecast", 405, 0.001)
    assert values(measures, "http_requests_total") == {(OTHER, "", "404"): 3, ("/forecast", "", "405"): 3}
    assert len(counts._series) == 2


def test_a_refusal_is_a_request_without_a_time(counts, measures):
    counts.count("POST", "/forecast", 503, 0.001, "queue")
    counts.count("POST", "/forecast", 200, 0.001)
    families = {family.definition.name: family for family in measures.collect()}
    assert families["http_requests_total"].values == {("/forecast", "POST", "503"): 1, ("/forecast", "POST", "200"): 1}
    assert families["gatecast_refusals_total"].values == {("/forecast", "queue"): 1}
    durations = families["http_request_duration_seconds"].histograms
    assert {labels: sum(value.buckets) for labels, value in durations.items()} == {
        ("/forecast", "5xx"): 0,
        ("/forecast", "2xx"): 1,
    }
