"""Train and export the forecasters.

    python -m training.forecast                              # the default series, fetched and cached
    python -m training.forecast --data my.csv --only gru     # your own: a date and a value column
    python -m training.forecast --help                       # every knob

Per network and seed: fit on the training part less its last fifth and watch that fifth, to learn how
many epochs are enough; then fit again on the whole training part for so many epochs; look at the test
part once, at the end, through the service's own predictor. The seed with the least validation loss ships.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import numpy.typing as npt
from rich.progress import Progress
from sklearn.preprocessing import MinMaxScaler

from service import bundle
from service.card import FORMAT_VERSION, ForecastCard, ReadingLimits, Split, Spread, StepErrors, TrainingData
from service.predictors import Forecaster, WindowForecaster
from service.scaling import MinMax
from training import evaluate, networks, plots, report, windows
from training.data import DataError
from training.evaluate import Array
from training.exporting import save_proven
from training.measure import Measured, baselines, golden_answers, measure, walks
from training.series import Series, fetch_series, read_series

WINDOW = 15
STEPS = 14  # steps forecast by the direct network, and measured for all
MAX_HORIZON = 36
EPOCHS = 100
BATCH = 32
TEST_SHARE = 0.37  # of the readings: the last 147 of the default 397 months
VALIDATION_SHARE = 0.2  # of the training part
SEEDS = (0, 1, 2)


@dataclass
class Fit:
    """One network, trained."""

    model: keras.Model
    scaler: MinMax
    losses: list[float]
    validation: list[float]


@dataclass
class Trial:
    """One seed of one network: how long it was trained, and the result."""

    seed: int
    epochs: int
    watched: Fit
    final: Fit


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.forecast", description="Train and export forecasters.")
    add = parser.add_argument
    add("--data", type=Path, help="CSV with a date and a value column (default: FRED's IPG2211A2N)")
    add("--date-column", help="(default: the column that holds dates)")
    add("--value-column", help="(default: the column that holds numbers)")
    add("--day-first", action="store_true", help="read 01/02/2016 as 1 February")
    add("--units", help="units of the readings, for the card")
    add("--source", help="where the data is from, for the card (default: the file's name)")
    add("--only", help=f"comma-separated networks of {', '.join(networks.FORECASTERS)} (default: all)")
    add("--test-size", type=int, help=f"last readings kept for the test (default: {TEST_SHARE:.0%})")
    add("--epochs", type=int, default=EPOCHS, help="at most so many (default: %(default)s)")
    add("--seeds", type=int, nargs="+", default=SEEDS, help="(default: %(default)s)")
    add("--models-dir", type=Path, default=Path("models"), help="(default: %(default)s)")
    add("--pictures", type=Path, help="also copy the best network's pictures to this directory")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments(argv)
    try:
        run(options)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def run(options: argparse.Namespace) -> None:
    series = read(options)
    test_size = round(TEST_SHARE * len(series.readings)) if options.test_size is None else options.test_size
    train_size = len(series.readings) - test_size
    watched = round(VALIDATION_SHARE * train_size)
    enough(series, train_size, test_size, watched)
    names = chosen_names(options.only)
    seeds = options.seeds

    cards = []
    with Progress() as progress, tempfile.TemporaryDirectory() as scratch:
        budget = len(seeds) * options.epochs * 2
        task = progress.add_task("training", total=len(names) * budget)
        for number, name in enumerate(names):
            progress.update(task, description=f"training {name}", completed=number * budget)
            advance = progress_callback(progress, task)
            trials = [
                try_seed(name, seed, series.readings[:train_size], watched, options.epochs, advance) for seed in seeds
            ]
            card, path = export(name, trials, series, train_size, watched, options, Path(scratch))
            progress.console.print(f"{path}: {card.network}")
            cards.append(card)
        progress.update(task, description="trained", completed=len(names) * budget)
    report.show("Test part, original units; mean ± deviation over seeds", *report.forecast_rows(cards))
    print("wrote", report.write_readme(options.models_dir))
    if options.pictures:
        copy_pictures(min(cards, key=lambda c: c.step_errors.model_rmse[0]), options)


def read(options: argparse.Namespace) -> Series:
    if options.data is None:
        return fetch_series()
    return read_series(
        options.data,
        date_column=options.date_column,
        value_column=options.value_column,
        day_first=options.day_first,
        source=options.source,
    )


def enough(series: Series, train: int, test: int, watched: int) -> None:
    """DataError unless every part holds windows to learn from and to measure on."""
    least_train = WINDOW + STEPS + 10 + watched
    if test < STEPS or train < max(least_train, series.season + STEPS) or watched < STEPS:
        raise DataError(
            f"{len(series.readings)} readings split into {train} for training and {test} for the test are too "
            f"few: a window of {WINDOW} with {STEPS} steps needs at least {max(least_train, 5 * STEPS)} for "
            f"training and {STEPS} for the test (--test-size)"
        )
    if np.ptp(series.readings[: train - watched]) == 0:
        raise DataError("every training reading is the same; there is nothing to learn")


def chosen_names(only: str | None) -> list[str]:
    names = list(networks.FORECASTERS) if only is None else [n.strip() for n in only.split(",")]
    for name in names:
        if name not in networks.FORECASTERS:
            raise DataError(f"no network is named '{name}'; there are {', '.join(networks.FORECASTERS)}")
    return names


def progress_callback(progress: Progress, task: object) -> keras.callbacks.Callback:
    return keras.callbacks.LambdaCallback(on_epoch_end=lambda *_, **__: progress.advance(task, 1))  # type: ignore[arg-type]


def try_seed(
    name: str, seed: int, readings: Array, watched: int, epochs: int, advance: keras.callbacks.Callback
) -> Trial:
    """Learn how many epochs are enough on the watched part, then train on everything for so many."""
    first = fit(name, seed, readings, watched, epochs, advance)
    enough_epochs = int(np.argmin(first.validation)) + 1
    final = fit(name, seed, readings, 0, enough_epochs, advance)
    return Trial(seed, enough_epochs, first, final)


def fit(name: str, seed: int, readings: Array, watched: int, epochs: int, advance: keras.callbacks.Callback) -> Fit:
    """Train on all but the last `watched` readings, and measure the loss on those after every epoch.

    The scaler is fitted on what is trained on. Adam, mean squared error in scaled units.
    """
    keras.utils.set_random_seed(seed)
    known = readings[: len(readings) - watched]
    fitted = MinMaxScaler().fit(known.reshape(-1, 1))
    scaler = MinMax(float(fitted.data_min_[0]), float(fitted.data_max_[0]))
    model = networks.FORECASTERS[name](WINDOW, STEPS)
    x, y = examples(name, scaler.transform(known))
    if model.output_shape[1:] != y.shape[1:]:
        raise ValueError(f"{name} gives {model.output_shape}, its targets are {y.shape}")
    model.compile(optimizer="adam", loss="mse")
    held = None
    if watched:
        held = watched_examples(name, scaler.transform(readings[-watched - WINDOW :]))
    history = model.fit(
        x, y, batch_size=BATCH, epochs=epochs, validation_data=held, verbose=0, callbacks=[advance]
    ).history
    return Fit(model, scaler, history["loss"], history.get("val_loss", []))


def examples(name: str, scaled: Array) -> tuple[Array, Array]:
    """The windows and targets that a network learns from."""
    if name == "time_distributed":
        return windows.shifted(scaled, WINDOW)
    return windows.next_steps(scaled, WINDOW, STEPS if name == "lstm14" else 1)


def watched_examples(name: str, scaled: Array) -> tuple[Array, ...]:
    """Windows and targets of the watched part; `scaled` has the window before it too.

    A time-distributed network's windows begin with targets that were trained on: those get no weight, and the rest
    so much that the loss is still a mean.
    """
    x, y = examples(name, scaled)
    if name != "time_distributed":
        return x, y
    row, position = np.indices(y.shape[:2])
    unseen = row + position >= WINDOW - 1  # the target's place in `scaled` is row + position + 1
    return x, y, unseen * (unseen.size / unseen.sum())


def export(
    name: str,
    trials: list[Trial],
    series: Series,
    train_size: int,
    watched: int,
    options: argparse.Namespace,
    scratch: Path,
) -> tuple[ForecastCard, Path]:
    """Measure every seed on the test part, then write the one chosen on validation as a new version."""
    shipped = min(trials, key=lambda trial: min(trial.watched.validation))
    draft = draft_card(name, shipped, trials, series, train_size, watched, options)
    results = {trial.seed: measure(in_memory(draft, trial.final), series, train_size, STEPS) for trial in trials}
    scores = [*baselines(series, train_size, STEPS), *results[shipped.seed].scores]
    card = draft.model_copy(
        update={
            "scores": scores,
            "spread": spreads(trials, results),
            "step_errors": results[shipped.seed].step_errors,
        }
    )
    forecaster = in_memory(card, shipped.final)
    golden = golden_answers(forecaster, series.readings[:train_size], STEPS)
    pictures = draw(scratch / name, card, series, train_size, watched, shipped, results[shipped.seed])

    def write(path: Path) -> None:
        shipped.final.model.export(path, verbose=False)

    path, _ = save_proven(
        options.models_dir, card, golden, write, shipped.final.model, scaler=shipped.final.scaler, files=pictures
    )
    return card, path


def in_memory(card: ForecastCard, trained: Fit) -> Forecaster:
    """The service's predictor around a Keras model."""

    def network(batch: npt.NDArray[np.float32]) -> Mapping[str, npt.NDArray[np.float32]]:
        return {"output": np.asarray(trained.model(batch, training=False))}

    placeholder = bundle.Golden(
        relative_tolerance=1e-4,
        absolute_tolerance=1e-4,
        cases=[bundle.GoldenCase(request={}, answer=[0.0])],
    )
    return WindowForecaster(bundle.Bundle(card, trained.scaler, placeholder, network))


