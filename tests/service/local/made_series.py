"""Series for tests of the Python face."""

import numpy as np
import pandas as pd


def months(count: int = 60, seed: int = 0) -> "pd.Series[float]":
    """Monthly readings with a season, from January 2020 on."""
    noise = np.random.default_rng(seed).normal(0, 1, count)
    values = 100 + 10 * np.sin(np.arange(count) * 2 * np.pi / 12) + noise
    return pd.Series(values, index=pd.date_range("2020-01-01", periods=count, freq="MS"), name="turnover")


def panel(series: int = 3, count: int = 60) -> pd.DataFrame:
    """A long frame of monthly series, a, b, …, with the columns unique_id, ds and y."""
    parts = [
        pd.DataFrame({"unique_id": chr(97 + number), "ds": months(count).index, "y": months(count, number).to_numpy()})
        for number in range(series)
    ]
    return pd.concat(parts, ignore_index=True)
