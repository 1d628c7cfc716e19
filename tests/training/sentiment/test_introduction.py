"""The first page of a run. No TensorFlow."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from training.sentiment import introduction
from training.sentiment.options import CONTINUED, DataOptions, parse
from training.sentiment.start import Start
from training.sentiment.texts.corpus import from_splits
from training.sentiment.texts.splits import load

START = Start(Path("models/sentiment/5"), "sentiment v5, the shipped model")


@pytest.fixture
def corpus(tmp_path):
    rows = [(f"this film, number {n}, was {word}", word) for n in range(150) for word in ("good", "bad")]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "mine.csv", index=False)
    return from_splits(load(DataOptions(data=tmp_path / "mine.csv")))


def options(tmp_path, *more):
    return parse(["--data", "mine.csv", "--models-dir", str(tmp_path / "models"), "--preset", "quick", *more])


def test_the_page_says_what_is_read_where_it_starts_and_what_it_writes(tmp_path, corpus, capsys):
    introduction.show(options(tmp_path, "--name", "films"), START, corpus, CONTINUED, has_teacher=False)
    printed = capsys.readouterr().out
    assert "column 'text'" in printed
    assert "sentiment v5, the shipped model" in printed
    assert "models/films/1" in "".join(printed.split())  # a long path is broken
    assert "about" in printed
    assert "--name" not in printed
    assert max(map(len, printed.splitlines())) <= 120


def test_the_shipped_name_comes_with_the_advice_to_give_another(tmp_path, corpus):
    found = introduction.understood(options(tmp_path), START, corpus, CONTINUED, has_teacher=False)
    assert "--name keeps a model of your own beside it" in found["writes"]


def test_a_dry_run_names_columns_and_classes_for_programs(tmp_path, corpus, capsys):
    introduction.show(options(tmp_path, "--dry-run"), START, corpus, CONTINUED, has_teacher=False)
    printed = capsys.readouterr().out
    assert "text column" in printed
    assert introduction.facts(corpus)["classes"] == "negative 150, positive 150"
    assert introduction.facts(corpus)["texts"] == "300"


def test_more_epochs_and_networks_take_longer(tmp_path, corpus):
    def seconds(config, *more):
        return introduction.seconds(options(tmp_path, *more), corpus, config)

    assert seconds(replace(CONTINUED, epochs=400)) > seconds(CONTINUED)
    assert seconds(CONTINUED, "--seeds", *"012345678") > seconds(CONTINUED)


@pytest.mark.parametrize(("value", "said"), [(3, "10 seconds"), (48, "50 seconds"), (150, "2 minutes")])
def test_durations_are_rounded(value, said):
    assert introduction.say(value) == said
