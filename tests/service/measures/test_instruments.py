"""Counters, gauges and histograms of one process."""

import pytest

from service.measures import OTHER, Counter, Measures, Region
from service.measures.series import Definition

TRACE = "0af7651916cd43dd8448eb211c80319c"


def only(measures):
    """The one family that there is."""
    (family,) = measures.collect()
    return family


def test_durations_are_counted_in_the_bucket_of_their_bound():
    """A bucket holds the values up to its bound, the last one those beyond all bounds."""
    measures = Measures()
    histogram = measures.histogram("seconds", "s", bounds=(0.5, 1)).labels()
    for value in (0.5, 0.6, 1.0, 60.0):
        histogram.observe(value)
    value = only(measures).histograms[()]
    assert (value.buckets, value.sum) == ([1, 2, 1], 0.5 + 0.6 + 1.0 + 60.0)


@pytest.mark.parametrize("bounds", [(2, 1), (1, 1), range(65)])
def test_bounds_that_do_not_grow_or_are_too_many_are_refused(bounds):
    with pytest.raises(ValueError, match="bounds must grow"):
        Measures().histogram("seconds", "s", bounds=bounds)


def test_a_wrong_number_of_label_values_is_refused():
    with pytest.raises(ValueError, match="has the labels"):
        Measures().counter("a_total", "a", ("one", "two")).labels("x")


def test_a_metric_has_a_bounded_number_of_series():
    """Further ones are counted together, so that no sum is wrong."""
    measures = Measures()
    counter = measures.counter("a_total", "a", ("kind",), max_series=2)
    for number in range(5):
        counter.labels(str(number)).add()
    assert only(measures).values == {("0",): 1, ("1",): 1, (OTHER,): 3}


def test_a_handle_is_made_once_and_two_instruments_share_a_series():
    region = Region.create_private()
    one, two = Counter(region, "a_total", "a", ["kind"]), Counter(region, "a_total", "a", ["kind"])
    assert one.labels("x") is one.labels("x")
    one.labels("x").add()
    two.labels("x").add(2)
    assert two.known("y") is None
    assert only(Measures(region)).values == {("x",): 3}


def test_a_gauge_has_no_value_before_it_is_set_and_after_it_is_cleared():
    measures = Measures()
    gauge = measures.gauge("a", "a", ("kind",))
    gauge.labels("never")
    gauge.labels("x").set(0)
    assert only(measures).values == {("x",): 0}
    gauge.labels("x").clear()
    assert only(measures).values == {}


def test_the_newest_trace_of_a_bucket_is_its_exemplar():
    measures = Measures()
    histogram = measures.histogram("seconds", "s", bounds=(1,), exemplars=True).labels()
    for value, trace in ((0.1, TRACE), (0.2, TRACE[::-1]), (0.3, None), (2, TRACE)):
        histogram.observe(value, trace)
    exemplars = only(measures).histograms[()].exemplars
    assert [(exemplar.trace_id, exemplar.value) for exemplar in exemplars] == [(TRACE[::-1], 0.2), (TRACE, 2)]


def test_an_exemplar_that_is_being_written_is_not_read():
    """Its time is 0 meanwhile; a writer that is killed there leaves none."""
    measures = Measures()
    histogram = measures.histogram("seconds", "s", bounds=(1,), exemplars=True).labels()
    histogram.observe(0.1, TRACE)
    measures.own.cells[histogram._exemplars] = 0.0
    assert only(measures).histograms[()].exemplars == [None, None]


def test_a_histogram_without_exemplars_has_no_cells_for_them():
    with_them, without = (Definition("histogram", "a", "a", (), "sum", (1.0,), each) for each in (True, False))
    assert (with_them.size, without.size) == (11, 3)
    histogram = Measures().histogram("seconds", "s", bounds=(1,)).labels()
    histogram.observe(1, TRACE)
