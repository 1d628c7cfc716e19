"""What a run on sets looks like: the printed tables, results.json, results.md and results.png."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.evaluation.baselines import BASELINE
from training.evaluation.set_scores import SetScore
from training.reporting import plots, tables
from training.reporting.tables import Row
from training.zero_shot.printed import Printed, PrintedSet

NONE = "–"
SAME_NAIVE = 0.005  # a difference in MASE that comes from rounding, or from a few readings


@dataclass(frozen=True)
class Outcome:
    """Every method on one set: its scores, or why there are none. `looks`: how often each was evaluated on a test set."""

    name: str
    season_length: int
    scores: Mapping[str, SetScore | str]
    looks: Mapping[str, int] | None

    @property
    def naive(self) -> SetScore:
        """The seasonal naive forecast, which has scores on every set."""
        score = self.scores[BASELINE]
        assert isinstance(score, SetScore)
        return score

    def score(self, method: str) -> SetScore | None:
        """The scores of one method, if there are any."""
        score = self.scores[method]
        return score if isinstance(score, SetScore) else None


def show(outcomes: Sequence[Outcome], printed: Printed) -> None:
    """Print the tables and the notes."""
    tables.show("MASE of the median forecast; in brackets: printed by others", *figure_table(outcomes, printed, "mase"))
    tables.show("Every method", *method_table(outcomes))
    for line in notes(outcomes, printed):
        print(line)


def write(path: Path, outcomes: Sequence[Outcome], printed: Printed, settings: Mapping[str, Any]) -> None:
    """Write results.json and, beside it, the same name with .md and .png."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(to_json(outcomes, settings), indent=1) + "\n", "utf-8")
    path.with_suffix(".md").write_text(to_markdown(outcomes, printed), "utf-8")
    columns = ratio_columns(outcomes, printed, "mase")
    ours = {name: values for name, values in columns.items() if name in outcomes[0].scores}
    others = {name: values for name, values in columns.items() if name not in ours}
    title = "MASE over the seasonal naive forecast's" + ("; hollow, in brackets: printed by others" if others else "")
    plots.dots(path.with_suffix(".png"), title, ours, others)


def to_markdown(outcomes: Sequence[Outcome], printed: Printed) -> str:
    """Return the tables, the notes and the sources of others' figures."""
    parts = [
        "MASE of the median forecast, mean over the series; in brackets: printed by others. The last row is the geometric mean "
        "over the sets of MASE over the seasonal naive forecast's (of as many sets as the bracket says, if not all).\n",
        tables.markdown(*figure_table(outcomes, printed, "mase")),
        "WQL, the weighted quantile loss over nine deciles:\n",
        tables.markdown(*figure_table(outcomes, printed, "wql")),
        tables.markdown(*method_table(outcomes)),
        "".join(f"- {line}\n" for line in notes(outcomes, printed)),
    ]
    if _methods_printed(outcomes, printed, "mase"):
        parts.append("".join(f"- {name}: {source}\n" for name, source in printed.sources.items()))
    return "\n".join(part for part in parts if part)


def figure_table(outcomes: Sequence[Outcome], printed: Printed, figure: str) -> tuple[Row, list[Row]]:
    """Return a header and a row per set: `mase` or `wql` of every method and of others, then means of the ratios."""
    digits = 3 if figure == "mase" else 4
    ratios = ratio_columns(outcomes, printed, figure)
    naive = {outcome.name: _naive(outcome, figure) for outcome in outcomes}
    rows: list[Row] = []
    for outcome in outcomes:
        score = outcome.naive
        cells = [_number(values[outcome.name] * naive[outcome.name], digits) for values in ratios.values()]
        rows.append((outcome.name, str(score.series), str(outcome.season_length), str(score.horizon), *cells))
    rows.append(("geometric mean / naive", "", "", "", *(_mean(values.values()) for values in ratios.values())))
    common = [name for name in naive if all(math.isfinite(values[name]) for values in ratios.values())]
    if 0 < len(common) < len(naive):
        means = (_mean(values[name] for name in common) for values in ratios.values())
        rows.append(("… of the sets with all figures", "", "", "", *means))
    return ("set", "series", "m", "steps", *ratios), rows


