"""One side of the comparison, in an environment of its own: reads the series, cross-validates them, prints JSON.

    CLIENT_ENVIRONMENT/python peers.py nixtla FILE http://127.0.0.1:8000
    BACKTEST_ENVIRONMENT/python peers.py auto_ets FILE

It imports nothing of this repository, as those environments lack its packages. FILE has the series and what is asked:
{"season", "horizon", "windows", "step", "series": [[…], …]}. Printed are the seconds of the call, the rows' medians
in the order of series, windows and steps, and for AutoETS whether it was fitted anew for each window.
"""

import json
import logging
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any


def frame_of(series: list[list[float]]) -> Any:
    """The series as a data frame of months."""
    import pandas as pd

    parts = [
        pd.DataFrame({"unique_id": f"{index:05d}", "ds": pd.date_range("1900-01-01", periods=len(values), freq="MS"), "y": values})
        for index, values in enumerate(series)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def nixtla(task: dict[str, Any], url: str) -> dict[str, Any]:
    """Ask the service through the client."""
    from nixtla import NixtlaClient

    logging.getLogger("nixtla").setLevel(logging.ERROR)
    client = NixtlaClient(base_url=f"{url}/nixtla", api_key="any", max_retries=1, timeout=600)

    def call(frame: Any) -> Any:
        return client.cross_validation(
            frame, h=task["horizon"], n_windows=task["windows"], step_size=task["step"], freq="MS"
        )

    return timed(call, task, "TimeGPT")


def auto_ets(task: dict[str, Any], refit: bool) -> dict[str, Any]:
    """Fit AutoETS to each series, once or for each window."""
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS

    def call(frame: Any) -> Any:
        models = [AutoETS(season_length=task["season"])]
        statistics = StatsForecast(models=models, freq="MS", n_jobs=len(os.sched_getaffinity(0)))
        return statistics.cross_validation(
            h=task["horizon"], df=frame, n_windows=task["windows"], step_size=task["step"], refit=refit
        )

    return timed(call, task, "AutoETS")


def timed(call: Any, task: dict[str, Any], column: str) -> dict[str, Any]:
    """The seconds of a call after one of a few series, which loads what has to be loaded, and its medians."""
    frame = frame_of(task["series"])
    call(frame_of(task["series"][:2]))
    started = time.perf_counter()
    rows = call(frame)
    seconds = time.perf_counter() - started
    ordered = rows.reset_index().sort_values(["unique_id", "cutoff", "ds"])
    return {"seconds": seconds, "medians": [float(value) for value in ordered[column]]}


def main() -> None:
    """Run the side that the command line names."""
    warnings.simplefilter("ignore")
    side, path, *rest = sys.argv[1:]
    task = json.loads(Path(path).read_text("utf-8"))
    result = nixtla(task, rest[0]) if side == "nixtla" else auto_ets(task, refit=side == "auto_ets")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
