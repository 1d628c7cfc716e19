"""How good predictions of the held-out rows are, and the table of all results."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev

from sklearn.metrics import accuracy_score, f1_score, recall_score

from benchmarks import machine
from benchmarks.files import write_json
from training.reporting import tables

HEADER = ("data", "rows", "method", "accuracy", "balanced accuracy", "macro F1", "seconds")
FIGURES = ("accuracy", "balanced_accuracy", "macro_f1")


@dataclass(frozen=True)
class Result:
    """One method, fitted on one draw of rows and measured on the held-out rows; `rows` is 0 if nothing was fitted."""

    data: str
    rows: int
    method: str
    seed: int
    seconds: float
    accuracy: float
    balanced_accuracy: float
    macro_f1: float

    def __str__(self) -> str:
        return f"{self.data}, {self.rows} rows, seed {self.seed}, {self.method}: accuracy {self.accuracy:.4f}"


def figures(truth: Sequence[str], predicted: Sequence[str]) -> dict[str, float]:
    """Return the FIGURES; recall and F1 are means over the classes that occur in `truth`."""
    means = {"labels": sorted(set(truth)), "average": "macro", "zero_division": 0}
    values = (
        accuracy_score(truth, predicted),
        recall_score(truth, predicted, **means),
        f1_score(truth, predicted, **means),
    )
    return {name: round(float(value), 4) for name, value in zip(FIGURES, values, strict=True)}


def table(results: Sequence[Result]) -> str:
    """Return a Markdown table: means ± deviations over the seeds, by data set, number of rows and method."""
    groups: dict[tuple[str, int, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.data, result.rows, result.method), []).append(result)
    lines = []
    for (data, rows, method), group in groups.items():
        cells = [_percent([getattr(result, name) for result in group]) for name in FIGURES]
        lines.append((data, f"{rows:,}", method, *cells, f"{mean(result.seconds for result in group):,.0f}"))
    return tables.markdown(HEADER, lines)


def write(directory: Path, about: dict[str, object], results: Sequence[Result]) -> None:
    """Write all results as few_labels.json, with what they are `about`, and the table as few_labels.md."""
    report = {"machine": machine.describe(), **about, "results": [asdict(result) for result in results]}
    write_json(directory / "few_labels.json", report)
    (directory / "few_labels.md").write_text(table(results), "utf-8")


def _percent(values: Sequence[float]) -> str:
    deviation = f" ± {100 * stdev(values):.1f}" if len(values) > 1 else ""
    return f"{100 * mean(values):.1f}{deviation}"
