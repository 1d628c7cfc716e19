"""When an open-loop plan sends its requests."""

import random
from itertools import pairwise

import pytest

from benchmarks.plan import LoadPlan


def plan(**options):
    return LoadPlan(port=8000, path="/forecast", body=b"{}", **options)


def test_even_requests_are_sent_at_the_rate():
    assert list(plan(rate=4, seconds=1).send_times()) == [0.0, 0.25, 0.5, 0.75]


def test_poisson_arrivals_have_the_rate_on_average_and_uneven_gaps():
    """The gaps of a Poisson process have a standard deviation as large as their mean."""
    random.seed(1)
    times = list(plan(rate=200, seconds=50, poisson=True).send_times())
    gaps = [later - earlier for earlier, later in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert mean == pytest.approx(1 / 200, rel=0.05)
    assert deviation == pytest.approx(mean, rel=0.05)
