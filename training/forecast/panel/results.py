"""What a run on a panel found, in tables and sentences."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from service.artifacts.card import ForecastCard
from training.data.series import Panel
from training.evaluation.rolling import Predictions
from training.forecast.fitting import finetuning
from training.forecast.options import TrainOptions
from training.forecast.panel import reasons
from training.forecast.panel.parts import Plan
from training.forecast.panel.ranking import IN_WORDS, Measured, PanelRanking, PanelRow, chosen_per_series
from training.forecast.panel.scores import as_text, listed
from training.forecast.ranking import advice
from training.forecast.ranking.recommendation import MEAN
from training.networks import universal
from training.reporting.tables import MISSING, Row

MOST_SENT = 50  # series of the example request
SENT_READINGS, SENT_SEASONS = 60, 5  # of each, at least
STATISTICS_CALL = {name: advice.CALLS[name] for name in ("ets", "theta", "arima")} | {"mstl_log": advice.MSTL}


@dataclass(frozen=True)
class Results:
    """A finished run. `future` are the forecasts of all series by `future_name`; `exported` is the version, if any."""

    panel: Panel
    plan: Plan
    season_length: int
    options: TrainOptions
    remarks: list[str]
    ranking: PanelRanking
    test: Measured
    exported: tuple[Path, ForecastCard] | None
    future_name: str
    future: Predictions

    @property
    def recommendation(self) -> str:
        return f"Use {self.ranking.recommended.name} for all series. {reasons.reason(self.ranking)}"

    @property
    def unasked(self) -> str:
        """Say what was exported, and whether it answers requests that name no model."""
        if self.exported is None:
            return "Nothing was exported."
        path, card = self.exported
        if card.comparison is None:
            how = "answers these series without `model` as long as no forecaster of any series is served beside it"
        else:
            network, other = (self._by_fold(name) for name in (finetuning.NAME, universal.NAME))
            answers = "answers" if all(a < b for a, b in zip(network, other, strict=True)) else "does not answer"
            how = (
                f"{answers} readings of these series beside 'universal' without `model`, by the same rule as above: its error on "
                f"the folds is {listed(network)} times the seasonal naive's, that of {card.comparison.any_series} {listed(other)}"
            )
        return f"Exported: {path}. '{card.name}' {how}."

    def _by_fold(self, name: str) -> list[float]:
        row = self.ranking.row(name)
        return [] if row is None else row.by_fold

    @property
    def per_series(self) -> str:
        """Say whether a choice of its own for every series would have been better."""
        chosen, best = chosen_per_series(self.ranking), self.ranking.recommended
        return (
            f"Choosing for each series what was best on its folds would have given {as_text(chosen)} on the test part; "
            f"{best.name} for all gives {as_text(best.test_together)}."
        )

    def table(self) -> tuple[Row, list[Row]]:
        """Return a header and a row for each forecaster, least error on the folds first."""
        header: Row = (
            "forecaster",
            "kind",
            "folds",
            "fold 1, 2",
            "test",
            "best on (folds)",
            f"{self.ranking.recommended.name} wins",
            "80 % covers",
            "95 % covers",
        )
        return header, [self._row(row) for row in self.ranking.rows]

    def _row(self, row: PanelRow) -> Row:
        coverage = row.coverage or {}
        return (
            row.name,
            IN_WORDS[row.kind],
            as_text(row.folds_together),
            ", ".join(f"{value:.3f}" for value in row.by_fold),
            as_text(row.test_together),
            f"{row.best_on} series",
            MISSING if row.wins is None else f"{row.wins:.0%}",
            *(f"{coverage[level]:.3f}" if level in coverage else MISSING for level in (80.0, 95.0)),
        )

    def worst_first(self) -> list[int]:
        """Return the compared series, those with the greatest error of the recommended forecaster on the test part first."""
        compared = np.flatnonzero(self.ranking.is_compared)
        order = np.argsort(-self.ranking.recommended.test[compared], kind="stable")
        return [int(row) for row in compared[order]]

    def series_table(self) -> tuple[Row, list[Row]]:
        """Return a header and a row for each compared series, worst first."""
        best, rows = self.ranking.recommended, self.ranking.rows
        header: Row = (
            "series",
            "readings",
            "until",
            f"{best.name}, test",
            "folds",
            "best on the folds",
            "there",
            "test",
        )
        table: list[Row] = []
        for index in self.worst_first():
            first = min(rows, key=lambda row: row.folds[index])
            member = self.plan.measured[index]
            last = self.panel.series[member.id].dates[-1]
            cells = (best.test[index], best.folds[index], first.folds[index], first.test[index])
            test, folds, there, its_test = (f"{cell:.3f}" for cell in cells)
            table.append(
                (
                    member.id,
                    f"{len(member.readings):,}",
                    last.date().isoformat(),
                    test,
                    folds,
                    first.name,
                    there,
                    its_test,
                )
            )
        return header, table

    @property
    def what_to_call(self) -> str:
        """The exact request of the recommended forecaster, or the call of its library."""
        name = self.ranking.recommended.name
        if name in STATISTICS_CALL:
            call = STATISTICS_CALL[name].format(season=self.season_length)
            return (
                f"from statsforecast import StatsForecast\nfrom statsforecast.models import *\n\n"
                f"# frame: unique_id, ds, y{'; y in logarithms, and the exponential of the forecast' if name.endswith('_log') else ''}\n"
                f"StatsForecast([{call}], freq={self._frequency!r}).forecast(df=frame, h={self.plan.steps})"
            )
        if name == MEAN:
            return f"# forecast.csv again\n{advice.command_of_mean(self.options.given)}"
        if self.request is not None:
            path = self.directory / advice.REQUEST
            return advice.curl(path).replace("/forecast ", "/forecast/batch ")
        return f"the forecast is in forecast.csv: {name} needs no service"

    @property
    def directory(self) -> Path:
        """Where the report goes."""
        return self.options.report_directory("panel")

    @property
    def request(self) -> dict[str, object] | None:
        """The body that asks the service for the first series; None where it does not give the recommended forecast."""
        name = self.ranking.recommended.name
        if name == finetuning.NAME and self.exported is not None:
            return self._request(self.exported[1].name)
        return self._request(universal.NAME) if name == universal.NAME else None

    @property
    def _frequency(self) -> str | None:
        return next(iter(self.panel.series.values())).request_frequency

    def _request(self, model: str) -> dict[str, object]:
        series = []
        for member in self.plan.members[:MOST_SENT]:
            readings = member.readings[-max(SENT_READINGS, SENT_SEASONS * self.season_length) :].tolist()
            each = {"id": member.id, "readings": readings}
            if self._frequency is not None:
                start = self.panel.series[member.id].dates[-len(readings)]
                each |= {"start": start.isoformat(), "frequency": self._frequency}
            series.append(each)
        return {"model": model, "horizon": self.plan.steps, "series": series}
