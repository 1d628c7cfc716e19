"""The first page of a run: what was understood of the file, what the run starts from, what it will write, how long it takes."""

import os

from service.artifacts import bundle
from training.data import understanding
from training.sentiment.options import SHIPPED, FitConfig, TrainOptions
from training.sentiment.start import Start
from training.sentiment.texts.corpus import Corpus

WORDS_AT_MOST = 600  # of a text that a network reads
SECONDS = 45.0  # without any text: TensorFlow, the export, and its verification
SECONDS_PER_MEGAWORD = 16.0  # that a network is fitted to, on one core
BASELINE_SECONDS = 1.2e-4  # for each word of a text: the baseline and the n-gram weights


def show(options: TrainOptions, start: Start, corpus: Corpus, config: FitConfig, *, has_teacher: bool) -> None:
    """Print the first page of a run."""
    understanding.show(understood(options, start, corpus, config, has_teacher=has_teacher))
    if options.dry_run:
        print()
        understanding.show(facts(corpus))
    for remark in corpus.data.audit:
        print("-", remark)
    print()


def understood(
    options: TrainOptions, start: Start, corpus: Corpus, config: FitConfig, *, has_teacher: bool
) -> dict[str, str]:
    """Return labels and sentences."""
    parts = [f"{corpus.train_count:,} texts to learn from", f"{len(corpus.validation.texts):,} to validate"]
    parts += [f"{sum(len(part.texts) for part in corpus.tests.values()):,} to test"] if corpus.tests else []
    version = bundle.next_version(options.models_dir, options.name)
    advice = "; --name keeps a model of your own beside it" if options.data.data and options.name == SHIPPED else ""
    found = {
        **corpus.data.reading,
        "parts": ", ".join(parts),
        "starts from": start.reason,
        "writes": f"{options.models_dir / options.name / str(version)}{advice}",
    }
    if not has_teacher and not corpus.sets:
        found["takes"] = f"about {say(seconds(options, corpus, config))} with {cores()}"
    return found


def facts(corpus: Corpus) -> dict[str, str]:
    """Return the columns by name, the number of texts, and the classes with theirs."""
    return {
        **{f"{role} column": name for role, name in corpus.data.columns.items()},
        "texts": str(sum(corpus.counts.values())),
        "classes": ", ".join(f"{name} {count}" for name, count in corpus.counts.items()),
    }


def seconds(options: TrainOptions, corpus: Corpus, config: FitConfig) -> float:
    """Return about how long a run on one file takes, from the words that networks are fitted to; measured on two cores."""
    words = sum(min(text.count(" ") + 1, WORDS_AT_MOST) for pool in corpus.pools for text in pool.texts)
    batches = max(1.0, corpus.train_count / 110)
    epochs = max(config.epochs, config.min_steps / batches)
    networks = len(options.seeds or options.preset.seeds) * len(config.learning_rates)
    rounds = -(-networks // (os.cpu_count() or 1))
    return SECONDS + BASELINE_SECONDS * words + SECONDS_PER_MEGAWORD * rounds * epochs * words / 1e6


def say(value: float) -> str:
    """Return a duration in words."""
    return f"{value / 60:.0f} minutes" if value >= 100 else f"{max(10, round(value, -1)):.0f} seconds"


def cores() -> str:
    """Return how many cores there are, in words."""
    count = os.cpu_count() or 1
    return "one core" if count == 1 else f"{count} cores"
