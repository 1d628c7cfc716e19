"""One model may be used by several threads at the same time."""

from concurrent.futures import ThreadPoolExecutor

from tests.service.local.made_series import panel

THREADS, TIMES = 6, 12


def test_one_model_answers_several_threads_as_one(universal, sentiment):
    """Forecasts, anomalies and sentiment are those of one thread alone."""
    frame, texts = panel(6), [f"A {word} film, number {n}." for n in range(20) for word in ("superb", "dull", "long")]
    asks = [
        lambda: universal.forecast(frame, 20),
        lambda: universal.anomalies(frame, last=3),
        lambda: sentiment.sentiment(texts, explain=True),
    ]
    expected = [ask() for ask in asks]
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda n: asks[n % 3](), range(TIMES)))
    assert all(answer.equals(expected[n % 3]) for n, answer in enumerate(answers))