def spreads(trials: list[Trial], results: dict[int, Measured]) -> list[Spread]:
    rows = [report.spread("loss", "train", [trial.final.losses[-1] for trial in trials])]
    first = results[trials[0].seed].scores
    for i, score in enumerate(first):
        for metric in score.metrics:
            values = [results[trial.seed].scores[i].metrics[metric] for trial in trials]
            rows.append(report.spread(metric, "test", values, score.steps))
    return rows


def draft_card(
    name: str,
    shipped: Trial,
    trials: list[Trial],
    series: Series,
    train_size: int,
    watched: int,
    options: argparse.Namespace,
) -> ForecastCard:
    """The card, but for what the test part says."""
    readings, total = series.readings, len(series.readings)
    train = readings[:train_size]
    stds = np.lib.stride_tricks.sliding_window_view(train, WINDOW).std(axis=1)
    steps = STEPS if name == "lstm14" else 1

    def part(label: str, begin: int, end: int, use: str) -> Split:
        start, last = series.span(begin, end)
        return Split(name=label, rows=end - begin, use=use, start=start, end=last)

    start, end = series.span(0, total)
    return ForecastCard(
        format_version=FORMAT_VERSION,
        task="forecast",
        name=name,
        version=bundle.next_version(options.models_dir, name),
        network=networks.LAYERS[name],
        parameters=shipped.final.model.count_params(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        made_with=report.made_with("keras", "numpy", "scikit-learn"),
        data=TrainingData(
            source=series.source,
            sha256=series.sha256,
            rows=total,
            columns=series.columns,
            start=start,
            end=end,
            frequency=series.frequency,
            season=series.season,
            units=options.units,
        ),
        splits=[
            part("train", 0, train_size, "the shipped network and its scaler are fitted on it"),
            part(
                "validation", train_size - watched, train_size, "the end of the training part; chooses epochs and seed"
            ),
            part("test", train_size, total, "looked at once, for the scores"),
        ],
        settings={
            "epochs": shipped.epochs,
            "epochs_at_most": options.epochs,
            "batch": BATCH,
            "optimizer": "adam, 0.001",
            "loss": "mean squared error, scaled units",
        },
        seeds=[trial.seed for trial in trials],
        seed=shipped.seed,
        choice="Epochs and the shipped seed are those with the least validation loss.",
        scores=[],
        spread=[],
        limits=limits(train_size, series),
        window=WINDOW,
        steps=steps,
        horizon=steps,
        max_horizon=MAX_HORIZON,
        readings=ReadingLimits(
            minimum=float(train.min()),
            maximum=float(train.max()),
            window_std_minimum=float(stds.min()),
            window_std_maximum=float(stds.max()),
        ),
        step_errors=StepErrors(
            baseline="seasonal_naive", split="test", model_rmse=[0.0] * STEPS, baseline_rmse=[0.0] * STEPS
        ),
    )


def limits(train_size: int, series: Series) -> list[str]:
    last = series.span(0, train_size)[1]
    return [
        f"knows one series ({series.source}) up to {last}; other series get a warning, not a good forecast",
        f"steps after {STEPS} were not measured",
        "gives no prediction intervals",
    ]


def draw(
    scratch: Path,
    card: ForecastCard,
    series: Series,
    train_size: int,
    watched: int,
    shipped: Trial,
    result: Measured,
) -> dict[str, Path]:
    """Draw the run's three pictures; names in the version directory → files."""
    units = f" ({card.data.units})" if card.data.units else ""
    title = f"{card.data.source}{units}"
    plots.series(scratch / "series.png", title, series.dates, series.readings, train_size, watched)
    test = series.readings[train_size:]
    seasonal = walks(evaluate.seasonal_naive(series.season), series, train_size, 1)[0][1][:, 0]
    ours, theirs = (evaluate.point_metrics(test, f)["rmse"] for f in (result.one_step, seasonal))
    plots.against_actual(
        scratch / "test.png",
        f"{card.name}, one step ahead on the test part{units}",
        series.dates[train_size:],
        test,
        {f"{card.name}, RMSE {ours:.2f}": result.one_step, f"seasonal naive, RMSE {theirs:.2f}": seasonal},
    )
    lines: dict[str, Sequence[float]] = {
        "training (dropout on)": shipped.watched.losses,
        "validation": shipped.watched.validation,
    }
    plots.curves(
        scratch / "loss.png",
        f"{card.name}, seed {shipped.seed}",
        {"loss (scaled MSE)": lines},
        shipped.epochs,
        log=True,
    )
    return {f"plots/{name}": scratch / name for name in ("series.png", "test.png", "loss.png")}


def copy_pictures(card: ForecastCard, options: argparse.Namespace) -> None:
    options.pictures.mkdir(parents=True, exist_ok=True)
    source = options.models_dir / card.name / card.version / "plots"
    for name in ("series", "test", "loss"):
        shutil.copyfile(source / f"{name}.png", options.pictures / f"forecast_{name}.png")


if __name__ == "__main__":
    sys.exit(main())
