"""The benchmark of fine-tuning on few labels: rows, the linear model, figures, the training's command; nothing is trained."""

import sys
from types import SimpleNamespace

import pytest

from benchmarks.few_labels import __main__ as few_labels
from benchmarks.few_labels import finetuning, linear, options, results, rows
from benchmarks.few_labels.finetuning import TrainingFailure
from benchmarks.few_labels.results import Result
from benchmarks.few_labels.rows import Columns, Rows
from training.data.tables import DataError

GOOD, BAD = "a good and pleasant thing", "a bad and nasty thing"


@pytest.fixture
def labelled_csv(tmp_path):
    """Sixty different texts; two in three are positive."""
    labels = ["negative" if number % 3 == 0 else "positive" for number in range(60)]
    texts = [f'{GOOD if label == "positive" else BAD}, "number" {n}\nof 60' for n, label in enumerate(labels)]
    return rows.write(tmp_path / "things.csv", Rows(texts, labels))


def test_held_out_rows_are_apart_and_stratified(labelled_csv):
    """Their classes are in the proportion of the file, and what is written is what is read."""
    pool, held_out = rows.read(labelled_csv, None, Columns(), 15)
    assert (len(pool.texts), len(held_out.texts)) == (45, 15)
    assert not set(pool.texts) & set(held_out.texts)
    assert held_out.labels.count("positive") == 10
    assert pool.texts[0].endswith("\nof 60")
    assert rows.read(labelled_csv, None, Columns(), 15) == (pool, held_out)


def test_more_held_out_rows_than_the_file_has_are_an_error(labelled_csv):
    """The message names the option."""
    with pytest.raises(DataError, match="--held-out"):
        rows.read(labelled_csv, None, Columns(), 60)


def test_a_test_file_is_held_out_as_a_whole(labelled_csv, tmp_path):
    """Its texts are not in the rows to draw from."""
    pool, _ = rows.read(labelled_csv, None, Columns(), 15)
    test = rows.write(tmp_path / "test.csv", Rows(pool.texts[:10], pool.labels[:10]))
    drawn_from, held_out = rows.read(labelled_csv, test, Columns(), 15)
    assert held_out.texts == pool.texts[:10]
    assert len(drawn_from.texts) == 50


def test_draws_differ_by_seed_only(labelled_csv):
    """Rows stay in the order of the file, and all are drawn if there are no more."""
    pool, _ = rows.read(labelled_csv, None, Columns(), 15)
    drawn = rows.draw(pool, 20, 1)
    assert drawn == rows.draw(pool, 20, 1) != rows.draw(pool, 20, 2)
    assert len(drawn.texts) == 20
    positions = [pool.texts.index(text) for text in drawn.texts]
    assert positions == sorted(positions)
    assert rows.draw(pool, 45, 0) == pool


def test_the_linear_model_learns_words(labelled_csv):
    """Three words are enough here."""
    pool, held_out = rows.read(labelled_csv, None, Columns(), 15)
    model = linear.fit(pool.texts, pool.labels, seed=0)
    assert model.predict(held_out.texts).tolist() == held_out.labels
    assert linear.choose_strength(pool.texts, pool.labels, 0) in linear.STRENGTHS


def test_a_class_of_one_text_cannot_be_cross_validated():
    """The usual strength is taken."""
    assert linear.choose_strength([GOOD, BAD, GOOD], ["positive", "negative", "positive"], 0) == 1.0


def test_figures_are_means_over_the_classes_of_the_truth():
    """A predicted class that never occurs counts as an error, not as a class."""
    truth = ["a", "a", "a", "b"]
    assert results.figures(truth, truth) == {"accuracy": 1, "balanced_accuracy": 1, "macro_f1": 1}
    assert results.figures(truth, ["a", "a", "a", "a"]) == {
        "accuracy": 0.75,
        "balanced_accuracy": 0.5,
        "macro_f1": pytest.approx(0.4286),
    }
    assert results.figures(truth, ["a", "a", "c", "b"])["balanced_accuracy"] == pytest.approx(0.8333)


def test_the_table_has_means_and_deviations():
    """A line for each data set, number of rows and method, in the order of the results."""
    found = [
        Result("things", 0, "as shipped", 0, 0.0, 0.5, 0.5, 0.5),
        Result("things", 1000, "linear", 0, 2.0, 0.8, 0.7, 0.6),
        Result("things", 1000, "linear", 1, 4.0, 0.9, 0.7, 0.6),
    ]
    header, _, shipped, fitted = results.table(found).splitlines()
    assert header.startswith("| data | rows | method | accuracy")
    assert shipped == "| things | 0 | as shipped | 50.0 | 50.0 | 50.0 | 0 |"
    assert fitted == "| things | 1,000 | linear | 85.0 ± 7.1 | 70.0 ± 0.0 | 60.0 ± 0.0 | 3 |"


