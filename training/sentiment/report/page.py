"""The report of a training run, report.html: what to use and how to ask it, how well it tells the classes, and where it fails."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from service.artifacts.card import SentimentCard
from service.sentiment.classifier import SentimentClassifier
from training.evaluation import classification
from training.evaluation.checklist import Outcome
from training.reporting import html_page, plots, sentiment_section
from training.reporting.sentiment_section import TFIDF
from training.reporting.tables import Row
from training.sentiment.measuring import scores
from training.sentiment.recipe.result import TrainingResult
from training.sentiment.report import tables, wording
from training.sentiment.report.measured import Measured, by_class, by_length, measured

PICTURES = {
    "curves": "Loss by epoch, of the network that ships.",
    "reliability": "How often answers of each confidence are right, by the class that was predicted.",
    "selective": "How often the surest answers are right, by length; from the dot on, answers are not uncertain.",
    "learning_curve": "Validation accuracy by the number of texts learnt from.",
}


def draw(directory: Path, result: TrainingResult, card: SentimentCard, kind: str = "png") -> dict[str, Path]:
    """Draw the pictures of the page into `directory`, and return their paths by name; `kind` is png or svg."""
    pictures = {name: directory / f"{name}.{kind}" for name in PICTURES}
    shipped, texts = result.shipped, measured(result)
    history = shipped.history
    panels = {"loss": {"training (dropout on)": history["loss"], "validation": history["val_loss"]}}
    network = f"{'seed' if len(shipped.seeds) == 1 else 'mean of seeds'} {', '.join(map(str, shipped.seeds))}"
    plots.curves(pictures["curves"], f"{card.name}, {network}", panels, shipped.best_epoch, log=False)
    error = classification.expected_calibration_error(texts.labels, texts.probabilities)
    plots.reliability(pictures["reliability"], f"{texts.name}, ECE {error:.3f}", by_class(texts, card.classes))
    rows = scores.polar_rows(texts.labels, result.corpus.poles)
    title = f"{texts.name} of the poles" if result.corpus.poles else texts.name
    own = [texts.texts[row] for row in rows]
    bands = by_length(Measured(title, texts.labels[rows], texts.probabilities[rows], texts.tokens[rows], own), card)
    plots.selective(
        pictures["selective"], title, {name: band for name, (band, _) in bands.items()}, [t for _, t in bands.values()]
    )
    if not _draw_curve(pictures["learning_curve"], result):
        del pictures["learning_curve"]
    return pictures


def _draw_curve(path: Path, result: TrainingResult) -> bool:
    """Draw the learning curve of the baseline, with the network as a dot, if there is one."""
    if result.baseline is None or len(result.baseline.curve) < 2:
        return False
    curve, part = result.baseline.curve, result.held_out[0].part
    network = [float("nan")] * (len(curve) - 1) + [
        classification.accuracy(part.labels, result.shipped.logits[part.name])
    ]
    plots.learning_curve(
        path, f"{len(part.texts):,} validation texts", list(curve), {TFIDF: list(curve.values()), "network": network}
    )
    return True


def write(
    directory: Path,
    result: TrainingResult,
    card: SentimentCard,
    classifier: SentimentClassifier,
    outcomes: list[Outcome],
) -> Path:
    """Write report.html, which needs no other file, and its pictures as PNG beside it; return the page's path."""
    directory.mkdir(parents=True, exist_ok=True)
    draw(directory, result, card)
    with TemporaryDirectory() as drawing:
        pictures = draw(Path(drawing), result, card, "svg")
        parts = [
            *_decision(result, card),
            *_texts(result, card),
            *_scores(result, card),
            *_errors(result, card, classifier),
            _figures(pictures, "Calibration", "reliability", "selective"),
            *_uncertainty(card),
            *_learning(result, pictures),
            *_checklist(card, outcomes),
        ]
        title = f"{card.name}: {card.data.source}"
        return html_page.write(directory / "report.html", title, wording.recommendation(result), *parts)


def _decision(result: TrainingResult, card: SentimentCard) -> list[str]:
    comparison = wording.test_comparison(result)
    return [
        html_page.heading("What to do"),
        html_page.paragraph(comparison) if comparison else "",
        html_page.paragraph(f"Exported: {card.name} v{card.version}. A service that reads its directory answers this:"),
        html_page.code(wording.what_to_call(card)),
    ]


