"""Counters, gauges and histograms in memory that several processes may share. A leaf: the standard library only."""

from .instruments import Counter, CounterHandle, Gauge, GaugeHandle, Histogram, HistogramHandle
from .measures import Exemplar, Family, HistogramValue, Measures
from .region import OTHER, NotARegion, Region
from .series import Definition

__all__ = [
    "OTHER",
    "Counter",
    "CounterHandle",
    "Definition",
    "Exemplar",
    "Family",
    "Gauge",
    "GaugeHandle",
    "Histogram",
    "HistogramHandle",
    "HistogramValue",
    "Measures",
    "NotARegion",
    "Region",
]
