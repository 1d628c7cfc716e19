"""The chosen columns of a table of texts, its rows without gaps, and what was understood of it all."""

from collections import Counter

import pandas as pd

from training.data.formats.cells import is_missing
from training.data.tables import DataError, Table, require_column
from training.data.texts.columns import Choice, detect_label_column, detect_text_column
from training.data.texts.labels import Classes

MAX_EMPTY_SHARE = 0.05  # of the rows: a few gaps are usual, more mean that the column is the wrong one or half labelled
NAMED = "named on the command line or by the training file"
MAX_SHOWN = 10


def choose_columns(table: Table, text: str | None, label: str | None, has_stars: bool) -> tuple[Choice, Choice]:
    """Return the text and the label column, and why. Raises DataError if they are one, or cannot be told."""
    frame, path = table.frame, table.path
    by_name = [require_column(frame, name, path) for name in (text, label)]
    labels = Choice(by_name[1], NAMED) if by_name[1] else detect_label_column(frame, path, has_stars, text)
    texts = Choice(by_name[0], NAMED) if by_name[0] else detect_text_column(frame, labels.name, path)
    if texts.name == labels.name:
        raise DataError(f"{path}: '{texts.name}' cannot be both the text and the label")
    return texts, labels


def without_gaps(table: Table, text: Choice, label: Choice) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows that have a text and a label, and remarks on the others. Raises DataError if these are many."""
    frame, remarks = table.frame, list[str]()
    has_no_text = frame[text.name].isna()
    has_no_label = frame[label.name].fillna("").astype(str).map(_is_no_label)
    gaps = (
        (text, has_no_text, "fill or remove those rows"),
        (label, has_no_label, "label or remove those rows (texts without labels can be given with --unlabelled)"),
    )
    for column, is_empty, remedy in gaps:
        count = int(is_empty.sum())
        if count > MAX_EMPTY_SHARE * len(frame):
            raise DataError(
                f"{table.path}: column '{column.name}' is empty in {table.where(is_empty)} ({count} of {len(frame)}; up to "
                f"{MAX_EMPTY_SHARE * 100:.0f} % are left out); {remedy}"
            )
        if count:
            rows = "1 row" if count == 1 else f"{count} rows"
            were = "was" if count == 1 else "were"
            remarks.append(f"{rows} without a value in '{column.name}' {were} left out: {table.where(is_empty)}")
    return frame[~has_no_text & ~has_no_label], remarks


def _is_no_label(label: str) -> bool:
    """Whether a label stands for none; `none` itself may be a class, as of a stance."""
    return is_missing(label) and label.strip().casefold() != "none"


def describe(
    table: Table,
    text: Choice,
    label: Choice,
    written: "pd.Series[str]",
    classes: Classes,
    dropped: list[str],
    kept: int,
    foreign: int,
) -> dict[str, str]:
    """Say how the file was read: columns and why, what the labels mean, rows, and the share that is not English."""
    counts = Counter(written.str.casefold())
    shown = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_SHOWN]
    names = {label: classes.spellings.get(label, label) for label in counts}
    meanings = [f"'{label}'{'' if names[label] == label else ' → ' + names[label]} ({count})" for label, count in shown]
    poles = f"; from {classes.poles[0]} to {classes.poles[1]}" if classes.poles else "; no class is a pole of another"
    return {
        **table.understood,
        "texts": f"column '{text.name}': {text.why}",
        "labels": f"column '{label.name}': {label.why}",
        "classes": ", ".join(meanings) + (", …" if len(counts) > MAX_SHOWN else "") + poles,
        "rows": "; ".join([f"{len(table.frame)} read, {kept} kept", *dropped]),
        "language": f"{foreign} of {kept} texts ({foreign / max(1, kept) * 100:.1f} %) do not look English",
    }
