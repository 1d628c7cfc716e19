"""Statistical methods on a panel, as far as they need no other package."""

import numpy as np

from tests.training.forecast.panel.written_out import naive
from training.evaluation import baselines
from training.forecast.panel import questions as asked
from training.forecast.panel import statistics
from training.forecast.panel.parts import make_plan


def questions():
    rng = np.random.default_rng(0)
    panel = {f"s{i}": 10 + np.sin(np.arange(60) * np.pi / 6) + rng.normal(0, 0.1, 60) for i in range(3)}
    return asked.questions_of(make_plan(panel, 12, 6, None, 10).measured, 0, 6)


def test_every_question_gets_an_answer_of_every_method():
    given = statistics.answer(("theta",), questions(), (80.0,))["theta"]
    assert given.point.shape == questions().actual.shape
    assert np.isfinite(given.point).all()


def test_a_method_that_fails_answers_as_the_naive_forecast(monkeypatch):
    def method(name, season, **options):
        if name == "theta":
            raise ValueError("singular")
        return original(name, season, **options)

    original = baselines.method
    monkeypatch.setattr(baselines, "method", method)
    given = statistics.answer(("theta",), questions(), ())["theta"]
    assert np.array_equal(given.point, naive(questions()))


def test_what_is_not_installed_or_takes_too_long_is_left_out_and_said(monkeypatch):
    def method(name, season, **options):
        if name == "ets":
            raise baselines.BaselineMissing("statsforecast")
        return original(name, season, **options)

    original = baselines.method
    monkeypatch.setattr(baselines, "method", method)
    history = questions().histories[0]
    trial = statistics.try_out(("theta", "ets"), history, 12, 6, 10**9, 1.0)
    assert dict(trial.seconds) == {}
    assert "theta is left out: it would take about" in trial.remarks[0]
    assert "statsforecast is not installed" in trial.remarks[1]
