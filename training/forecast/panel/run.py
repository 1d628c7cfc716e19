"""A training run on several series: measure, rank, export one network for all of them, and report."""

import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import keras

from service.artifacts.card import ForecastCard
from training.data.series import Panel
from training.data.tables import DataError
from training.export.target import check_target
from training.forecast import progress
from training.forecast.fitting import finetuning
from training.forecast.measuring import statistical
from training.forecast.options import TrainOptions
from training.forecast.panel import card as cards
from training.forecast.panel import export, page, statistics
from training.forecast.panel.candidates import Finetuned, updates_for
from training.forecast.panel.future import Forecasting
from training.forecast.panel.measurement import Measurement, Network, loadable, pretrained_of
from training.forecast.panel.parts import FOLDS, Plan, make_plan
from training.forecast.panel.ranking import PanelRanking, rank
from training.forecast.panel.results import Results
from training.forecast.progress import Steps, about
from training.forecast.ranking import comparison
from training.forecast.ranking.recommendation import MEAN
from training.networks import universal
from training.reporting import models_readme, tables

STATISTICS = (*statistics.NAMES, *statistics.SLOW)
NAME = "panel"  # of the exported version, without --name
MOST_MEASURED = {"quick": 200, "full": 1000}  # series
STARTING, SECONDS_PER_UPDATE, SECONDS_PER_FORECAST = 25.0, 0.1, 0.004  # measured on two cores
SECONDS_FOR_STATISTICS = {"quick": 60.0, "full": 600.0}  # of each method


