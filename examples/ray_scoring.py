"""Sentiment or forecasts for a table of any size with Ray Data: `map_batches` and `map_groups` call Gatecast in every worker.

    python examples/ray_scoring.py texts reviews.parquet scored --model models/sentiment --text body
    python examples/ray_scoring.py series series.parquet forecasts --model models/universal --readings readings --horizon 12
    python examples/ray_scoring.py panel sales.csv forecasts --model models/universal --id shop --time day --value sold

`texts` and `series` read a row for each text or series, and add columns to it. `panel` reads a row for each reading, and writes
a row for each step. The output is a directory of Parquet files, in no order; the column `error` says what could not be scored.
"""

import argparse
import logging
import os
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa  # Ray Data brings it
import ray
from gatecast import GatecastError, PanelScoring, SeriesScoring, TextScoring
from ray.data import SaveMode
from ray.data.context import ShuffleStrategy

Scoring = TextScoring | SeriesScoring | PanelScoring
BATCH_TEXTS, BATCH_SERIES = 4096, 1024  # about a second of work; what a task costs beside it matters little then
BUCKETS_FOR_EACH_CORE = 4
TYPES = {
    "string": pa.string(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "bigint": pa.int64(),
    "timestamp_ntz": pa.timestamp("us"),
    "array<double>": pa.list_(pa.float64()),
    "array<string>": pa.list_(pa.string()),
    "array<timestamp_ntz>": pa.list_(pa.timestamp("us")),
}


def main(arguments: list[str] | None = None) -> int:
    """Score a table. Returns the exit status."""
    options = parse(arguments)
    scoring = scoring_of(options)
    try:
        replace(scoring, model=os.path.join(options.working_dir or "", options.model)).schema()
    except GatecastError as error:  # such as a model that is not there
        print(f"error: {error}", file=sys.stderr)
        return 1
    start(options.workers, options.working_dir)
    score(read(options.input), scoring).write_parquet(options.output, mode=SaveMode.ERROR)
    total, errors = counted(ray.data.read_parquet(options.output, columns=["error"]))
    ray.shutdown()
    print(f"{total} rows, {errors} with an error: {options.output}")
    return 0


def start(workers: int, working_dir: str | None = None) -> None:
    """Connect to the cluster that RAY_ADDRESS names; without one, start so many workers of this machine.

    `working_dir` is a directory that Ray sends to all workers, which then run in their copy of it.
    """
    environment = {} if working_dir is None else {"working_dir": working_dir}
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    if "RAY_ADDRESS" in os.environ:
        ray.init(runtime_env=environment, log_to_driver=False)
    else:
        ray.init(num_cpus=workers, include_dashboard=False, runtime_env=environment, log_to_driver=False)
        # a panel is grouped by tasks of the workers: the default starts actors first, which takes one machine five seconds
        context.shuffle_strategy = ShuffleStrategy.SORT_SHUFFLE_PULL_BASED
    logging.getLogger("ray.data").setLevel(logging.WARNING)


def read(path: str) -> ray.data.Dataset:
    """A table of Parquet files, or of CSV with a header."""
    return ray.data.read_csv(path) if path.endswith(".csv") else ray.data.read_parquet(path)


def score(table: ray.data.Dataset, scoring: Scoring) -> ray.data.Dataset:
    """The table with what the scoring says of its rows, or the forecasts of its series."""
    cores = int(ray.cluster_resources()["CPU"])
    if isinstance(scoring, PanelScoring):
        buckets = cores * BUCKETS_FOR_EACH_CORE
        columns = [name for name in (scoring.id, scoring.time, scoring.value) if name is not None]
        grouped = table.map_batches(in_buckets(scoring.id, columns, buckets), batch_format="pandas")
        groups = grouped.groupby("_bucket", num_partitions=buckets)
        return groups.map_groups(typed(scoring, columns), batch_format="pandas", num_cpus=1)
    rows = BATCH_TEXTS if isinstance(scoring, TextScoring) else BATCH_SERIES
    table = table.repartition(target_num_rows_per_block=rows)  # one small file would keep one core busy
    return table.map_batches(typed(scoring, None), batch_format="pandas", batch_size=rows, num_cpus=1)


def in_buckets(name: str, columns: list[str], buckets: int) -> Callable[[Any], Any]:
    """Adds a number to each row, the same for all rows of a series: a group holds many whole series."""

    def run(frame: Any) -> Any:
        numbers = [zlib.crc32(str(each).encode()) % buckets for each in frame[name]]
        return frame[columns].assign(_bucket=numbers)

    return run


def typed(scoring: Scoring, columns: list[str] | None) -> Callable[[Any], Any]:
    """What a worker runs: the scoring. Its columns get their types, as one that is empty in a batch would have none."""

    def run(frame: Any) -> Any:
        scored = scoring(frame if columns is None else frame[columns])
        table = pa.Table.from_pandas(scored, preserve_index=False)
        for column in scoring.schema():
            index = table.schema.get_field_index(column.name)
            if column.name != getattr(scoring, "id", None):
                table = table.set_column(index, column.name, table[index].cast(TYPES[column.kind]))
        return table.replace_schema_metadata(None)  # pandas cannot read the names of its own types there

    return run


def counted(written: ray.data.Dataset) -> tuple[int, int]:
    """How many rows there are, and how many of them have an error."""
    total = errors = 0
    for batch in written.iter_batches(batch_format="pyarrow"):
        total += batch.num_rows
        errors += batch.num_rows - batch["error"].null_count
    return total, errors


def scoring_of(options: argparse.Namespace) -> Scoring:
    """What the options ask for."""
    if options.task == "texts":
        return TextScoring(options.model, options.text)
    if options.task == "series":
        return SeriesScoring(options.model, options.horizon, readings=options.readings)
    return PanelScoring(options.model, options.horizon, id=options.id, time=options.time, value=options.value)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["texts", "series", "panel"])
    parser.add_argument("input", help="Parquet files, or a .csv")
    parser.add_argument("output", help="a directory")
    parser.add_argument("--model", required=True, help="a model or a version of it, which every worker can read")
    parser.add_argument("--working-dir", help="a directory that Ray sends to all workers; --model may be a path in it")
    parser.add_argument("--workers", type=int, default=2, help="of this machine, where RAY_ADDRESS names no cluster")
    parser.add_argument("--text", default="text", help="texts: the column")
    parser.add_argument("--readings", default="readings", help="series: the column of lists of numbers, oldest first")
    parser.add_argument("--horizon", type=int, help="series, panel: steps")
    parser.add_argument("--id", default="unique_id", help="panel: the column that tells series apart")
    parser.add_argument("--time", default="ds", help="panel: the column of dates")
    parser.add_argument("--value", default="y", help="panel: the column of readings")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