def test_the_command_trains_the_given_version_further(tmp_path):
    """Columns are those of the written files; --positive and --preset are passed on only if given."""
    chosen = options.parse(["--data", "x.csv", "--start", str(tmp_path), "--positive", "up"])
    command = finetuning.training_command(chosen, tmp_path / "rows.csv", tmp_path / "test.csv", tmp_path, 2)
    assert command[:3] == [sys.executable, "-m", "training.sentiment"]
    named = dict(zip(command[3::2], command[4::2], strict=True))
    assert named["--start"] == str(tmp_path)
    assert named["--models-dir"] == str(tmp_path / "models")
    assert (named["--seeds"], named["--positive"], named["--text-column"]) == ("2", "up", "text")
    assert "--preset" not in named


@pytest.mark.parametrize(
    "arguments", [["--data", "a.csv", "b.csv", "--test-data", "c.csv"], ["--data", "a.csv", "--sizes", "0"]]
)
def test_options_that_do_not_fit_end_the_process(arguments, capsys):
    """The message names them."""
    with pytest.raises(SystemExit):
        options.parse(arguments)
    assert "--" in capsys.readouterr().err


class FakeClassifier:
    """Knows three classes; a text with 'good' is positive, and others are neutral before they are negative."""

    card = SimpleNamespace(classes=["negative", "neutral", "positive"])

    def prepare(self, text):
        return text

    def make_batches(self, items):
        return [list(range(len(items)))[::-1]]

    def predict(self, batch):
        return [SimpleNamespace(probabilities=[0.1, 0.2, 0.7] if "good" in t else [0.3, 0.6, 0.1]) for t in batch]


def test_labels_are_in_the_order_of_the_texts():
    """Of the classes that are asked for, the most probable one."""
    assert finetuning.predict(FakeClassifier(), [GOOD, BAD]) == ["positive", "neutral"]
    assert finetuning.predict(FakeClassifier(), [GOOD, BAD], ["negative", "positive"]) == ["positive", "negative"]


def run(labelled_csv, tmp_path, monkeypatch, fine_tune):
    """Run the command on 20 and 50 of 45 rows, with fakes of the training and of the shipped version."""
    monkeypatch.setattr(finetuning, "load", lambda version: FakeClassifier())
    monkeypatch.setattr(finetuning, "fine_tune", fine_tune)
    arguments = ["--data", str(labelled_csv), "--held-out", "15", "--sizes", "20", "50", "--seeds", "0", "1"]
    return few_labels.main([*arguments, "--start", str(tmp_path), "--out", str(tmp_path / "out")])


def test_both_methods_are_measured_on_every_draw(labelled_csv, tmp_path, monkeypatch, capsys):
    """Sizes over the number of rows are left out, with a remark."""
    assert run(labelled_csv, tmp_path, monkeypatch, lambda chosen, drawn, held, seed: (held.labels, 7.0)) == 0
    lines = (tmp_path / "out" / "few_labels.md").read_text("utf-8").splitlines()[2:]
    assert [line.split(" | ")[1:3] for line in lines] == [
        ["0", "as shipped"],
        ["20", "TF-IDF, logistic regression"],
        ["20", "fine-tuned"],
    ]
    assert lines[2].endswith("| 100.0 ± 0.0 | 100.0 ± 0.0 | 100.0 ± 0.0 | 7 |")
    assert "50 rows are left out, there are 45" in capsys.readouterr().err


def test_a_training_that_fails_is_named(labelled_csv, tmp_path, monkeypatch, capsys):
    """The other results stay."""

    def fail(chosen, drawn, held_out, seed):
        raise TrainingFailure("too few texts")

    assert run(labelled_csv, tmp_path, monkeypatch, fail) == 0
    assert "seed 1: the training has failed: too few texts" in capsys.readouterr().err
    assert "fine-tuned" not in (tmp_path / "out" / "few_labels.md").read_text("utf-8")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path, capsys):
    """The exit status is 1."""
    assert few_labels.main(["--data", str(tmp_path / "none.csv"), "--start", str(tmp_path)]) == 1
    assert "none.csv" in capsys.readouterr().err
