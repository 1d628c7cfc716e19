"""What the open-loop generator reports."""

from array import array

from benchmarks.metrics import LoadMetrics, percentiles


def test_responses_are_counted_and_timed_by_status():
    metrics = LoadMetrics(delays=array("d", [0.0, 0.0, 0.001]), sent=3)
    metrics.record_response(200, since_due=0.010, since_sent=0.008, retry_after=False)
    metrics.record_response(200, since_due=0.030, since_sent=0.008, retry_after=False)
    metrics.record_response(503, since_due=0.002, since_sent=0.001, retry_after=True)
    report = metrics.report(sending_s=1.5, elapsed_s=2.0)
    assert report["answered"] == {"200": 2, "503": 1}
    assert (report["offered"], report["offered_rate"], report["goodput"]) == (3, 2.0, 1.0)
    assert (report["latency"]["p50"], report["latency_since_sent"]["p50"]) == (20.0, 8.0)
    assert (report["refusal_latency"]["max"], report["refusals_with_retry_after"]) == (2.0, 1)


def test_seconds_without_a_good_response_count_as_zero():
    metrics = LoadMetrics()
    for second in (0, 2, 2):
        metrics.count_good(second)
    assert metrics.good_per_second == [1, 0, 2]


def test_there_are_no_percentiles_without_values():
    assert percentiles(array("d")) is None
