"""Sentiment or forecasts for a table of any size with Spark: `mapInPandas` and `applyInPandas` call Gatecast in every worker.

    python examples/spark_scoring.py texts reviews.parquet scored --model models/sentiment --text body
    python examples/spark_scoring.py series series.parquet forecasts --model models/universal --readings readings --horizon 12
    python examples/spark_scoring.py panel sales.csv forecasts --model models/universal --id shop --time day --value sold

`texts` and `series` read a row for each text or series, and add columns to it. `panel` reads a row for each reading, and writes
a row for each step. The output is a directory of Parquet files, in no order; the column `error` says what could not be scored.
"""

import argparse
import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from gatecast import GatecastError, PanelScoring, SeriesScoring, TextScoring, load
from pyspark import SparkConf, SparkFiles
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import StructField, StructType

Scoring = TextScoring | SeriesScoring | PanelScoring
SHIPPED = "gatecast-model"  # where a model that was sent lies on each executor
BUCKETS_FOR_EACH_CORE = 4


def main(arguments: list[str] | None = None) -> int:
    """Score a table. Returns the exit status."""
    options = parse(arguments)
    scoring = scoring_of(options)
    try:
        scoring.schema()
    except GatecastError as error:  # such as a model that is not there
        print(f"error: {error}", file=sys.stderr)
        return 1
    spark = start(options.workers)
    frame = read(spark, options.input, infer=options.task == "panel")
    score(frame, scoring, ship=options.ship).write.parquet(options.output)
    total, errors = spark.read.parquet(options.output).selectExpr("count(*)", "count(error)").first()
    spark.stop()
    print(f"{total} rows, {errors} with an error: {options.output}")
    return 0


def start(workers: int) -> SparkSession:
    """The session that spark-submit has configured; without one, so many workers of this machine."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else workers take the first python3 of PATH
    builder = SparkSession.builder.appName("gatecast")
    if not SparkConf().contains("spark.master"):
        builder = builder.master(f"local[{workers}]").config("spark.ui.enabled", "false")
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def read(spark: SparkSession, path: str, *, infer: bool) -> DataFrame:
    """A table of Parquet files, or of CSV with a header, whose texts may hold commas, quotes and line ends."""
    if not path.endswith(".csv"):
        return spark.read.parquet(path)
    return spark.read.csv(path, header=True, inferSchema=infer, multiLine=True, escape='"')


def score(frame: DataFrame, scoring: Scoring, *, ship: bool = False) -> DataFrame:
    """The frame with what the scoring says of its rows, or the forecasts of its series."""
    cores = frame.sparkSession.sparkContext.defaultParallelism
    function = in_worker(shipped(frame.sparkSession, scoring) if ship else scoring)
    if isinstance(scoring, PanelScoring):
        return score_panel(frame, scoring, function, cores * BUCKETS_FOR_EACH_CORE)
    if frame.rdd.getNumPartitions() < cores:  # one small file would keep one core busy
        frame = frame.repartition(cores)

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        return map(function, batches)

    return frame.mapInPandas(run, StructType([*frame.schema.fields, *fields(scoring)]))


def score_panel(frame: DataFrame, scoring: PanelScoring, function: Callable[[Any], Any], buckets: int) -> DataFrame:
    """The forecasts of a long frame. Each group holds many whole series, as a group for each series would cost a call each."""
    if scoring.time is not None and scoring.times == "timestamp":  # CSV and older files have dates, or a time zone
        frame = frame.withColumn(scoring.time, F.col(scoring.time).cast("timestamp_ntz"))
    columns = [name for name in (scoring.id, scoring.time, scoring.value) if name is not None]
    bucket = F.pmod(F.hash(scoring.id), F.lit(buckets)).alias("_bucket")
    grouped = frame.select(bucket, *columns).repartition(buckets, "_bucket").groupBy("_bucket")
    first, *others = fields(scoring)
    answer = StructType([StructField(first.name, frame.schema[scoring.id].dataType), *others])

    def run(group: Any) -> Any:  # a scoring itself would be taken for a function of two arguments
        return function(group[columns])

    return grouped.applyInPandas(run, answer)


def fields(scoring: Scoring) -> list[StructField]:
    """The columns of a scoring, as Spark has them."""
    words = ", ".join(f"`{column.name}` {column.kind}" for column in scoring.schema())
    return list(StructType.fromDDL(words).fields)


def shipped(spark: SparkSession, scoring: Scoring) -> Scoring:
    """Send the model to all executors. Returns the scoring by its path there, relative to the files that Spark sends."""
    directory = tempfile.mkdtemp(prefix="gatecast-")
    atexit.register(shutil.rmtree, directory)  # executors fetch it when their first task starts
    version = load(scoring.model).path
    name = f"{version.parent.name}/{version.name}"  # a version knows what it is called
    archive = shutil.make_archive(f"{directory}/model", "zip", version.parent.parent, name)
    spark.sparkContext.addArchive(f"{archive}#{SHIPPED}")
    return replace(scoring, model=f"{SHIPPED}/{name}")


def in_worker(scoring: Scoring) -> Callable[[Any], Any]:
    """What a worker runs: the scoring, by the path that its model has there."""

    def run(frame: Any) -> Any:
        here = scoring
        if here.model.startswith(f"{SHIPPED}/"):
            here = replace(here, model=str(Path(SparkFiles.getRootDirectory(), here.model)))
        return here(frame)

    return run


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
    parser.add_argument("output", help="a directory that is not there yet")
    parser.add_argument("--model", required=True, help="a model or a version of it, which every worker can read")
    parser.add_argument(
        "--ship", action="store_true", help="send the model to the executors: --model is read here only"
    )
    parser.add_argument("--workers", type=int, default=2, help="of this machine, where spark-submit names no master")
    parser.add_argument("--text", default="text", help="texts: the column")
    parser.add_argument("--readings", default="readings", help="series: the column of lists of numbers, oldest first")
    parser.add_argument("--horizon", type=int, help="series, panel: steps")
    parser.add_argument("--id", default="unique_id", help="panel: the column that tells series apart")
    parser.add_argument("--time", default="ds", help="panel: the column of dates")
    parser.add_argument("--value", default="y", help="panel: the column of readings")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
