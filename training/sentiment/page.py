"""The report of a training run, report.html: whether to use the network, how well it is calibrated, and which cases fail."""

import shutil
from pathlib import Path

from service.artifacts.card import SentimentCard
from training.evaluation import classification
from training.evaluation.checklist import Outcome
from training.reporting import html_page, models_readme, plots
from training.sentiment.card import TrainingResult

MAX_LOSS_RATIO = 0.98  # of the network's validation loss to the linear model's, for the network to be recommended
PICTURES = {
    "curves": "Loss and accuracy by epoch, of the network that ships.",
    "reliability": "How often answers of each confidence are right, test part.",
    "selective": "How often the surest answers are right, test part.",
}


def draw(directory: Path, result: TrainingResult, card: SentimentCard) -> dict[str, Path]:
    """Draw the pictures of the page into `directory`, and return their paths by name."""
    pictures = {name: directory / f"{name}.png" for name in PICTURES}
    shipped, test = result.shipped, result.splits[2]
    history = shipped.history
    panels: dict[str, dict[str, list[float]]] = {
        "loss": {"training (dropout on)": history["loss"], "validation": history["val_loss"]},
        "accuracy": {"training (dropout on)": history["accuracy"], "validation": history["val_accuracy"]},
    }
    network = f"{'seed' if len(shipped.seeds) == 1 else 'mean of seeds'} {', '.join(map(str, shipped.seeds))}"
    plots.curves(pictures["curves"], f"sentiment, {network}", panels, shipped.best_epoch, log=False)
    title = f"test part, ECE {card.calibration.expected_calibration_error:.3f}"
    probabilities = classification.sigmoid(shipped.logits["test"])
    plots.reliability(pictures["reliability"], title, test.labels, probabilities)
    plots.selective(pictures["selective"], card.calibration.confidence_threshold, test.labels, probabilities)
    return pictures


def write(directory: Path, result: TrainingResult, card: SentimentCard, version: Path, outcomes: list[Outcome]) -> Path:
    """Write report.html, which contains its pictures, and the pictures beside it; return its path."""
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
        f"{recommendation(result)} Exported: {card.name} v{card.version}.",
        html_page.heading("The texts"),
        html_page.bullets(
            [f"{split.name}: {split.rows:,} texts; {split.use}" for split in card.splits] + card.data.audit
        ),
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


def recommendation(result: TrainingResult) -> str:
    """Return a sentence on whether to use the network; it depends on the validation set alone."""
    validation = result.splits[1]
    labels, linear = validation.labels, result.linear_logits["validation"]
    both = (result.shipped.logits["validation"], linear / classification.temperature(labels, linear))
    losses = [classification.log_loss(labels, logits) for logits in both]
    shares = [classification.accuracy(labels, logits) for logits in both]
    comparison = f"{shares[0]:.1%} of {len(validation.texts):,} validation texts are told right, by n-grams alone {shares[1]:.1%}"
    if losses[0] < losses[1] * MAX_LOSS_RATIO:
        return f"Use the network: {comparison}, with a loss of {losses[0]:.3f} against {losses[1]:.3f}."
    return (
        f"A linear model on n-grams is the better choice here: {comparison}, and the loss of {losses[0]:.3f} against "
        f"{losses[1]:.3f} is not worth a network."
    )
