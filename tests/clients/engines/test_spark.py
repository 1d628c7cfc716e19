"""examples/spark_scoring.py on two local workers: what Spark gives is what this process gives."""

import importlib
import os
import shutil
import sys

import pytest

pytestmark = pytest.mark.skipif(
    shutil.which("java") is None and "JAVA_HOME" not in os.environ, reason="Spark needs Java 17 or 21"
)


@pytest.fixture(scope="module")
def spark(importable):
    """A session with two workers of this machine."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = importlib.import_module("spark_scoring").start(2)
    yield session
    session.stop()


@pytest.fixture(scope="module")
def examples(spark):
    return importlib.import_module("spark_scoring")


def test_texts_are_judged(spark, examples, texts, model, assert_same):
    """The rows that cannot be judged say why, and the others are as they are in process."""
    import gatecast

    scoring = gatecast.TextScoring(model("sentiment"))
    scored = examples.score(spark.createDataFrame(texts), scoring)
    assert dict(scored.dtypes) == {
        "id": "bigint", "text": "string", "label": "string", "confidence": "double", "score": "double",
        "uncertain": "boolean", "mixed": "boolean", "p_negative": "double", "p_neutral": "double", "p_positive": "double",
        "warnings": "string", "error": "string",
    }  # fmt: skip
    found = scored.toPandas()
    assert_same(found, scoring(texts), ["id"])
    assert found["error"].notna().sum() == 90


def test_empty_partitions_and_an_empty_table_have_the_same_columns(spark, examples, texts, model):
    """More partitions than rows, and no rows at all."""
    import gatecast

    scoring = gatecast.TextScoring(model("sentiment"))
    frame = spark.createDataFrame(texts.head(3))
    few = examples.score(frame.repartition(8), scoring)
    none = examples.score(frame.where("id < 0"), scoring)
    assert few.count() == 3
    assert none.count() == 0
    assert few.schema == none.schema


def test_series_in_lists_are_forecast(spark, examples, series, model, assert_same):
    """With the model sent to the executors, which then need no shared directory."""
    import gatecast

    scoring = gatecast.SeriesScoring(model("universal"), 3)
    frame = spark.createDataFrame(series.to_dict("records"), "id bigint, readings array<double>")
    scored = examples.score(frame, scoring, ship=True)
    assert dict(scored.dtypes)["lower_80"] == "array<double>"
    found = scored.toPandas()
    assert_same(found, scoring(series), ["id"])
    assert found["error"].notna().sum() == 1


def test_a_panel_is_forecast(spark, examples, panel, model, assert_same):
    """Whole series, wherever their rows lie; the one that is too short says so."""
    import gatecast

    scoring = gatecast.PanelScoring(model("universal"), 3, id="shop", time="month", value="sold")
    frame = spark.createDataFrame(panel).repartition(5)
    scored = examples.score(frame, scoring)
    assert dict(scored.dtypes)["month"] == "timestamp_ntz"
    found = scored.toPandas()
    assert_same(found, scoring(panel), ["shop", "month"])
    assert found["error"].notna().sum() == 1


def test_the_id_of_a_panel_keeps_its_type(spark, examples, panel, model):
    """A number stays one; dates of days are read as well."""
    import gatecast

    scoring = gatecast.PanelScoring(model("universal"), 2, id="shop", time="month", value="sold")
    frame = spark.createDataFrame(panel).selectExpr("int(substr(shop, 2)) as shop", "date(month) as month", "sold")
    scored = examples.score(frame, scoring)
    assert dict(scored.dtypes)["shop"] == "int"
    assert scored.where("error is null").count() == 19 * 2


def test_the_program_reads_csv_and_says_what_it_wrote(run, panel, texts, model, tmp_path):
    """As a process of its own; what it wrote is Parquet that pandas reads. A model that is not there is named."""
    import pandas as pd

    panel.to_csv(tmp_path / "sales.csv", index=False)
    options = ["--id", "shop", "--time", "month", "--value", "sold", "--horizon", "3"]
    asked = ["panel", tmp_path / "sales.csv", tmp_path / "out", "--model", model("universal"), *options]
    done = run("spark_scoring.py", *asked)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"58 rows, 1 with an error: {tmp_path / 'out'}"
    assert len(pd.read_parquet(tmp_path / "out")) == 58
    texts.to_csv(tmp_path / "texts.csv", index=False)
    failed = run("spark_scoring.py", "texts", tmp_path / "texts.csv", tmp_path / "other", "--model", "models/sentimen")
    assert failed.returncode == 1
    assert "error: models/sentimen does not exist" in failed.stderr
