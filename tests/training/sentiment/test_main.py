"""The sentiment command, from a user's CSV to a version that the service loads."""

import json
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow
FILLER = ["the", "film", "with", "a", "plot", "and", "some", "actors", "in", "it", "that", "was"]
WORDS = {"good": ["lovely", "great", "superb"], "bad": ["awful", "dull", "poor"]}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A directory with 400 labelled and 1,200 unlabelled made-up reviews."""
    rng, directory = np.random.default_rng(0), tmp_path_factory.mktemp("reviews")
    rows = [
        {"opinion": label, "body": " ".join(rng.permutation([*FILLER, *rng.choice(WORDS[label], 4)])) + f" {i}"}
        for i, label in enumerate(["good", "bad"] * 200)
    ]
    pd.DataFrame(rows).to_csv(directory / "opinions.csv", index=False)
    pd.DataFrame(rows[:40]).to_csv(directory / "others.csv", index=False)
    unlabelled = [
        " ".join([*rng.permutation(FILLER), *rng.choice(WORDS[key], 2)]) for key in ("good", "bad") for _ in range(600)
    ]
    table = pd.DataFrame({"body": [f"{text} {i}" for i, text in enumerate(unlabelled)]})
    table.to_csv(directory / "more.csv", index=False)
    return directory


def train(home, *options):
    from training.sentiment import __main__ as sentiment

    return sentiment.main(
        ["--data", str(home / "opinions.csv"), "--models-dir", str(home / "models"), "--report", str(home), *options]
    )


@pytest.fixture(scope="module")
def trained(home):
    """Version 1, of one seed, with pretraining, a teacher and an ablation table; and what the run printed."""
    options = ["--epochs", "3", "--pretraining", "1", "--seeds", "0", "--vocabulary", "500", "--teacher"]
    options += ["--unlabelled", str(home / "more.csv"), "--ladder", str(home / "ladder.json")]
    with redirect_stdout(StringIO()) as output:
        assert train(home, *options, "--pictures", str(home / "pictures")) == 0
    return home / "models" / "sentiment" / "1", output.getvalue()


def test_a_users_reviews_become_a_version_that_classifies_them(trained):
    """The exported network, from text to probability, agrees with the trained one and has learnt."""
    from service.artifacts import bundle
    from service.artifacts.golden import verify
    from service.sentiment.classifier import SentimentClassifier

    loaded = bundle.load(trained[0])
    classifier = SentimentClassifier(loaded)
    verify(classifier, loaded.golden, "sentiment")
    assert loaded.card.data.columns == {"text": "body", "label": "opinion"}
    assert loaded.card.settings["unlabelled_texts"] == 1200
    assert "paragraph vectors" in loaded.card.settings["taught"]
    assert [(s.name, s.rows) for s in loaded.card.splits] == [("train", 240), ("validation", 120), ("test", 40)]
    good, bad = classifier.predict(
        [classifier.prepare("Superb, great!<br />Lovely."), classifier.prepare("dull AWFUL poor")]
    )
    assert good.positive > 0.7 > 0.3 > bad.positive
    assert (good.tokens_total, good.tokens_unknown) == (3, 0)


def test_the_report_its_pictures_and_the_ablation_rows_are_written(trained, home):
    assert "told right, by n-grams alone" in (home / "report.html").read_text("utf-8")
    pictures = ["curves", "reliability", "selective"]
    assert sorted(file.name for file in (home / "pictures").iterdir()) == [f"sentiment_{p}.png" for p in pictures]
    rows = json.loads((trained[0] / "ladder.json").read_text("utf-8"))["rows"]
    assert list(rows) == ["n-grams taught", "one seed", "as shipped"]
    assert rows["one seed"]["bytes"] > 0
    assert not (home / "ladder.json").exists()


def test_another_run_trains_the_newest_version_further(trained, home, capsys):
    """Two seeds and their average; and never with another test set, whose texts the version may have been trained on."""
    from service.artifacts import bundle
    from service.sentiment.classifier import SentimentClassifier

    options = ["--epochs", "1", "--preset", "quick", "--seeds", "0", "1"]
    assert train(home, *options) == 0
    shares = re.findall(r"epoch \d: accuracy (\d\.\d+)", capsys.readouterr().out)
    assert len(shares) == 2
    first, second = (bundle.load(path) for path in (trained[0], trained[0].with_name("2")))
    assert second.card.settings["started_from"] == "sentiment v1"
    assert second.card.vocabulary == first.card.vocabulary
    assert second.card.seeds == [0, 1]
    assert [len(spread.values) for spread in second.card.spread if spread.metric == "accuracy"] == [2, 2]
    classifier = SentimentClassifier(second)
    (good,) = classifier.predict([classifier.prepare("Superb, great! Lovely.")])
    assert good.positive > 0.7

    assert train(home, *options, "--test-data", str(home / "others.csv")) == 1
    assert "sentiment v2 was trained on opinions.csv with another test set" in capsys.readouterr().err


def test_a_prediction_on_the_targets_side_is_correct(trained):
    """The teacher's targets are probabilities; the accuracy of training counts them as labels."""
    shares = re.findall(r"epoch \d: accuracy (\d\.\d+)", trained[1])
    assert len(shares) == 3
    assert float(shares[-1]) > 0.7


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--start", "models/sentiment/1", "--vocabulary", "100"], "--vocabulary is only for a new network"),
        (["--start", "models/sentiment/1", "--ladder", "x.json"], "--ladder is only for a new network"),
        (["--start", "none", "--teacher"], "give --unlabelled more.csv"),
        (["--start", "none", "--epochs", "0"], "--epochs and --vocabulary are at least 1"),
        (["--start", "none", "--ladder", "{data}"], "is not a file of ablation results"),
    ],
)
def test_options_without_effect_are_an_error_before_any_fit(home, capsys, options, fault):
    assert train(home, *(option.format(data=home / "opinions.csv") for option in options)) == 1
    assert fault in capsys.readouterr().err


def test_too_few_reviews_are_an_error(tmp_path, capsys):
    from training.sentiment import __main__ as sentiment

    rows = [{"text": f"this film was number {i}", "label": i % 2} for i in range(60)]
    pd.DataFrame(rows).to_csv(tmp_path / "few.csv", index=False)
    assert sentiment.main(["--data", str(tmp_path / "few.csv")]) == 1
    assert "at least 200" in capsys.readouterr().err


def test_the_version_to_start_from_is_the_newest_unless_another_is_named(tmp_path):
    """The default reviews always train a new network."""
    from training.sentiment.__main__ import starting_version
    from training.sentiment.options import parse

    for number in (1, 2, 10):
        version = tmp_path / "sentiment" / str(number)
        version.mkdir(parents=True)
        (version / "SHA256SUMS").touch()
        (version / "network.json").touch()
    given = ["--data", "my.csv", "--models-dir", str(tmp_path)]
    assert starting_version(parse(given)) == tmp_path / "sentiment" / "10"
    assert starting_version(parse(given[2:])) is None
    assert starting_version(parse([*given, "--start", "none"])) is None
    assert starting_version(parse([*given, "--start", "a/b"])) == Path("a/b")
    assert starting_version(parse([*given[:2], "--models-dir", str(tmp_path / "empty")])) is None