def _texts(result: TrainingResult, card: SentimentCard) -> list[str]:
    corpus = result.corpus
    remarks = [f"{split.name}: {split.rows:,} texts; {split.use}" for split in card.splits]
    labels = np.concatenate([pool.labels for pool in corpus.pools])
    started = result.initialization.version
    return [
        html_page.heading("What was understood"),
        html_page.facts(
            {
                **card.data.reading,
                "starts from": "a new network" if started == "none" else f"{started}, which was trained further",
            }
        ),
        html_page.bullets([*card.data.audit, *remarks]),
        _table("The sets", *sentiment_section.set_rows(card)),
        _table("Classes of the training texts", *tables.class_balance(labels, card.classes)),
    ]


def _scores(result: TrainingResult, card: SentimentCard) -> list[str]:
    texts = measured(result)
    return [
        html_page.heading("Scores"),
        html_page.table(*sentiment_section.score_rows(card), best=None),
        html_page.paragraph(f"{card.choice} {sentiment_section.score_notes(card)}"),
        html_page.paragraph(wording.majority(texts.labels, card.classes)),
        _table(f"Each class, {texts.name}", *tables.class_rows(texts, card.classes)),
        html_page.confusion(card.classes, tables.confusion(texts, card.classes)),
        _table("Each seed alone", *sentiment_section.seed_rows(card)) if len(card.seeds) > 1 else "",
    ]


def _errors(result: TrainingResult, card: SentimentCard, classifier: SentimentClassifier) -> list[str]:
    texts = measured(result)
    header, rows = tables.error_rows(texts, card.classes)
    shown = [text for each in result.held_out for text in each.part.texts]
    words = tables.word_rows(classifier, shown, card.classes)
    return [
        html_page.heading("The most confident errors"),
        html_page.paragraph(f"Of the {texts.name}. Some may be wrong labels: it is worth while to read them.")
        + html_page.table(header, rows, best=None)
        if rows
        else html_page.paragraph(f"None of the {texts.name} is told wrong."),
        html_page.heading("Words that decide") if words[1] else "",
        html_page.paragraph(
            "What speaks most for each answer in held-out texts: the word's mean weight, which is added to the class's logit, and "
            "the number of texts. Words of a source, a product or a date show what the model has learnt besides opinions."
        )
        if words[1]
        else "",
        html_page.table(*words, best=None) if words[1] else "",
    ]


def _uncertainty(card: SentimentCard) -> list[str]:
    return [
        html_page.heading("When an answer is uncertain"),
        html_page.table(*sentiment_section.threshold_rows(card), best=None),
        html_page.paragraph(card.calibration.threshold_choice),
        html_page.bullets(sentiment_section.further_scores(card)),
    ]


def _learning(result: TrainingResult, pictures: dict[str, Path]) -> list[str]:
    texts = len(result.held_out[0].part.texts)
    verdict = wording.more_texts(result.baseline, texts) if result.baseline else ""
    return [
        _figures(pictures, "Would more texts help?", "learning_curve"),
        html_page.paragraph(verdict) if verdict else "",
        _figures(pictures, "How the network learnt", "curves"),
    ]


def _checklist(card: SentimentCard, outcomes: list[Outcome]) -> list[str]:
    """The checklist of English sentences about films, things and services, which are not the texts of the run."""
    failures = [f"{outcome.capability}: {failure}" for outcome in outcomes for failure in outcome.failures]
    if not outcomes:
        return []
    return [
        html_page.details(
            "A checklist of made-up English sentences, and those that fail",
            html_page.table(*sentiment_section.checklist_rows(card), best=None),
            html_page.bullets(failures),
        )
    ]


def _table(title: str, header: Row, rows: list[Row]) -> str:
    """A subheading and a table, or nothing without rows."""
    return html_page.subheading(title) + html_page.table(header, rows, best=None) if rows else ""


def _figures(pictures: dict[str, Path], title: str, *names: str) -> str:
    """A heading with the pictures that were drawn, or nothing."""
    drawn = {pictures[name]: PICTURES[name] for name in names if name in pictures}
    return html_page.heading(title) + html_page.figures(drawn) if drawn else ""
