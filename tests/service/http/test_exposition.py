"""Which format a scraper gets, and the text of both."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse_plain

from service.http.exposition import OPEN_METRICS, PLAIN, render, wants_openmetrics
from service.measures import Measures

NAME = "application/openmetrics-text"


@pytest.mark.parametrize(
    ("accept", "is_open"),
    [
        (NAME, True),
        (f"{NAME}; version=1.0.0; charset=utf-8", True),
        (f'{NAME};version="1.0.0",text/plain;version=0.0.4;q=0.5', True),
        (f"{NAME};version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.9", False),
        (f"{NAME};version=2.0.0", False),
        (f"{NAME};version=0.0.1", False),
        (f"{NAME};q=0", False),
        (f"{NAME};q=nan", False),
        (f"{NAME};q=١", False),
        ("text/plain", False),
        ("*/*", False),
        ("", False),
        ("," * 100_000 + NAME, False),
    ],
)
def test_openmetrics_is_for_those_who_prefer_it(accept, is_open):
    """Everybody else gets plain text."""
    assert wants_openmetrics(accept) == is_open


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=50) | st.text("application/openmetrics-text;q=version,.0123456789 ", max_size=60))
def test_no_header_is_a_defect(accept):
    """Whatever it says, it is one format or the other."""
    assert wants_openmetrics(accept) in (True, False)


# a caller's texts are no labels, but names of models are, and names of metrics' meanings are ours
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=12)  # fmt: skip
POSITIVE = st.floats(0, 1e9)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.dictionaries(TEXTS, POSITIVE, max_size=4),
    st.lists(st.tuples(TEXTS, POSITIVE, st.none() | st.integers(0, 2**128 - 1).map("{:032x}".format)), max_size=20),
)
def test_any_measures_are_valid_in_both_formats(numbers, observed):
    """Parsers of both read back every value."""
    measures = Measures()
    counter, gauge = measures.counter("c_total", "c", ("x",)), measures.gauge("g", "g\nh\\", ("x",))
    histogram = measures.histogram("h_seconds", 'h "quoted"', ("x",), exemplars=True)
    for label, number in numbers.items():
        counter.labels(label).add(number)
        gauge.labels(label).set(number)
    for label, number, trace in observed:
        histogram.labels(label).observe(number, trace)
    families = measures.collect()
    (plain_type, plain), (open_type, open_text) = render(families, "text/plain"), render(families, NAME)
    assert (plain_type, open_type) == (PLAIN, OPEN_METRICS)
    for text, parse in ((plain, parse_plain), (open_text, parse_open)):
        samples = [sample for family in parse(text.decode()) for sample in family.samples]
        for name in ("c_total", "g"):
            assert {s.labels["x"]: s.value for s in samples if s.name == name} == numbers
        counts = {s.labels["x"]: s.value for s in samples if s.name == "h_seconds_count"}
        ends = {s.labels["x"]: s.value for s in samples if s.labels.get("le") == "+Inf"}
        assert counts == ends
        assert sum(counts.values()) == len(observed)
