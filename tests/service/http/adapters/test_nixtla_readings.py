"""The readings of one series among those of many."""

from array import array
from math import nan

import pytest

from service.http.adapters.nixtla import readings
from service.http.adapters.nixtla.readings import SeriesReadings
from tests.service.serving.rounds import note_calls

DOUBLES = array("d", [float(index) for index in range(100)])


def test_a_series_reads_as_a_list_of_its_readings_would():
    """From either end, in slices, and with None where one is missing."""
    doubles = array("d", [0.0, 1.0, nan, 3.0, 4.0, 5.0])
    series, expected = SeriesReadings(doubles, 1, 5), [1.0, None, 3.0, 4.0]
    assert list(series) == series[:] == expected
    assert len(series) == 4
    assert [series[index] for index in (0, 1, -1)] == [1.0, None, 4.0]
    for begin, end in ((1, 3), (-2, None), (3, 1), (0, 0), (2, 99), (7, 9)):
        assert series[begin:end] == expected[begin:end]
    with pytest.raises(IndexError):
        series[4]


def test_no_more_becomes_a_list_than_is_asked_for_and_a_piece(monkeypatch):
    """Who asks for the next readings gets them out of the same list."""
    monkeypatch.setattr(readings, "PIECE", 30)
    lists = note_calls(monkeypatch, readings, "listed")
    series = SeriesReadings(DOUBLES, 10, 90)
    for begin in range(20):
        assert series[begin : begin + 10] == DOUBLES[10 + begin : 20 + begin].tolist()
    assert len(lists) == 1
    assert series[0:50] == DOUBLES[10:60].tolist()
    assert len(lists) == 2