def ratio_columns(outcomes: Sequence[Outcome], printed: Printed, figure: str) -> dict[str, dict[str, float]]:
    """Return method → set → `mase` or `wql` over our seasonal naive forecast's, NaN where there is none.

    Others' names are in brackets. Their MASE has the same scale as ours, because they have the same readings.
    """
    columns: dict[str, dict[str, float]] = {method: {} for method in outcomes[0].scores}
    others = _methods_printed(outcomes, printed, figure)
    columns |= {f"({name})": {} for name in others}
    for outcome in outcomes:
        known, naive = printed.find(outcome.naive), _naive(outcome, figure)
        for method in outcome.scores:
            score = outcome.score(method)
            columns[method][outcome.name] = math.nan if score is None else getattr(score, figure) / naive
        for name in others:
            columns[f"({name})"][outcome.name] = _printed(known, figure).get(name, math.nan) / naive
    return columns


def _naive(outcome: Outcome, figure: str) -> float:
    """The seasonal naive forecast's; NaN, which has no ratios, where it has no error."""
    value = float(getattr(outcome.naive, figure))
    return value if value > 0 else math.nan


def _printed(known: PrintedSet | None, figure: str) -> Mapping[str, float]:
    return {} if known is None else known.mase if figure == "mase" else known.wql


def _methods_printed(outcomes: Sequence[Outcome], printed: Printed, figure: str) -> list[str]:
    found = [_printed(printed.find(outcome.naive), figure) for outcome in outcomes]
    return [name for name in printed.methods if any(name in figures for figures in found)]


def method_table(outcomes: Sequence[Outcome]) -> tuple[Row, list[Row]]:
    """Return a header and a row per set and method."""
    header = ("set", "method", "MASE", "/ naive", "WQL", "/ naive", "80 % covers", "95 % covers", "series/s")
    rows: list[Row] = []
    for outcome in outcomes:
        for method in outcome.scores:
            score = outcome.score(method)
            if score is None:
                rows.append((outcome.name, method, *[NONE] * 7))
                continue
            first = _number(score.mase), _number(score.ratio), _number(score.wql, 4)
            second = map(_number, (score.wql_ratio, score.coverage_80, score.coverage_95))
            rows.append((outcome.name, method, *first, *second, f"{score.series_per_second:,.0f}"))
    return header, rows + _method_means(outcomes)


def _method_means(outcomes: Sequence[Outcome]) -> list[Row]:
    """A row per method: geometric means over the sets of the ratios to the seasonal naive forecast."""
    rows: list[Row] = []
    for method in outcomes[0].scores:
        scores = [score for outcome in outcomes if (score := outcome.score(method)) is not None]
        wql = [score.wql_ratio for score in scores]
        ratio = _mean([score.ratio for score in scores])
        rows.append(("geometric mean", method, "", ratio, "", _mean(wql), "", "", ""))
    return rows


def _number(value: float | None, digits: int = 3) -> str:
    return NONE if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _mean(values: Iterable[float]) -> str:
    """The geometric mean of those that are known, and how many they are if not all."""
    every = np.array(list(values))
    known = every[np.isfinite(every) & (every > 0)]
    if not known.size:
        return NONE
    mean = f"{np.exp(np.log(known).mean()):.3f}"
    return mean if known.size == every.size else f"{mean} ({known.size})"


def notes(outcomes: Sequence[Outcome], printed: Printed) -> list[str]:
    """Return what is missing and why, what cannot be compared, and how often test sets were looked at."""
    lines = []
    for outcome in outcomes:
        known = printed.find(outcome.naive)
        if known and known.naive_mase and abs(known.naive_mase - outcome.naive.mase) > SAME_NAIVE:
            lines.append(
                f"{outcome.name}: others print {known.naive_mase:.3f} for the seasonal naive forecast; these are not "
                "the same readings, and the figures do not compare"
            )
        lines += [f"{outcome.name}: {why}" for why in outcome.scores.values() if isinstance(why, str)]
        if outcome.naive.unscaled:
            lines.append(f"{outcome.name}: {outcome.naive.unscaled} series have no MASE: they never change")
        if outcome.looks is not None:
            counts = ", ".join(f"{name} {count}" for name, count in outcome.looks.items())
            lines.append(f"{outcome.name} is a test set; evaluations on it so far: {counts}")
    return lines


def to_json(outcomes: Sequence[Outcome], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scores as plain values; a value that is not a number becomes null."""
    sets = {o.name: {method: _plain(score) for method, score in o.scores.items()} for o in outcomes}
    return {"settings": dict(settings), "sets": sets, "looks": {o.name: o.looks for o in outcomes}}


def _plain(score: SetScore | str) -> dict[str, Any]:
    if isinstance(score, str):
        return {"why_none": score}
    values = asdict(score) | {"ratio": score.ratio, "series_per_second": score.series_per_second}
    return {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in values.items()}
