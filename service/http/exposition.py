"""Metrics as text: Prometheus' format 0.0.4, or OpenMetrics 1.0 with exemplars where a scraper asks for it.

The text is made on the event loop, so its time delays other requests. It is made here, in a tenth of the time that
prometheus_client takes; its parsers, and promtool, test that it is right.
"""

import math
from collections.abc import Iterable, Iterator

from ..measures import Exemplar, Family, HistogramValue

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
VERSIONS = (None, "1.0.0")  # of OpenMetrics in a header Accept
MAX_ACCEPT = 1024  # characters of it that are read
ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
PLAIN_HELP_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n"})


def render(families: Iterable[Family], accept: str) -> tuple[str, bytes]:
    """Return the content type and the text of metrics, in the format that `accept` asks for."""
    is_open = wants_openmetrics(accept)
    lines = [line for family in families for line in _lines(family, is_open)]
    lines.append("# EOF\n" if is_open else "")
    return OPEN_METRICS if is_open else PLAIN, "\n".join(lines).encode()


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


def _lines(family: Family, is_open: bool) -> Iterator[str]:
    """What it means, its type, and its samples. Only plain text has the `_total` of a counter in the first two."""
    kind, name, meaning, labels = family.definition[:4]
    title = name.removesuffix("_total") if is_open else name
    yield f"# HELP {title} {meaning.translate(ESCAPES if is_open else PLAIN_HELP_ESCAPES)}"
    yield f"# TYPE {title} {kind}"
    for values, number in family.values.items():
        yield f"{name}{_braced(_pairs(labels, values))} {_number(number)}"
    bounds = [*map(repr, family.definition.bounds), "+Inf"]
    for values, histogram in family.histograms.items():
        yield from _histogram_lines(name, _pairs(labels, values), bounds, histogram, is_open)


def _histogram_lines(
    name: str, pairs: list[str], bounds: list[str], histogram: HistogramValue, is_open: bool
) -> Iterator[str]:
    """Counts up to each bound. The count is the last of them, always."""
    total = 0.0
    before, after = _around_bound(name, pairs)
    for bound, count, exemplar in zip(bounds, histogram.buckets, histogram.exemplars, strict=True):
        total += count
        yield f"{before}{bound}{after}{total}{_exemplar(exemplar) if is_open and exemplar else ''}"
    yield f"{name}_count{_braced(pairs)} {total}"
    yield f"{name}_sum{_braced(pairs)} {_number(histogram.sum)}"


def _around_bound(name: str, pairs: list[str]) -> tuple[str, str]:
    """A line of a bucket before and after its bound."""
    before, _, after = _braced(sorted([*pairs, 'le="|"'])).partition('le="|')
    return f'{name}_bucket{before}le="', f"{after} "


def _pairs(names: tuple[str, ...], values: tuple[str, ...]) -> list[str]:
    """Labels in the order of their names, each as it is written."""
    return [f'{name}="{value.translate(ESCAPES)}"' for name, value in sorted(zip(names, values, strict=True))]


def _braced(pairs: list[str]) -> str:
    return f"{{{','.join(pairs)}}}" if pairs else ""


def _exemplar(exemplar: Exemplar) -> str:
    return f' # {{trace_id="{exemplar.trace_id}"}} {_number(exemplar.value)} {exemplar.time:.3f}'


def _number(number: float) -> str:
    if math.isfinite(number):
        return repr(number)
    return "NaN" if math.isnan(number) else "+Inf" if number > 0 else "-Inf"
