"""The sentiment command, from a user's CSV to a version that the service loads."""

import json
from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow
FILLER = ["the", "film", "with", "a", "plot", "and", "some", "actors", "in", "it", "that", "was"]
WORDS = {"good": ["lovely", "great", "superb"], "bad": ["awful", "dull", "poor"], "neutral": ["blue", "long", "new"]}
TOPICS = {"sport": ["goal", "match", "team"], "music": ["song", "band", "tune"], "food": ["soup", "rice", "bread"]}


def made_up(rng, words, number):
    """A text of the filler and four telling words, different from all others."""
    return " ".join(rng.permutation([*FILLER, *rng.choice(words, 4)])) + f". It was number {number}."


def write(file, words, count, rng, start=0, **columns):
    rows = [
        {"opinion": label, "body": made_up(rng, own, start + i)} for i in range(count) for label, own in words.items()
    ]
    pd.DataFrame(rows).assign(**columns).to_csv(file, index=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A directory with files of labelled reviews, of topics, and of unlabelled reviews."""
    rng, directory = np.random.default_rng(0), tmp_path_factory.mktemp("reviews")
    two = {name: WORDS[name] for name in ("good", "bad")}
    write(directory / "opinions.csv", two, 200, rng)
    write(directory / "others.csv", two, 20, rng, 500)
    write(directory / "topics.csv", TOPICS, 100, rng)
    three = {{"good": "positive", "bad": "negative"}.get(name, name): words for name, words in WORDS.items()}
    write(directory / "three.csv", three, 100, rng)
    more = [made_up(rng, WORDS[name], 1_000 + i) for i in range(600) for name in two]
    pd.DataFrame({"body": more}).to_csv(directory / "more.csv", index=False)
    return directory


@pytest.fixture(scope="module", autouse=True)
def few_texts_are_enough():
    """Made-up reviews are few and short, and a grammar need not make many texts."""
    from training.sentiment.recipe import distillation, rounds, teacher

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teacher, "MIN_TEXTS", 100)
        patch.setattr(teacher, "MIN_WORDS", 10)
        patch.setattr(distillation, "SENTENCES", 200)
        patch.setattr(rounds, "GENERATED", 200)
        yield


def train(home, *options, data="opinions.csv", models="models"):
    from training.sentiment import __main__ as sentiment

    source = ["--data", str(home / data)] if data else []
    where = ["--models-dir", str(home / models), "--report", str(home / models / "report")]
    return sentiment.main([*source, *where, *options])


def classifier_of(version):
    from service.artifacts import bundle
    from service.sentiment.classifier import SentimentClassifier

    return SentimentClassifier(bundle.load(version))


def answers(classifier, *texts):
    """The class named for each text."""
    predictions = classifier.predict([classifier.prepare(text) for text in texts])
    return [classifier.card.classes[prediction.label] for prediction in predictions]


@pytest.fixture(scope="module")
def trained(home):
    """Version 1, of one seed, with a teacher, a second round and an ablation table; and what the run printed."""
    options = [
        "--start",
        "none",
        "--epochs",
        "3",
        "--seeds",
        "0",
        "--vocabulary",
        "500",
        "--teacher",
        "--paragraphs",
        str(home / "p.npz"),
    ]
    options += ["--unlabelled", str(home / "more.csv"), "--ladder", str(home / "ladder.json")]
    with redirect_stdout(StringIO()) as output:
        assert train(home, *options, "--pictures", str(home / "pictures")) == 0
    return home / "models" / "sentiment" / "1", output.getvalue()


def test_a_users_reviews_become_a_version_that_classifies_them(trained):
    """The exported network, from text to probabilities, agrees with the trained one and has learnt."""
    from service.artifacts import bundle
    from service.artifacts.golden import verify

    classifier = classifier_of(trained[0])
    verify(classifier, bundle.load(trained[0]).golden, "sentiment")
    card = classifier.card
    assert card.format_version == 2
    assert card.data.columns == {"text": "body", "label": "opinion"}
    assert (card.classes, card.poles.positive) == (["negative", "positive"], "positive")
    assert card.settings["unlabelled_texts"] == 1200
    assert "paragraph vectors" in card.settings["taught"]
    assert [(s.name, s.rows) for s in card.splits] == [("train", 240), ("validation", 120), ("test", 40)]
    assert answers(classifier, "Superb, great!<br />Lovely.", "dull AWFUL poor") == ["positive", "negative"]
    (prediction,) = classifier.predict([classifier.prepare("Superb, great! Lovely.", explain=True)])
    assert (prediction.tokens_total, prediction.tokens_unknown) == (5, 0)
    assert len(prediction.weights) == 5


def test_the_report_its_pictures_the_vectors_and_the_ablation_rows_are_written(trained, home):
    page = (home / "models" / "report" / "report.html").read_text("utf-8")
    assert "TF-IDF" in page
    assert "column &#x27;body&#x27;" in page
    assert "Words that decide" in page
    assert "would more texts help" in page.casefold()
    pictures = ["curves", "learning_curve", "reliability", "selective"]
    assert sorted(file.name for file in (home / "pictures").iterdir()) == [f"sentiment_{p}.png" for p in pictures]
    rows = json.loads((trained[0] / "ladder.json").read_text("utf-8"))["rows"]
    assert list(rows) == ["one seed", "as shipped"]
    assert rows["as shipped"]["loss"] > 0
    assert not (home / "ladder.json").exists()
    assert (home / "p.npz").exists()
    assert "the second learns from it" in trained[1]


def test_another_run_trains_the_newest_version_further(trained, home, capsys):
    """Two seeds and their average; and never with another test set, whose texts the version may have been trained on."""
    options = ["--epochs", "1", "--preset", "quick", "--seeds", "0", "1"]
    assert train(home, *options) == 0
    first, second = (classifier_of(path) for path in (trained[0], trained[0].with_name("2")))
    assert second.card.settings["started_from"] == "sentiment v1"
    assert second.card.vocabulary >= first.card.vocabulary
    assert second.card.seeds == [0, 1]
    assert [len(spread.values) for spread in second.card.spread if spread.metric == "accuracy"] == [2, 2]
    assert answers(second, "Superb, great! Lovely.") == ["positive"]
    capsys.readouterr()

    assert train(home, *options, "--test-data", str(home / "others.csv")) == 1
    assert "sentiment v2 was trained on opinions.csv with another test set" in capsys.readouterr().err


def test_a_version_learns_other_classes_and_keeps_the_outputs_of_its_own(trained, home):
    """Three classes, of which the version has two; the other one is learnt anew."""
    from training.networks import review
    from training.sentiment.network.initialization import from_version

    start = from_version(trained[0])
    assert start.classes == ("negative", "positive")
    assert start.ngrams.shape[1] == 2
    network = start.build_network(["negative", "neutral", "positive"])
    kernel = np.asarray(review.layer(network, "evidence").kernel)
    np.testing.assert_array_equal(kernel[:, [0, 2]], start.layers["evidence"][0])

    options = ["--start", str(trained[0]), "--epochs", "2", "--preset", "quick"]
    assert train(home, *options, data="three.csv", models="three") == 0
    classifier = classifier_of(home / "three" / "sentiment" / "1")
    assert classifier.card.classes == ["negative", "neutral", "positive"]
    assert classifier.card.settings["started_from"] == "sentiment v1"
    texts = ("Superb, great! Lovely.", "dull awful poor", "a long blue new film")
    assert answers(classifier, *texts) == ["positive", "negative", "neutral"]
    assert all(score.metrics["macro_f1"] > 0.9 for score in classifier.card.scores if score.subject == "as served")


def test_topics_have_no_poles_and_no_rule_for_mixed_texts(home):
    """They stand beside the other models, under a name of their own."""
    options = ["--start", "none", "--name", "my-topics", "--epochs", "3", "--preset", "quick"]
    assert train(home, *options, data="topics.csv", models="topics") == 0
    classifier = classifier_of(home / "topics" / "my-topics" / "1")
    assert classifier.card.name == "my-topics"
    assert classifier.card.classes == ["food", "music", "sport"]
    assert (classifier.card.poles, classifier.card.mixed) == (None, None)
    assert answers(classifier, "soup rice bread soup", "song band tune song", "goal match team") == [
        "food",
        "music",
        "sport",
    ]
    (prediction,) = classifier.predict([classifier.prepare("soup. song")])
    assert prediction.evidence == (0.0, 0.0)
    assert not prediction.mixed


def test_sets_of_opinions_become_a_version(home, tmp_path):
    """Two sets, one with phrases and one with neutral texts and a test part."""
    rng = np.random.default_rng(1)

    def rows(names, count, start):
        labels = [name for _ in range(count) for name in names]
        return pd.DataFrame(
            {
                "text": [made_up(rng, WORDS[name], start + i) for i, name in enumerate(labels)],
                "label": [{"good": "1", "bad": "0"}.get(name, "") for name in labels],
                "neutral": ["1" if name == "neutral" else "0" for name in labels],
                "domain": "films",
            }
        )

    for name in ("sst", "opener_hotels"):
        (tmp_path / name).mkdir()
    rows(["good", "bad"], 150, 0).to_csv(tmp_path / "sst" / "train.csv", index=False)
    phrases = rows(["good", "bad"], 20, 1_000)
    phrases["text"] = phrases["text"].str[:40] + phrases["text"].str[-12:]
    phrases.to_csv(tmp_path / "sst" / "train_phrases.csv", index=False)
    rows(["good", "bad", "neutral"], 100, 2_000).to_csv(tmp_path / "opener_hotels" / "train.csv", index=False)
    rows(["good", "bad", "neutral"], 10, 3_000).to_csv(tmp_path / "opener_hotels" / "test.csv", index=False)
    options = ["--opinions", str(tmp_path), "--epochs", "2", "--preset", "quick", "--source", "two sets"]
    assert train(home, *options, data=None, models="sets") == 0
    classifier = classifier_of(home / "sets" / "sentiment" / "1")
    card = classifier.card
    assert [each.name for each in card.sets] == ["sst", "opener_hotels"]
    assert card.data.source == "two sets"
    assert "a grammar" in card.settings["taught"]
    assert card.splits[-1].name == "test: opener_hotels"
    assert {score.split for score in card.scores} >= {
        "validation: sst",
        "validation: opener_hotels",
        "test: opener_hotels",
    }
    assert answers(classifier, "Superb, great! Lovely.", "dull awful poor") == ["positive", "negative"]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--start", "models/sentiment/1", "--vocabulary", "100"], "--vocabulary is only for a new network"),
        (["--start", "models/sentiment/1", "--vectors", "x.npz"], "--vectors is only for a new network"),
        (["--start", "models/sentiment/1", "--ladder", "x.json"], "--ladder is only for a new network"),
        (["--start", "none", "--teacher"], "give --unlabelled more.csv"),
        (["--start", "none", "--epochs", "0"], "--epochs and --vocabulary are at least 1"),
        (["--start", "none", "--ladder", "{data}"], "is not a file of ablation results"),
        (["--start", "none", "--vectors", "{data}"], "is not a file of word vectors"),
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


def test_a_dry_run_says_what_was_understood_and_writes_nothing(home, capsys):
    assert train(home, "--start", "none", "--dry-run", models="dry") == 0
    printed = capsys.readouterr().out
    assert "column 'opinion'" in printed
    assert "--start none" in printed
    assert not (home / "dry").exists()


def test_a_name_that_cannot_be_served_is_refused_before_anything_is_read(home, capsys):
    assert train(home, "--name", "My Model", data="missing.csv") == 1
    assert "cannot be the name of a model" in capsys.readouterr().err
