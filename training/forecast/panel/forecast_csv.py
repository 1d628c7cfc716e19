"""forecast.csv of a panel: what follows the last reading of every series."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from training.data.series import Series, future_dates
from training.evaluation.rolling import Predictions
from training.forecast.panel.parts import Member

FILE = "forecast.csv"


def write(path: Path, members: Sequence[Member], series: Mapping[str, Series], predicted: Predictions) -> Path:
    """Write a row for each step of each series: id, timestamp, forecast, and the bounds of each level."""
    header = ["id", "timestamp", "forecast"]
    for level in predicted.levels:
        header += [f"lower_{level:g}", f"upper_{level:g}"]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row, member in enumerate(members):
            steps = predicted.point.shape[1]
            dates = [date.isoformat() for date in future_dates(series[member.id], steps)]
            bounds = np.stack([predicted.lower[:, row], predicted.upper[:, row]], axis=1).reshape(-1, steps)
            for step, date in enumerate(dates):
                values = [predicted.point[row, step], *bounds[:, step]]
                writer.writerow([member.id, date.removesuffix("T00:00:00"), *(f"{value:.6g}" for value in values)])
    return path
