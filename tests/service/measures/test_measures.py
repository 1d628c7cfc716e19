"""Sums over the regions of several processes."""

import asyncio
import math
from itertools import count
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.measures import Measures, Region, instruments
from service.measures import measures as measures_module
from tests.patience import PATIENCE_S

BOUNDS = (1, 4, 16)
PROCESSES = 3
LABELS = st.sampled_from(["a", "b", "c"])
# whole numbers: their sums do not depend on the order
VALUES = st.integers(0, 1000)
TRACES = st.none() | st.integers(0, 2**128 - 1).map(lambda number: f"{number:032x}")
COUNTED = st.tuples(st.just("count"), LABELS, VALUES, st.none())
OBSERVED = st.tuples(st.just("observe"), LABELS, VALUES, TRACES)
EVENTS = st.lists(st.tuples(st.integers(0, PROCESSES - 1), COUNTED | OBSERVED), max_size=60)


def write(measures, event):
    """Do what an event says."""
    kind, label, value, trace = event
    if kind == "count":
        measures.counter("a_total", "a", ("label",)).labels(label).add(value)
    else:
        measures.histogram("b", "b", ("label",), BOUNDS, exemplars=True).labels(label).observe(value, trace)


def with_clock(clock, measures, event):
    """Write an event at a time of one's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(instruments, "time", SimpleNamespace(time=lambda: clock))
        write(measures, event)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(EVENTS)
def test_a_sum_over_processes_is_what_one_process_would_have_counted(events):
    """Counters, buckets, sums and exemplars, whoever saw which event."""
    everything = Measures()
    parts = [Measures() for _ in range(PROCESSES)]
    for clock, (process, event) in zip(count(1.0), events, strict=False):
        with_clock(clock, everything, event)
        with_clock(clock, parts[process], event)
    total = Measures(parts[0].own, lambda: [part.own for part in parts[1:]])
    assert {f.definition: (f.values, f.histograms) for f in total.collect()} == {
        f.definition: (f.values, f.histograms) for f in everything.collect()
    }


@pytest.mark.parametrize(("merge", "value"), [("sum", 6), ("max", 3), ("min", 1)])
def test_gauges_become_one_by_their_kind(merge, value):
    """`last` is the value of the process that came last."""
    regions = [Region.create_private() for _ in range(3)]
    for region, each in zip(regions, (3, 1, 2), strict=True):
        Measures(region).gauge("g", "g", merge=merge).labels().set(each)
    (family,) = Measures(regions[0], lambda: regions[1:]).collect()
    assert family.values == {(): value}


def test_gauges_of_ended_processes_are_left_out_and_their_counters_are_not():
    regions = [Region.create_private() for _ in range(2)]
    for region in regions:
        Measures(region).gauge("g", "g").labels().set(1)
        Measures(region).counter("c_total", "c").labels().add()
    regions[1].release()
    counter, gauge = Measures(regions[0], lambda: regions[1:]).collect()
    assert (counter.values, gauge.values) == ({(): 2}, {(): 1})


def test_the_count_is_that_of_the_buckets_while_a_value_is_being_added():
    """A reader between the two stores sees the bucket of a value, and the sum without it."""
    measures = Measures()
    histogram = measures.histogram("b", "b", bounds=BOUNDS).labels()
    histogram.observe(2)
    measures.own.cells[histogram._first + 1] += 1
    value = measures.collect()[0].histograms[()]
    assert (sum(value.buckets), value.sum) == (2, 2)


def test_histograms_of_other_bounds_are_not_added():
    """After an update under a running service, processes of both versions may write for a while."""
    old, new = Measures(), Measures()
    old.histogram("b", "b", bounds=(1, 2)).labels().observe(1)
    new.histogram("b", "b", bounds=(1, 3)).labels().observe(1)
    (family,) = Measures(old.own, lambda: [new.own]).collect()
    assert family.histograms[()].buckets == [1, 0, 0]


def test_what_is_read_is_published_before_it_is_collected():
    measures = Measures()
    gauge = measures.gauge("g", "g").labels()
    numbers = count(1)
    measures.publish_by(lambda: gauge.set(next(numbers)))
    assert [measures.collect()[0].values[()] for _ in range(2)] == [1, 2]


def test_a_counter_that_never_counted_is_there():
    """From the start, so that a rate sees its first step."""
    measures = Measures()
    measures.counter("c_total", "c").labels()
    value = measures.collect()[0].values[()]
    assert value == 0
    assert not math.isnan(value)


def test_several_processes_publish_again_and_again(monkeypatch):
    """So that each can tell what is so in the others."""
    monkeypatch.setattr(measures_module, "PUBLISH_SECONDS", 0)
    measures = Measures()
    published = []

    async def run():
        enough = asyncio.Event()
        measures.publish_by(lambda: [published.append(len(published)), len(published) < 3 or enough.set()])
        publishing = asyncio.create_task(measures.keep_publishing())
        await asyncio.wait_for(enough.wait(), PATIENCE_S)
        publishing.cancel()

    asyncio.run(run())
    assert published[:3] == [0, 1, 2]
