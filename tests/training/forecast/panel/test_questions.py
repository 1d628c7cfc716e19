"""What is asked in a part, and answers in the order of the questions."""

import numpy as np

from tests.training.forecast.panel.written_out import naive
from training.evaluation import baselines
from training.forecast.panel import questions as asked
from training.forecast.panel.parts import Member, Part


def member(name, readings, season=1, origins=(6, 8)):
    return Member(name, np.array(readings, float), season, (Part(6, 10, origins),))


def test_what_lies_after_the_part_is_not_known():
    questions = asked.questions_of([member("a", range(20))], 0, 3)
    assert questions.actual[0].tolist() == [6, 7, 8]
    assert questions.actual[1][:2].tolist() == [8, 9]
    assert np.isnan(questions.actual[1][2])
    assert [len(history) for history in questions.histories] == [6, 8]


def test_answers_come_in_the_order_of_the_questions():
    """Whatever the seasons, and although a few are asked at once."""
    members = [member(f"s{i}", np.arange(20) + 100 * i, season=(1, 4)[i % 2]) for i in range(200)]
    questions = asked.questions_of(members, 0, 3)
    methods = {season: baselines.method("seasonal_naive", season) for season in (1, 4)}
    given = asked.answer(methods, questions, (80.0,))
    assert np.array_equal(given.point, naive(questions))
    assert given.lower.shape == (1, 400, 3)


def test_the_future_is_asked_from_the_last_reading():
    questions = asked.future_of([member("a", range(20)), member("b", range(5))], 4)
    assert [history[-1] for history in questions.histories] == [19, 4]
    assert np.isnan(questions.actual).all()
