"""A process that writes or sums regions, for tests: `writer.py count FD TIMES` and `writer.py sum OWN FD…`."""

import itertools
import json
import os
import sys

from service.measures import Measures, Region

TOLD = 1  # where a writer says a byte for each event, before it counts it


def write(fd: int, times: int) -> None:
    """Count so many events, or until killed if it is 0. The first byte is told when the region is claimed."""
    region = Region.open(fd)
    region.claim()
    measures = Measures(region)
    counter = measures.counter("events_total", "events", ("parity",))
    histogram = measures.histogram("sizes", "sizes", bounds=(1, 2, 4, 8))
    measures.gauge("writers", "writers").labels().set(1)
    os.write(TOLD, b"!")
    for number in itertools.count() if not times else range(times):
        os.write(TOLD, b".")
        histogram.labels().observe(number % 10)
        counter.labels("even" if number % 2 else "odd").add()


def add_up(fds: list[int]) -> None:
    """For each line that comes, say the sums."""
    regions = [Region.open(fd) for fd in fds]
    measures = Measures(others=lambda: regions)
    for _ in sys.stdin:
        families = {family.definition.name: family for family in measures.collect()}
        buckets = [bucket for value in families["sizes"].histograms.values() for bucket in value.buckets]
        writers = families["writers"].values if "writers" in families else {}  # of those that live
        sums = {
            "events": sum(families["events_total"].values.values()),
            "observed": sum(buckets),
            "writers": writers.get((), 0),
        }
        sys.stdout.write(json.dumps(sums) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[2:]]
    if sys.argv[1] == "count":
        write(*numbers)
    else:
        add_up(numbers)