class PanelRun:
    """One run: what is measured, and with what."""

    def __init__(self, panel: Panel, options: TrainOptions) -> None:
        """Divide the series. Raises DataError for a panel or options that cannot be used."""
        self.panel, self.options = panel, options
        self.name = options.name or NAME
        self._check_options()
        self.season_length, self.budget = season_of(panel), SECONDS_FOR_STATISTICS[options.preset]
        readings = {name: series.readings for name, series in panel.series.items()}
        most = MOST_MEASURED[options.preset]
        self.plan: Plan = make_plan(readings, self.season_length, options.steps, options.test_size, most)
        self.remarks = [*panel.remarks, *self.plan.remarks]
        found = comparison.find_any_series(options.models_dir)
        self.remarks += comparison.remarks(found, options.models_dir, self.plan.steps)
        self.any_series = loadable(found)
        wanted = options.only is None or finetuning.NAME in options.only
        self.pretrained = self._pretrained(found.path.parent.parent) if found is not None and wanted else None
        self.statistics = self._try_statistics()
        self.measurement = Measurement(self.plan, self.season_length)

    @property
    def fits(self) -> int:
        """How many fits of a network there are: one for each part, and one on all readings."""
        return 0 if self.pretrained is None else (FOLDS + 2) * len(self.options.seeds)

    def estimate(self) -> float:
        """Return about how many seconds the run takes."""
        updates = self.fits * updates_for(len(self.plan.learnt))
        questions = sum(len(part.rows) for part in self.measurement.questions)
        seconds = STARTING + updates * SECONDS_PER_UPDATE
        seconds += SECONDS_PER_FORECAST * (2 * questions + len(self.plan.members))
        return seconds + sum(self.statistics.values()) * (FOLDS + 1) * len(self.plan.measured) / statistics.JOBS

    def measure(self, steps: Steps) -> tuple[PanelRanking, Network | None]:
        """Forecast the folds and the test part by every candidate, and rank them."""
        steps.begin("the seasonal naive forecast")
        self.measurement.add_naive()
        if self.any_series is not None:
            steps.begin(universal.NAME)
            self.measurement.add_universal(self.any_series)
        if self.statistics:
            steps.begin(", ".join(self.statistics))
            self.measurement.add_statistics(tuple(self.statistics))
            self.measurement.add_mean(self.parts_of_mean)
        network = None
        if self.pretrained is not None:
            steps.begin(f"training {finetuning.NAME}")
            network = self.measurement.add_network(self._finetuned(steps), self._draft())
        ids = [member.id for member in self.plan.measured]
        measurement = self.measurement
        return rank(ids, measurement.scale, measurement.folds(), measurement.test()), network

    def export(self, ranking: PanelRanking, network: Network | None, steps: Steps) -> tuple[Path, ForecastCard] | None:
        """Fit the network to all readings and write it; None where there is none or nothing is to be exported."""
        if network is None or self.options.export == "none":
            return None
        steps.begin(f"training {finetuning.NAME} on all readings")
        finetuned = self._finetuned(steps)
        model = finetuned.blend(finetuned.fit(None), network.share)
        return export.export(
            self.options.models_dir, self._draft(), model, self.measurement, network, ranking, self.any_series
        )

    def _draft(self) -> ForecastCard:
        return cards.draft(self.panel, self.plan, self.name, self.season_length, self.options, self.remarks)

    def _finetuned(self, steps: Steps) -> Finetuned:
        assert self.pretrained is not None
        return Finetuned(
            self.pretrained, self.plan.learnt, self.season_length, self.plan.steps, self.options.seeds, steps.advance
        )

    @property
    def parts_of_mean(self) -> list[str]:
        """What the mean is of: statistics, and the forecaster of any series."""
        return [*([universal.NAME] if self.any_series is not None else []), *self.statistics]

    def _check_options(self) -> None:
        options = self.options
        if options.steps < 1 or (options.test_size is not None and options.test_size < 1):
            raise DataError("--steps and --test-size are at least 1")
        known = (finetuning.NAME, universal.NAME, MEAN, *STATISTICS, "none")
        unknown = [name for name in options.only or () if name not in known]
        if unknown:
            raise DataError(f"no forecaster of many series is named '{unknown[0]}'; there are {', '.join(known)}")
        if options.export != "none":
            check_target(options.models_dir, self.name, "forecast")

    def _pretrained(self, models_dir: Path) -> keras.Model | None:
        model, remark = pretrained_of(models_dir)
        if remark is not None:
            self.remarks.append(remark)
        return model

    def _try_statistics(self) -> Mapping[str, float]:
        """Time one fit of each statistical method on the series of median length."""
        wanted = [name for name in STATISTICS if name in (self.options.only or ())]
        if not wanted and self.options.preset == "quick":
            self.remarks.append("arima is left out: it is the slowest, and --preset full fits it")
            wanted = list(statistics.NAMES)
        names, remarks = statistical.for_season(wanted or STATISTICS, self.season_length)
        members = sorted(self.plan.measured, key=lambda member: len(member.readings))
        median = members[len(members) // 2]
        fits = (FOLDS + 1) * len(members)
        trial = statistics.try_out(names, median.readings, median.season_length, self.plan.steps, fits, self.budget)
        self.remarks += [*remarks, *trial.remarks]
        return trial.seconds


def season_of(panel: Panel) -> int:
    """Return the season that most series have."""
    return Counter(series.season_length for series in panel.series.values()).most_common(1)[0][0]


def run(panel: Panel, options: TrainOptions) -> Results:
    """Measure, rank, export one network for all series, and write the report. Raises DataError and BundleError."""
    begin = time.monotonic()
    training = PanelRun(panel, options)
    for remark in training.remarks:
        print("-", remark)
    print(f"{len(training.plan.members)} series; this takes about {about(training.estimate())} on two cores")
    with progress.steps(training.fits) as steps:
        ranking, network = training.measure(steps)
        exported = training.export(ranking, network, steps)
    results = Results(
        panel,
        training.plan,
        training.season_length,
        options,
        training.remarks,
        ranking,
        training.measurement.test(),
        exported,
        *Forecasting(
            training.measurement, training.statistics, training.budget, training.any_series, exported and exported[0]
        ).forecast_all(ranking),
    )
    report(results)
    print(f"this took {about(time.monotonic() - begin)}")
    return results


def report(results: Results) -> None:
    """Print the ranking and write report.html, and models/README.md if a version was exported."""
    options = results.options
    header, rows = results.table()
    tables.show("geometric mean over the series of RMSE / seasonal naive's", header, rows)
    print(results.recommendation)
    print(results.unasked)
    print(f"To call:\n{results.what_to_call}")
    print("wrote", page.write(results.directory, results))
    if results.exported is not None:
        print("wrote", models_readme.write_readme(options.models_dir))
