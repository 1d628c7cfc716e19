"""Writes theta_reference.json: what statsforecast's theta models make of a few series.

    .venv/backtest/bin/python tests/service/forecast/theta_reference.py

One series is public (AirPassengers, Box and Jenkins, 1976), the others are made up. `mse` is the sum of the squared errors
after the first three, over the mean magnitude of the adjusted readings.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

HORIZON = 15
MODELS = ("STM", "OTM", "DSTM", "DOTM")
AIR_PASSENGERS = [
    112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140,
    145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194,
    196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201, 204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229,
    242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306,
    315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336, 340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337,
    360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432,
]  # fmt: skip


def series() -> dict[str, tuple[int, list[float]]]:
    """Return name → season length, readings with at most two decimals."""
    rng = np.random.default_rng(3)
    t = np.arange(90)
    line = 20 + t / 3 + rng.normal(0, 2, 90)
    walk = 200 + np.cumsum(rng.normal(0.5, 3, 90))
    negative = -5 + 8 * np.sin(t * np.pi / 2) + np.cumsum(rng.normal(0, 1, 90))
    odd = 60 + 10 * np.cos(t * 2 * np.pi / 7) + np.cumsum(rng.normal(0, 1, 90))
    made_up = {
        "line": (1, line),
        "walk": (12, walk),
        "negative": (4, negative),
        "odd": (7, odd),
        "short": (1, walk[:14]),
    }
    rounded = {name: (season, np.round(values, 2).tolist()) for name, (season, values) in made_up.items()}
    return {"air_passengers": (12, [float(value) for value in AIR_PASSENGERS]), **rounded}


def fitted(values: list[float], season_length: int, model: str) -> dict[str, Any]:
    from statsforecast.theta import auto_theta, forecast_theta

    found = auto_theta(np.array(values), season_length, model=model)
    parameters = found["par"]
    return {
        "level": float(parameters["initial_smoothed"]),
        "alpha": float(parameters["alpha"]),
        "theta": float(parameters["theta"]),
        "mse": float(found["mse"]),
        "season": found["decomposition_type"] if found.get("decompose") else None,
        "forecast": forecast_theta(found, HORIZON)["mean"].tolist(),
    }


def main() -> None:
    reference = {
        name: {"season_length": season, "readings": values, "models": {m: fitted(values, season, m) for m in MODELS}}
        for name, (season, values) in series().items()
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(reference, indent=None) + "\n", "utf-8")


if __name__ == "__main__":
    main()
