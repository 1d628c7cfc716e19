"""One page on a training run, report.html: whether the network is worth it, how sure it is, and where it fails."""

import shutil
from pathlib import Path

from service.artifacts.card import SentimentCard
from training.evaluation import classification
from training.evaluation.checklist import Outcome
from training.reporting import html_page, models_readme, plots
from training.sentiment.card import TrainingResult

WORTH_IT = 0.98  # of the linear model's loss, at most
PICTURES = {
    "curves": "Loss and accuracy by epoch, of the network that ships.",
    "reliability": "How often answers of each confidence are right, test part.",
    "selective": "How often the surest answers are right, test part.",
}


def draw(directory: Path, found: TrainingResult, card: SentimentCard) -> dict[str, Path]:
    """The pictures of the page by name."""
    pictures = {name: directory / f"{name}.png" for name in PICTURES}
    shipped, test = found.shipped, found.parts[2]
    history = shipped.history
    panels: dict[str, dict[str, list[float]]] = {
        "loss": {"training (dropout on)": history["loss"], "validation": history["val_loss"]},
        "accuracy": {"training (dropout on)": history["accuracy"], "validation": history["val_accuracy"]},
    }
    whose = f"{'seed' if len(shipped.seeds) == 1 else 'mean of seeds'} {', '.join(map(str, shipped.seeds))}"
    plots.curves(pictures["curves"], f"sentiment, {whose}", panels, shipped.kept, log=False)
    title = f"test part, ECE {card.calibration.expected_calibration_error:.3f}"
    probabilities = classification.sigmoid(shipped.logits["test"])
    plots.reliability(pictures["reliability"], title, test.labels, probabilities)
    plots.selective(pictures["selective"], card.calibration.confidence_threshold, test.labels, probabilities)
    return pictures


def write(directory: Path, found: TrainingResult, card: SentimentCard, version: Path, outcomes: list[Outcome]) -> Path:
    """Write report.html and its pictures, which it contains."""
    directory.mkdir(parents=True, exist_ok=True)
    pictures = {name: directory / f"{name}.png" for name in PICTURES}
    for name, path in pictures.items():
        shutil.copyfile(version / "plots" / f"{name}.png", path)
    header, rows = models_readme.sentiment_rows([card])
    failures = [f"{outcome.capability}: {failure}" for outcome in outcomes for failure in outcome.failures]
    calibration = card.calibration
    return html_page.write(
        directory / "report.html",
        card.data.source,
        f"{recommendation(found)} Exported: {card.name} v{card.version}.",
        html_page.heading("The texts"),
        html_page.bullets([f"{part.name}: {part.rows:,} texts; {part.use}" for part in card.splits] + card.data.audit),
        html_page.heading("Test part"),
        html_page.table(header, rows),
        html_page.paragraph(
            f"Mean ± deviation over the seeds. {card.choice} Answers with a confidence of at least "
            f"{calibration.confidence_threshold:.3f} are {calibration.coverage:.1%} of the test texts, and "
            f"{calibration.accuracy_covered:.1%} of them are right; the others are marked uncertain."
        ),
        html_page.figures({pictures[name]: caption for name, caption in PICTURES.items()}),
        *([html_page.heading("Cases that fail"), html_page.bullets(failures)] if failures else []),
    )


def recommendation(found: TrainingResult) -> str:
    """Whether to use the network, by the validation part alone."""
    validation = found.parts[1]
    plain = found.plain["validation"]
    ours, theirs = found.shipped.logits["validation"], plain / classification.temperature(validation.labels, plain)
    losses = [classification.log_loss(validation.labels, logits) for logits in (ours, theirs)]
    shares = [classification.accuracy(validation.labels, logits) for logits in (ours, theirs)]
    told = f"{shares[0]:.1%} of {len(validation.texts):,} validation texts are told right, by n-grams alone {shares[1]:.1%}"
    if losses[0] < losses[1] * WORTH_IT:
        return f"Use the network: {told}, with a loss of {losses[0]:.3f} against {losses[1]:.3f}."
    return (
        f"A linear model on n-grams is the better choice here: {told}, and the loss of {losses[0]:.3f} against "
        f"{losses[1]:.3f} is not worth a network."
    )
