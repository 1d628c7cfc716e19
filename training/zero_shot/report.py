"""What a run on sets looks like: the printed tables, results.json, results.md and results.png."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.evaluation.baselines import BASELINE
from training.evaluation.set_scores import SetScore
from training.reporting import plots, tables
from training.reporting.tables import Row
from training.zero_shot.printed import Printed

NONE = "–"


@dataclass(frozen=True)
class Outcome:
    """Every method on one set: its scores, or why there are none. `looks`: how often each was evaluated on a test set."""

    name: str
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
    """Print both tables and the notes."""
    tables.show("MASE of the median forecast; in brackets: printed by others", *mase_table(outcomes, printed))
    tables.show("Every method", *method_table(outcomes))
    for line in notes(outcomes):
        print(line)


def write(path: Path, outcomes: Sequence[Outcome], printed: Printed, settings: Mapping[str, Any]) -> None:
    """Write results.json and, beside it, the same name with .md and .png."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(to_json(outcomes, settings), indent=1) + "\n", "utf-8")
    path.with_suffix(".md").write_text(to_markdown(outcomes, printed), "utf-8")
    plots.dots(
        path.with_suffix(".png"),
        "MASE over the seasonal naive forecast's; hollow: printed by others",
        ratios(outcomes),
        ratios_printed(outcomes, printed),
    )


def to_markdown(outcomes: Sequence[Outcome], printed: Printed) -> str:
    """Return both tables, the notes and the sources of others' figures."""
    parts = [
        "MASE of the median forecast, mean over the series; in brackets: printed by others. The last row: geometric mean over "
        "the sets (as many as the bracket says, if not all) of MASE over the seasonal naive forecast's.\n",
        tables.markdown(*mase_table(outcomes, printed)),
        tables.markdown(*method_table(outcomes)),
        "".join(f"- {line}\n" for line in notes(outcomes)),
    ]
    if _methods_printed(outcomes, printed):
        parts.append("".join(f"- {name}: {source}\n" for name, source in printed.sources.items()))
    return "\n".join(part for part in parts if part)


def mase_table(outcomes: Sequence[Outcome], printed: Printed) -> tuple[Row, list[Row]]:
    """Return a header and a row per set: MASE of every method and of others, then the geometric means of ratios."""
    ours, others = list(outcomes[0].scores), _methods_printed(outcomes, printed)
    header = ("set", "series", "m", "steps", *ours, *(f"({name})" for name in others))
    rows = []
    for outcome in outcomes:
        naive, known = outcome.naive, printed.find(outcome.naive)
        cells = [_number(_value(outcome, method, lambda s: s.mase)) for method in ours]
        cells += [_number(known.mase.get(name) if known else None) for name in others]
        rows.append((outcome.name, str(naive.series), str(naive.season_length), str(naive.horizon), *cells))
    means = [*ratios(outcomes).values(), *ratios_printed(outcomes, printed).values()]
    rows.append(("geometric mean / naive", "", "", "", *(_mean(values.values()) for values in means)))
    return header, rows


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
            second = map(_number, (score.wql / score.naive_wql, score.coverage_80, score.coverage_95))
            rows.append((outcome.name, method, *first, *second, f"{score.series_per_second:,.0f}"))
    return header, rows + _method_means(outcomes)


def _method_means(outcomes: Sequence[Outcome]) -> list[Row]:
    """A row per method: geometric means over the sets of the ratios to the seasonal naive forecast."""
    rows: list[Row] = []
    for method in outcomes[0].scores:
        scores = [score for outcome in outcomes if (score := outcome.score(method)) is not None]
        wql = [score.wql / score.naive_wql for score in scores]
        ratio = _mean([score.ratio for score in scores])
        rows.append(("geometric mean", method, "", ratio, "", _mean(wql), "", "", ""))
    return rows


def ratios(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Return method → set → MASE over the seasonal naive forecast's, NaN where a method has no score."""
    return {method: {o.name: _value(o, method, lambda s: s.ratio) for o in outcomes} for method in outcomes[0].scores}


def ratios_printed(outcomes: Sequence[Outcome], printed: Printed) -> dict[str, dict[str, float]]:
    """Return the same of others. Where the seasonal naive forecast's MASE is not printed, ours is taken."""
    values: dict[str, dict[str, float]] = {}
    for name in _methods_printed(outcomes, printed):
        values[name] = {}
        for outcome in outcomes:
            known = printed.find(outcome.naive)
            mase = known.mase.get(name, math.nan) if known else math.nan
            values[name][outcome.name] = mase / ((known.naive_mase if known else None) or outcome.naive.mase)
    return values


def _methods_printed(outcomes: Sequence[Outcome], printed: Printed) -> list[str]:
    found = [known for outcome in outcomes if (known := printed.find(outcome.naive)) is not None]
    return [name for name in printed.methods if any(name in known.mase for known in found)]


def _value(outcome: Outcome, method: str, figure: Callable[[SetScore], float]) -> float:
    score = outcome.score(method)
    return math.nan if score is None else figure(score)


def _number(value: float | None, digits: int = 3) -> str:
    return NONE if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _mean(values: Any) -> str:
    """The geometric mean of those that are known, and how many they are if not all."""
    every = np.array(list(values))
    known = every[np.isfinite(every) & (every > 0)]
    if not known.size:
        return NONE
    mean = f"{np.exp(np.log(known).mean()):.3f}"
    return mean if known.size == every.size else f"{mean} ({known.size})"


def notes(outcomes: Sequence[Outcome]) -> list[str]:
    """Return what is missing and why, and how often test sets were looked at."""
    lines = []
    for outcome in outcomes:
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
