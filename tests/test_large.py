"""The large teacher, made small: language models that learn to foretell, judges that learn what labels say."""

import numpy as np
import pandas as pd
import pytest

from training.large import judges, language
from training.large.language import Size
from training.large.lstm import lstm

SMALL = Size(vectors=16, units=16, layers=2)
GOOD, BAD, OTHERS = np.arange(2, 12), np.arange(12, 22), np.arange(22, 60)
WORDS = 60


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Short spans and batches, and no chance but that of batches."""
    none = language.Drop(0.0, 0.0, 0.0, 0.0)
    for name, value in {"STREAMS": 4, "SPAN": 8, "RATE": 0.01, "DROP": none}.items():
        monkeypatch.setattr(language, name, value)
    for name, value in {"WIDTHS": (16, 32), "HEAD": 8, "BATCH": 16, "AT_ONCE": 32, "RATE": 0.02, "DROP": none}.items():
        monkeypatch.setattr(judges, name, value)


def made_up(labels, rng, words=20):
    """Texts, a quarter of whose words tell their class."""
    telling = words // 4
    return [
        rng.permutation([*rng.choice(GOOD if label else BAD, telling), *rng.choice(OTHERS, words - telling)]).astype(
            np.int32
        )
        for label in labels
    ]


def test_the_gradient_that_is_written_out_is_that_of_the_recurrence():
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    gates, recurrent, weights = (
        jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in ((7, 2, 3, 20), (2, 5, 20), (7, 2, 3, 5))
    )
    first = tuple(jnp.asarray(rng.normal(size=(2, 3, 5)), jnp.float32) for _ in range(2))

    def plain(gates, recurrent):
        (state, cell), states = first, []
        for step in gates:
            entry, forget, new, output = jnp.split(step + jnp.einsum("nbh,nhg->nbg", state, recurrent), 4, -1)
            cell = jax.nn.sigmoid(forget) * cell + jax.nn.sigmoid(entry) * jnp.tanh(new)
            state = jax.nn.sigmoid(output) * jnp.tanh(cell)
            states.append(state)
        return jnp.sum(weights * jnp.stack(states))

    value, slopes = jax.value_and_grad(plain, (0, 1))(gates, recurrent)
    found = jax.value_and_grad(lambda *args: jnp.sum(weights * lstm(*args, first)[0]), (0, 1))(gates, recurrent)
    np.testing.assert_allclose(found[0], value, rtol=1e-5)
    for one, other in zip(found[1], slopes, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_what_follows_is_foretold_both_ways():
    """Each word says which comes next, and so which came before."""
    texts = [(np.arange(begin, begin + 30) % 8 + 2).astype(np.int32) for begin in range(40)]
    losses = []
    language.learn(texts, 10, SMALL, 12, 0, lambda _, loss: losses.append(loss))
    assert losses[0] > 1.5
    assert losses[-1] < 0.5


def test_judges_learn_what_labels_say_and_never_a_texts_own():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 240)
    texts, folds = made_up(labels, rng), np.arange(240) % 2
    wrong = np.arange(0, 240, 20)
    said = labels.copy()
    said[wrong] = 1 - said[wrong]
    import jax

    begun, rights = language.initial(jax.random.key(0), WORDS, SMALL), []

    def show(epoch, loss, params):
        rights.append(np.mean((judges.say(params, texts)[folds, np.arange(240)] > 0) == (labels == 1)))

    params = judges.fit(begun, texts, said, folds, 12, 0, show)
    assert rights[-1] > 0.9, rights
    held_out = judges.say(params, texts)[folds, np.arange(240)]
    assert np.mean((held_out[wrong] > 0) == (said[wrong] == 1)) < 0.3
    others = rng.integers(0, 2, 60)
    long = made_up(others, rng, 40)  # of which the two ends are read
    assert np.mean((judges.say(params, long).mean(axis=0) > 0) == (others == 1)) > 0.8


def test_a_text_is_judged_the_same_whatever_stands_beside_it():
    import jax

    rng = np.random.default_rng(2)
    texts = [rng.integers(2, WORDS, count).astype(np.int32) for count in (1, 5, 16, 17, 31, 32, 50)]
    params = judges.initial(jax.random.key(1), language.initial(jax.random.key(0), WORDS, SMALL), 2)
    together = judges.say(params, [*texts, np.zeros(0, np.int32)])
    assert np.isfinite(together).all()
    for place, text in enumerate(texts):
        np.testing.assert_allclose(judges.say(params, [text])[:, 0], together[:, place], atol=0.02)


@pytest.mark.slow
def test_an_opinion_is_of_the_texts_that_it_was_asked_about(tmp_path, capsys):
    from training.data import DataError
    from training.large.__main__ import main
    from training.material import gather
    from training.opinion import Opinion
    from training.sentiment import arguments

    rng = np.random.default_rng(0)
    rows = [
        {
            "text": " ".join(rng.permutation(["the", "film", "was", "a", "plot", "with", "it", word])) + f"! {at}",
            "label": label,
        }
        for at, (word, label) in enumerate([("superb", 1), ("awful", 0)] * 120)
    ]
    data, out = tmp_path / "opinions.csv", tmp_path / "new" / "opinion.npz"
    pd.DataFrame(rows).to_csv(data, index=False)
    small = ["--units", "16", "--layers", "1", "--pretraining", "1", "--epochs", "1"]
    assert main(["--data", str(data), "--out", str(out), *small]) == 0
    assert "judges, epoch 1" in capsys.readouterr().out
    material = gather(arguments(["--data", str(data)]))
    found = Opinion.read(out, material)
    assert len(found.labelled) == len(material.train_rows)
    assert np.isfinite(found.validation).all()
    pd.DataFrame(rows[:-1]).to_csv(data, index=False)
    with pytest.raises(DataError, match="of other texts"):
        Opinion.read(out, gather(arguments(["--data", str(data)])))
    out.write_bytes(b"PK nothing")
    with pytest.raises(DataError, match="keeps no opinion"):
        Opinion.read(out, material)
    assert main(["--data", str(data), *small, "--units", "0"]) == 1
    assert "at least 1" in capsys.readouterr().err
