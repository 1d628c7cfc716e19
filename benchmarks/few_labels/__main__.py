"""What a few labels of your own are worth: fine-tuning of the shipped sentiment version, beside a linear model.

    python -m benchmarks.few_labels --data one.csv two.csv --out runs/few_labels

Of each CSV, rows are held out. For each size and seed, other rows are drawn. `python -m training.sentiment` trains the
shipped version further on them, and the linear model is fitted on the same rows. Both predict the held-out rows, the
network as the service does. Seconds are of the whole training, with the choices that it makes and the start of its
process. The shipped version without further training is measured too, where it knows the classes.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.few_labels import finetuning, linear, options, results
from benchmarks.few_labels import rows as labelled_rows
from benchmarks.few_labels.finetuning import TrainingFailure
from benchmarks.few_labels.options import Options
from benchmarks.few_labels.results import Result, figures
from benchmarks.few_labels.rows import Rows
from training.data.tables import DataError

FINE_TUNED, LINEAR, SHIPPED = "fine-tuned", "TF-IDF, logistic regression", "as shipped"


def measure(chosen: Options, path: Path, test: Path | None) -> Iterator[Result]:
    """Yield the results of one CSV: of the shipped version, then of every size and seed. Raises DataError."""
    name = path.name.split(".")[0]
    pool, held_out = labelled_rows.read(path, test, chosen.columns, chosen.held_out)
    yield from measure_shipped(chosen.start, name, held_out)
    for size in chosen.sizes:
        if size > len(pool.texts):
            print(f"{name}: {size} rows are left out, there are {len(pool.texts)}", file=sys.stderr)
            continue
        for seed in chosen.seeds:
            yield from measure_draw(chosen, name, labelled_rows.draw(pool, size, seed), held_out, seed)


def measure_shipped(version: Path, name: str, held_out: Rows) -> Iterator[Result]:
    """Yield a result of the version as it is, if it has all classes of the held-out rows."""
    classifier, classes = finetuning.load(version), sorted(set(held_out.labels))
    if set(classes) <= set(classifier.card.classes):
        predicted = finetuning.predict(classifier, held_out.texts, classes)
        yield Result(name, 0, SHIPPED, 0, 0.0, **figures(held_out.labels, predicted))


def measure_draw(chosen: Options, name: str, rows: Rows, held_out: Rows, seed: int) -> Iterator[Result]:
    """Yield the results of both methods on the same rows; a training that fails has none, and its error is printed."""
    start = perf_counter()
    model = linear.fit(rows.texts, rows.labels, seed)
    seconds = perf_counter() - start
    predicted = model.predict(held_out.texts).tolist()
    yield Result(name, len(rows.texts), LINEAR, seed, round(seconds, 1), **figures(held_out.labels, predicted))
    try:
        predicted, seconds = finetuning.fine_tune(chosen, rows, held_out, seed)
    except TrainingFailure as failure:
        print(f"{name}, {len(rows.texts)} rows, seed {seed}: the training has failed: {failure}", file=sys.stderr)
    else:
        yield Result(name, len(rows.texts), FINE_TUNED, seed, round(seconds, 1), **figures(held_out.labels, predicted))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit status. The files are written anew after each result."""
    chosen = options.parse(arguments)
    about = {"start": f"{chosen.start.parent.name}/{chosen.start.name}", "held_out": chosen.held_out}
    found: list[Result] = []
    try:
        for number, path in enumerate(chosen.data):
            test = chosen.test_data[number] if chosen.test_data else None
            for result in measure(chosen, path, test):
                found.append(result)
                print(result, flush=True)
                results.write(chosen.out, about, found)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(results.table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
