"""The rounds of a run: texts are encoded, n-gram weights and networks are fitted, and a second round learns from the first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console

from service.interfaces import Tokens
from training.networks.ngram_hash import ngram_buckets
from training.sentiment.linear import ngrams, spelt_ngrams
from training.sentiment.network.fitting import Words
from training.sentiment.network.initialization import SEED, Initialization
from training.sentiment.network.seeds import Encoded, SeedRun, average_weights, fit_seeds
from training.sentiment.options import SECOND_ROUND, FitConfig, TrainOptions
from training.sentiment.recipe import distillation, teacher
from training.sentiment.recipe.result import TrainingResult
from training.sentiment.texts import batches, generated
from training.sentiment.texts.corpus import Corpus
from training.sentiment.texts.encoding import Encoder, without_spellings

UNLABELLED_SHARE = 0.35  # of the unlabelled texts, an epoch
TEACHERS = 2  # seeds of the first round, where a second one learns from it
GENERATED = 12_000  # texts of the grammar, an epoch


@dataclass
class Prepared:
    """What networks are fitted to: encoded pools and held-out parts, the n-gram weights, and texts to take sentences from.

    `linear` ships; where it was fitted to the validation part, too, that part has the logits of a model that was not.
    """

    encoder: Encoder
    pools: list[batches.Pool]
    held_out: list[Encoded]
    linear: ngrams.Linear
    long_texts: list[str]

    @property
    def words(self) -> Words:
        """The words of all texts that were encoded so far."""
        return Words(self.encoder.spellings(), len(self.encoder.vocabulary))


def prepare(
    options: TrainOptions, corpus: Corpus, initialization: Initialization, has_teacher: bool, console: Console
) -> Prepared:
    """Ask the teacher, encode all texts, and fit the n-gram weights."""
    pools, unlabelled = corpus.pools, corpus.unlabelled[: teacher.MAX_UNLABELLED]
    encoder = Encoder(initialization.words)

    def encode(texts: Sequence[str]) -> list[Tokens]:
        return [encoder.truncated(text) for text in texts]

    targets = None
    if has_teacher:
        pools, targets = teacher.teach(pools, unlabelled, SEED, options.network.paragraphs, console)
    encoded = [batches.Pool(encode(pool.texts), pool.targets, pool.share) for pool in pools]
    if targets is not None and len(targets):
        encoded.append(batches.Pool(encode(unlabelled), targets, UNLABELLED_SHARE))
    held_out = [(part, encode(part.texts)) for part in (corpus.validation, *corpus.tests.values())]
    if is_spelt(corpus, has_teacher):
        before, linear = fit_spelt(corpus, encoded[0].texts, held_out[0][1], initialization)
    else:
        before = linear = fit_ngrams(encoded, initialization)
    if corpus.has_generated:
        texts, made = generated.generate(GENERATED, SEED)
        encoded.append(batches.Pool(encode(texts), made))
    measured = [
        Encoded(part, tokens, (before if number == 0 else linear).predict(tokens, len(initialization.words)))
        for number, (part, tokens) in enumerate(held_out)
    ]
    return Prepared(encoder, encoded, measured, linear, teacher.long_texts(pools, unlabelled))


def is_spelt(corpus: Corpus, has_teacher: bool) -> bool:
    """Whether the n-gram weights know the words' spellings: those of the few labelled texts of one file."""
    return not corpus.sets and not has_teacher and corpus.train_count <= spelt_ngrams.MAX_TEXTS


def fit_spelt(
    corpus: Corpus, texts: Sequence[Tokens], validation: Sequence[Tokens], initialization: Initialization
) -> tuple[ngrams.Linear, ngrams.Linear]:
    """Return the n-gram weights that were fitted to the training texts, and those fitted to the validation texts, too."""
    vocabulary = len(initialization.words)
    training, held_out = (
        spelt_ngrams.Labelled(without_spellings(tokens, vocabulary), labels)
        for tokens, labels in ((texts, corpus.pools[0].labels), (validation, corpus.validation.labels))
    )
    found = spelt_ngrams.fit(training, held_out, initialization.words, len(corpus.classes), initialization.ngrams)
    return found.training, found.all


def fit(
    options: TrainOptions,
    corpus: Corpus,
    initialization: Initialization,
    config: FitConfig,
    has_teacher: bool,
    console: Console,
) -> tuple[TrainingResult, ngrams.Linear]:
    """Fit the n-gram weights and one network per seed.

    With a teacher there is a second round, which learns from two seeds of the first.
    """
    prepared = prepare(options, corpus, initialization, has_teacher, console)
    seeds, held_out, classes = options.seeds or options.preset.seeds, prepared.held_out, corpus.classes

    def fit_round(
        seeds: Sequence[int], config: FitConfig, words: Words, first: SeedRun | None = None
    ) -> TrainingResult:
        runs = fit_seeds(seeds, prepared.pools, held_out, classes, initialization, words, config, console, first)
        average = average_weights(runs, classes, initialization, held_out, words) if len(runs) > 1 else None
        saw_validation = is_spelt(corpus, has_teacher)
        return TrainingResult(
            corpus, held_out, initialization, words, config, has_teacher, runs, average, saw_validation=saw_validation
        )

    result = fit_round(seeds[:TEACHERS] if has_teacher else seeds, config, prepared.words)
    if has_teacher:
        console.print(f"first round: validation loss {result.loss:.4f}; the second learns from it")
        rng = np.random.default_rng(SEED)
        texts = distillation.sentences(prepared.long_texts, distillation.SENTENCES, rng)
        prepared.pools = distillation.taught(prepared.pools, texts, prepared.encoder, result.shipped, prepared.linear)
        second = replace(SECOND_ROUND, epochs=min(SECOND_ROUND.epochs, config.epochs), min_steps=config.min_steps)
        result = fit_round(seeds, second, prepared.words, result.shipped)
    return result, prepared.linear


def fit_ngrams(pools: Sequence[batches.Pool], initialization: Initialization) -> ngrams.Linear:
    """Fit the n-gram weights to all pools, each text with the share of its pool as its weight."""
    classes = pools[0].targets.shape[1]
    buckets = ngram_buckets(classes)
    texts = [text for pool in pools for text in pool.texts]
    counts = ngrams.count(without_spellings(texts, len(initialization.words)), buckets)
    prior = initialization.ngrams
    targets = np.concatenate([pool.targets for pool in pools])
    certainty = targets.max(axis=1) * np.repeat([pool.share for pool in pools], [len(pool.texts) for pool in pools])
    hard = np.eye(classes, dtype=np.float32)[targets.argmax(axis=1)]
    return ngrams.fit(counts, hard, prior if prior is not None and len(prior) == buckets else None, certainty)
