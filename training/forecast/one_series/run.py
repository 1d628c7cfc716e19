"""A training run on one series: measure everything, rank it, export the best network, forecast what follows."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras

from service.forecast.forecaster import Forecaster
from training.data.tables import DataError
from training.evaluation import served
from training.forecast.fitting import finetuning
from training.forecast.fitting.candidates import Candidate, CandidatePool
from training.forecast.measuring import backtests
from training.forecast.measuring.backtests import Measured
from training.forecast.one_series import estimate, export, future
from training.forecast.one_series.experiment import Evaluation, Experiment
from training.forecast.one_series.loading import Selection
from training.forecast.progress import Steps
from training.forecast.ranking import advice, comparison, recommendation
from training.forecast.ranking.recommendation import MEAN
from training.forecast.ranking.rows import Future, Ranking

LEAST_PARTS = 2  # of a mean


@dataclass(frozen=True)
class Outcome:
    """What a run came to: `exported` has the path of each written version by its forecaster's name."""

    ranking: Ranking
    future: Future | None
    exported: dict[str, Path]
    remarks: list[str]


class Run:
    """One run of a loaded experiment; `fits` is how many fits there are."""

    def __init__(self, experiment: Experiment, selection: Selection, directory: Path) -> None:
        """Restore what networks start from. `directory` is where the report goes; `finetuned` may be left out."""
        self.experiment, self.directory = experiment, directory
        self.remarks: list[str] = []
        self._pretrained, networks = self._restore(selection.networks)
        self.selection = replace(selection, networks=networks)
        self._shares: dict[str, float] = {}

    def _restore(self, networks: list[str]) -> tuple[keras.Model | None, list[str]]:
        if finetuning.NAME not in networks or self.experiment.any_series is None:
            return None, networks
        try:
            return finetuning.restore_pretrained(self.experiment.any_series.path.parent.parent), networks
        except DataError as error:
            if self.experiment.options.only is not None:
                raise
            self.remarks.append(f"'{finetuning.NAME}' is left out: {error}")
            return None, [name for name in networks if name != finetuning.NAME]

    @property
    def fits(self) -> int:
        """The fits of networks, with that of the exported one, and the statistics."""
        options, split = self.experiment.options, self.experiment.split
        each = (len(split.folds) + 1) * len(options.seeds)
        members = estimate.fitted_networks(self.selection.networks)
        exported = {"none": 0, "best": 1, "all": len(members)}[options.export] * len(options.seeds) if members else 0
        return each * len(members) + exported + len(self.selection.statistics) + 2

    def estimate(self) -> float:
        """Return about how many seconds it takes."""
        run = self.experiment
        tutorial = run.options.recipe == "tutorial"
        season_length, seeds = run.series.season_length, len(run.options.seeds)
        return estimate.seconds(
            self.selection.networks, self.selection.statistics, run.split, season_length, seeds, tutorial
        )

    def go(self, steps: Steps) -> Outcome:
        """Measure, rank, export and forecast. Raises BundleError if a version does not answer as it must."""
        others = self._others(steps)
        pool = self._pool(steps)
        evaluations, measured = [], list(others)
        for candidate in pool.select(self.selection.networks):
            evaluation, result = self._network(candidate, steps)
            evaluations.append(evaluation)
            measured.append(result)
        ranking = self._rank(measured, evaluations)
        chosen = self._to_export(evaluations, ranking)
        exported = {}
        for evaluation in chosen:
            steps.begin(f"fitting {evaluation.candidate.name} on everything")
            exported[evaluation.candidate.name] = export.export(self.experiment, evaluation, ranking)
        ranking = self._advise(ranking, chosen, exported)
        steps.begin("forecasting what follows")
        return Outcome(ranking, self._future(ranking, exported), exported, self.remarks)

    def _pool(self, steps: Steps) -> CandidatePool:
        run, options = self.experiment, self.experiment.options
        return CandidatePool(
            options.recipe,
            run.series.season_length,
            run.split.steps,
            options.epochs,
            self._pretrained,
            on_fit=steps.advance,
        )

    def _others(self, steps: Steps) -> list[Measured]:
        """Measure the baseline, `universal` and the statistics, and their mean."""
        run = self.experiment
        steps.begin(f"measuring {run.baseline}")
        naive = run.measure_statistic(run.baseline)
        steps.advance()
        steps.begin("measuring universal")
        any_series = run.measure_any_series() if self.selection.any_series else None
        steps.advance()
        parts = [] if any_series is None else [any_series]
        for name in self.selection.statistics:
            steps.begin(f"measuring {name}")
            try:
                parts.append(run.measure_statistic(name))
            except Exception as error:  # statsforecast raises many kinds; the others go on
                self.remarks.append(f"{name} is left out, as it failed: {type(error).__name__}: {error}")
            steps.advance()
        if len(parts) < LEAST_PARTS:
            return [naive, *parts]
        shares = backtests.weights(parts)
        self._shares = {part.name: share for part, share in zip(parts, shares, strict=True)}
        return [naive, *parts, backtests.combine(MEAN, parts, shares)]

    def _network(self, candidate: Candidate, steps: Steps) -> tuple[Evaluation, Measured]:
        steps.begin(f"fitting {candidate.name}")
        start = time.perf_counter()
        evaluation = self.experiment.evaluate(self.experiment.cross_validate(candidate))
        return evaluation, evaluation.measured(time.perf_counter() - start)

    def _rank(self, measured: Sequence[Measured], evaluations: Sequence[Evaluation]) -> Ranking:
        run = self.experiment
        barred = {each.candidate.name: each.barred for each in evaluations if each.barred is not None}
        for each in measured:
            if each.kind != "network" and each.name != run.baseline:
                reason = recommendation.too_wide(each.folds, run.training_set)
                barred |= {} if reason is None else {each.name: reason}
        return recommendation.rank(measured, run.baseline, barred, run.block)

    def _to_export(self, evaluations: Sequence[Evaluation], ranking: Ranking) -> list[Evaluation]:
        """Return the networks to export, the best first: of those that are not barred, if there are any."""
        order = {row.name: (row.barred is not None, number) for number, row in enumerate(ranking.rows)}
        ordered = sorted(evaluations, key=lambda each: order[each.candidate.name])
        return ordered[: {"all": len(ordered), "best": 1, "none": 0}[self.experiment.options.export]]

    def _advise(self, ranking: Ranking, chosen: Sequence[Evaluation], exported: dict[str, Path]) -> Ranking:
        """Say what to call, and whether the exported network answers unasked."""
        names = {each.candidate.name: self._name(each.candidate.name) for each in chosen}
        verdicts = {
            each.candidate.name: comparison.verdict(
                names[each.candidate.name],
                export.comparison(each, ranking, self.experiment),
                each.barred,
                self.experiment.any_series,
            )
            for each in chosen
        }
        first = chosen[0].candidate.name if chosen else None
        return replace(
            ranking,
            what_to_call=self._what_to_call(ranking, names),
            exported=None if first is None else f"{names[first]}/{exported[first].name}",
            unasked="; ".join(verdicts.values()),
        )

    def _name(self, candidate: str) -> str:
        return self.experiment.options.name or candidate

    def _what_to_call(self, ranking: Ranking, names: dict[str, str]) -> str:
        """The call of the recommended forecaster; where it is no model, the request of the best one that is."""
        run, best = self.experiment, ranking.recommended
        answering = [row for row in ranking.rows if row.name in names or row.name == "universal"]
        calls = []
        if not advice.is_request(best):
            calls.append(advice.statistic(best, run.series, run.split.steps, run.options.given, self._shares))
        elif best not in answering:
            calls.append(f"# {best.name} was not exported (--export)")
        allowed = [row for row in answering if row.barred is None] or answering
        if allowed:
            row = best if best in allowed else min(allowed, key=lambda each: each.fold_rmse)
            body = advice.request(run.series, run.split.steps, names.get(row.name, row.name))
            note = "" if row is best else f"# from the service, the best that it has for this series ({row.name}):\n"
            calls.append(note + advice.curl(advice.write_request(self.directory, body)))
        return "\n".join(calls)

    def _future(self, ranking: Ranking, exported: dict[str, Path]) -> Future | None:
        """Forecast what follows with the recommended forecaster; None if it is a network that was not exported."""
        run, row = self.experiment, ranking.recommended
        network: Forecaster | None = None
        if row.kind == "network":
            if row.name not in exported:
                return None
            network = served.load(exported[row.name])
        method = future.method_of(row.name, run.series.season_length, run.any_series, network, self._shares)
        return future.forecast(row.name, method, run.series, run.split.steps)
