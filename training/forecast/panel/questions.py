"""What is forecast in one part of a panel: from every origin of every series, and what followed there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.forecast.features.context_features import CONTEXT
from service.interfaces import Array, Labels
from training.evaluation.rolling import Method, Predictions
from training.forecast.panel.parts import Member

CHUNK = 256  # histories that are prepared at once


@dataclass(frozen=True)
class Questions:
    """Histories, the number of the series that each is from (questions,), and what followed, (questions, steps).

    What lies after the part is NaN: it was not to be known there. A history holds the last readings that any network reads.
    """

    histories: list[Array]
    rows: Labels
    seasons: Labels
    actual: Array

    @property
    def steps(self) -> int:
        return int(self.actual.shape[1])


def questions_of(members: Sequence[Member], part: int, steps: int) -> Questions:
    """Return what is asked in part number `part` of the members' parts."""
    histories, rows, seasons, actual = [], [], [], []
    for row, member in enumerate(members):
        end = member.parts[part].end
        for origin in member.parts[part].origins:
            followed = np.full(steps, np.nan)
            known = member.readings[origin : min(origin + steps, end)]
            followed[: len(known)] = known
            histories.append(member.readings[max(0, origin - CONTEXT) : origin])
            rows.append(row)
            seasons.append(member.season_length)
            actual.append(followed)
    return Questions(histories, np.array(rows), np.array(seasons), np.array(actual))


def future_of(members: Sequence[Member], steps: int) -> Questions:
    """Return the questions after the last reading of every series; nothing of what follows is known."""
    seasons = np.array([member.season_length for member in members])
    histories = [member.readings[-CONTEXT:] for member in members]
    return Questions(histories, np.arange(len(members)), seasons, np.full((len(members), steps), np.nan))


def answer(method_of_season: dict[int, Method], questions: Questions, levels: Sequence[float]) -> Predictions:
    """Forecast every question by the method of its season; a part of them at once, so that memory is bounded."""
    order: list[int] = []
    answers: list[Predictions] = []
    for season in np.unique(questions.seasons):
        indices = np.flatnonzero(questions.seasons == season)
        for start in range(0, len(indices), CHUNK):
            chunk = indices[start : start + CHUNK].tolist()
            histories = [questions.histories[index] for index in chunk]
            answers.append(method_of_season[int(season)](histories, questions.steps, levels))
            order += chunk
    return in_order(answers, np.argsort(order))


def in_order(answers: Sequence[Predictions], order: Labels) -> Predictions:
    """Put forecasts together, in the given order."""
    point = np.concatenate([each.point for each in answers])[order]
    lower, upper = (
        np.concatenate([getattr(each, end) for each in answers], axis=1)[:, order] for end in ("lower", "upper")
    )
    return Predictions(point, answers[0].levels, lower, upper)
