"""Metrics as text: Prometheus' format 0.0.4, or OpenMetrics 1.0 with exemplars where a scraper asks for it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from prometheus_client import exposition
from prometheus_client.core import (
    CounterMetricFamily,
    Exemplar,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.openmetrics import exposition as openmetrics

from ..measures import Family, HistogramValue

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
VERSIONS = (None, "1.0.0")  # of OpenMetrics in a header Accept
MAX_ACCEPT = 1024  # characters of it that are read


class _Metrics:
    """What prometheus_client asks for metrics."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def render(families: Iterable[Family], extra: Iterable[Metric], accept: str) -> tuple[str, bytes]:
    """Return the content type and the text of metrics, in the format that `accept` asks for."""
    registry: Any = _Metrics([*map(_metric, families), *extra])
    is_open = wants_openmetrics(accept)
    write: Callable[[Any], bytes] = openmetrics.generate_latest if is_open else exposition.generate_latest
    return OPEN_METRICS if is_open else PLAIN, write(registry)


def wants_openmetrics(accept: str) -> bool:
    """Whether a header Accept prefers OpenMetrics 1.0 to plain text, or likes both as much."""
    wanted, plain = 0.0, 0.0
    for media, parameters in _media_ranges(accept[:MAX_ACCEPT]):
        quality = _quality(parameters.get("q", "1"))
        if media == "application/openmetrics-text" and parameters.get("version") in VERSIONS:
            wanted = max(wanted, quality)
        elif media == "text/plain":
            plain = max(plain, quality)
    return wanted > 0 and wanted >= plain


def _media_ranges(accept: str) -> Iterator[tuple[str, dict[str, str]]]:
    for part in accept.split(","):
        media, *parameters = part.split(";")
        pairs = (parameter.partition("=") for parameter in parameters)
        yield media.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _quality(text: str) -> float:
    """The weight of a media range, 0 if it is none."""
    is_number = text.replace(".", "", 1).isdecimal() and text.isascii()
    return min(1.0, float(text)) if is_number else 0.0


def _metric(family: Family) -> Metric:
    """A metric as prometheus_client has it."""
    kind, name, meaning, labels = family.definition[:4]
    if kind == "histogram":
        histogram = HistogramMetricFamily(name, meaning, labels=labels)
        for values, value in family.histograms.items():
            histogram.add_metric(values, _buckets(family.definition.bounds, value), value.sum)
        return histogram
    metric = (CounterMetricFamily if kind == "counter" else GaugeMetricFamily)(name, meaning, labels=labels)
    for values, number in family.values.items():
        metric.add_metric(values, number)
    return metric


def _buckets(bounds: tuple[float, ...], value: HistogramValue) -> list[Any]:
    """Counts per bucket → counts up to each bound, as the formats need them, with exemplars where there are any."""
    total, rows = 0.0, list[Any]()
    for bound, count, kept in zip((*map(repr, bounds), "+Inf"), value.buckets, value.exemplars, strict=True):
        total += count
        exemplar = None if kept is None else Exemplar({"trace_id": kept.trace_id}, kept.value, round(kept.time, 3))
        rows.append((bound, total, exemplar))
    return rows
