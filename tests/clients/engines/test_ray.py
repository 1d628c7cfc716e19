"""examples/ray_scoring.py on two local workers: what Ray Data gives is what this process gives."""

import importlib
import os

import pytest


@pytest.fixture(scope="module")
def examples(importable):
    """The example, with two workers of this machine."""
    os.environ["RAY_DATA_DISABLE_PROGRESS_BARS"] = "1"
    import ray

    example = importlib.import_module("ray_scoring")
    example.start(2)
    yield example
    ray.shutdown()


def found(dataset):
    """All rows as a frame of types that both pandas and Arrow have."""
    import pandas as pd
    import ray

    tables = [table for table in ray.get(dataset.to_arrow_refs()) if table.num_columns]
    return pd.concat([table.to_pandas() for table in tables], ignore_index=True)


def test_a_cluster_keeps_its_shuffle(examples, monkeypatch):
    """The one that suits a single machine is for local workers alone."""
    import ray
    from ray.data.context import DataContext, ShuffleStrategy

    context, connected = DataContext.get_current(), []
    assert context.shuffle_strategy == ShuffleStrategy.SORT_SHUFFLE_PULL_BASED
    monkeypatch.setattr(context, "shuffle_strategy", ShuffleStrategy.HASH_SHUFFLE)
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    monkeypatch.setattr(ray, "init", lambda **options: connected.append(options))
    examples.start(2)
    assert (len(connected), context.shuffle_strategy) == (1, ShuffleStrategy.HASH_SHUFFLE)


def test_texts_are_judged(examples, texts, model, assert_same):
    """The rows that cannot be judged say why, and the others are as they are in process."""
    import gatecast
    import ray

    scoring = gatecast.TextScoring(model("sentiment"))
    scored = examples.score(ray.data.from_pandas([texts[:100], texts[100:]]), scoring).materialize()
    assert scored.schema().names == [*texts.columns, *[column.name for column in scoring.schema()]]
    frame = found(scored)
    assert_same(frame, scoring(texts), ["id"])
    assert frame["error"].notna().sum() == 90


def test_a_column_has_its_type_where_it_is_empty(examples, texts, model):
    """A block without any error has the type of text for errors, as the others have."""
    import gatecast
    import pyarrow as pa
    import ray

    good = texts[texts["text"].str.len() == 6].head(10)
    scored = examples.score(ray.data.from_pandas(good), gatecast.TextScoring(model("sentiment"))).materialize()
    types = dict(zip(scored.schema().names, scored.schema().types, strict=True))
    assert (types["error"], types["uncertain"]) == (pa.string(), pa.bool_())


def test_blocks_without_rows_do_no_harm(examples, texts, model):
    """As a filter leaves them."""
    import gatecast
    import ray
    from ray.data.expressions import col

    few = ray.data.from_pandas([texts[:5], texts[5:10]]).filter(expr=col("id") >= 8)
    assert len(found(examples.score(few, gatecast.TextScoring(model("sentiment"))))) == 2


def test_series_in_lists_are_forecast(examples, series, model, assert_same):
    """A row for each series, with arrays in it."""
    import gatecast
    import ray

    scoring = gatecast.SeriesScoring(model("universal"), 3)
    frame = found(examples.score(ray.data.from_pandas(series), scoring))
    assert_same(frame, scoring(series), ["id"])
    assert frame["error"].notna().sum() == 1


def test_a_panel_is_forecast(examples, panel, model, assert_same):
    """Whole series, wherever their rows lie; the one that is too short says so."""
    import gatecast
    import ray

    scoring = gatecast.PanelScoring(model("universal"), 3, id="shop", time="month", value="sold")
    frame = found(examples.score(ray.data.from_pandas([panel[:500], panel[500:]]), scoring))
    assert_same(frame, scoring(panel), ["shop", "month"])
    assert frame["error"].notna().sum() == 1


def test_the_program_sends_a_directory_and_says_what_it_wrote(run, panel, texts, model, tmp_path):
    """As a process of its own; what it wrote is Parquet that pandas reads. A model that is not there is named."""
    import shutil

    import pandas as pd

    shutil.copytree(model("universal"), tmp_path / "sent/universal/2")
    panel.to_parquet(tmp_path / "sales.parquet", index=False)
    options = ["--id", "shop", "--time", "month", "--value", "sold", "--horizon", "3"]
    asked = ["panel", tmp_path / "sales.parquet", tmp_path / "out", "--model", "universal", *options]
    done = run("ray_scoring.py", *asked, "--working-dir", tmp_path / "sent")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(f"58 rows, 1 with an error: {tmp_path / 'out'}")
    assert len(pd.read_parquet(tmp_path / "out")) == 58
    texts.to_csv(tmp_path / "texts.csv", index=False)
    failed = run("ray_scoring.py", "texts", tmp_path / "texts.csv", tmp_path / "other", "--model", "models/sentimen")
    assert failed.returncode == 1
    assert "error: models/sentimen does not exist" in failed.stderr
