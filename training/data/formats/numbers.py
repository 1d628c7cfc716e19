"""Numbers as people write them: one decision for a whole column.

A cell such as 1,234 can be 1234 or 1.234. The other cells of its column decide: 12,5 or 0,123 show a decimal comma, 1,234,567
and 1,234.5 show thousands. Where none does, the caller's `hint` decides (a comma is no decimal sign in a file with commas between
its columns); where two readings remain that differ, `ambiguous` says so, and `decimal` is the user's decision.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.data.formats.cells import MISSING, MISSING_ERRORS
from training.data.formats.number_parts import Part, split, to_float

PLAIN = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
EITHER = r"[+-]?[1-9]\d{0,2}\.\d{3}"
SAMPLE = 200  # cells
MIN_GROUPED = 20  # numbers; decimals that are cut after the last digit other than 0 have three digits in 9 of 10 cases


@dataclass(frozen=True)
class NumberColumn:
    """The numbers of a column: NaN where a cell is missing or wrong.

    `style` says how the numbers were read. `ambiguous` has both readings and the option that decides, if there are two.
    """

    values: npt.NDArray[np.float64]
    is_missing: npt.NDArray[np.bool_]
    is_wrong: npt.NDArray[np.bool_]
    style: str
    ambiguous: str | None = None


def parse_numbers(column: "pd.Series[str]", decimal: str | None = None, hint: str | None = ".") -> NumberColumn:
    """Return the numbers of a column of texts. `decimal` (. or ,) is obeyed; `hint` decides only where the cells do not."""
    texts = column.fillna("").astype(str).str.strip()
    is_missing = (texts.str.casefold().isin(MISSING) | texts.str.fullmatch(MISSING_ERRORS.pattern)).to_numpy(dtype=bool)
    present = texts[~is_missing]
    values = np.full(len(texts), np.nan)
    if decimal != "," and present.str.fullmatch(PLAIN).all() and not _may_be_grouped(present, decimal):
        values[~is_missing] = present.astype(float).to_numpy()
        return _checked(values, is_missing, "numbers with decimal points", None)
    counts = Counter(present)
    parts = {text: part for text in counts if (part := split(text)) is not None}
    sign, ambiguous = (decimal, None) if decimal else _find_decimal(parts, counts, hint)
    parts, unit_note, unit_fault = _check_units(parts, counts)
    numbers = {text: to_float(part, sign) for text, part in parts.items()}
    values[~is_missing] = present.map(numbers).astype(float).to_numpy()
    return _checked(values, is_missing, _style(parts, sign) + unit_note, ambiguous or unit_fault)


def shown_decimal(column: "pd.Series[str]") -> str | None:
    """Return the decimal sign that the first numbers of a column show beyond doubt, if they do."""
    cells = column.dropna().astype(str).str.strip().head(SAMPLE)
    parts = [part for text in cells.unique() if (part := split(text)) is not None]
    signs = {part.decimal for part in parts if part.decimal}
    return signs.pop() if len(signs) == 1 and len(parts) > cells.nunique() / 2 else None


def _may_be_grouped(present: "pd.Series[str]", decimal: str | None) -> bool:
    """Whether every point of the column may separate thousands."""
    has_point = present.str.contains(".", regex=False)
    return decimal is None and bool(has_point.any() and present[has_point].str.fullmatch(EITHER).all())


def _checked(
    values: npt.NDArray[np.float64], is_missing: npt.NDArray[np.bool_], style: str, ambiguous: str | None
) -> NumberColumn:
    is_finite = np.isfinite(values)
    return NumberColumn(np.where(is_finite, values, np.nan), is_missing, ~is_finite & ~is_missing, style, ambiguous)


def _find_decimal(parts: Mapping[str, Part], counts: Mapping[str, int], hint: str | None) -> tuple[str, str | None]:
    """Return the decimal sign and, if the cells leave two readings, a sentence with both."""
    shown = {sign: next((text for text, part in parts.items() if part.decimal == sign), None) for sign in ".,"}
    if shown["."] and shown[","]:
        return hint or ".", (
            f"'{shown['.']}' has a decimal point and '{shown[',']}' a decimal comma; write all numbers alike, or say which is "
            "meant with --decimal . or --decimal ,"
        )
    if shown["."] or shown[","]:
        return ("." if shown["."] else ","), None
    either = [text for text, part in parts.items() if part.either]
    if not either:
        return hint or ".", None
    mark = str(parts[either[0]].either)
    other = "," if mark == "." else "."
    if any(parts[text].either != mark for text in either):
        return hint or ".", _two_readings(next(text for text in either if parts[text].either == "."))
    if hint == other or _is_grouped(parts, counts, either):
        return other, None
    return mark, None if hint == mark and len(either) == len(parts) else _two_readings(either[0])


def _is_grouped(parts: Mapping[str, Part], counts: Mapping[str, int], either: Sequence[str]) -> bool:
    """Whether the marks surely separate thousands: many numbers have one, and all smaller than 1000 have none.

    Decimals of a fixed number of digits would be in all numbers, and others would sometimes have fewer digits than three.
    """
    plain = [part for text, part in parts.items() if not part.either]
    are_small = all(len(part.digits) <= 3 for part in plain)
    return bool(plain) and are_small and sum(counts[text] for text in either) >= MIN_GROUPED


def _two_readings(text: str) -> str:
    digits = text.replace(",", ".")
    return (
        f"'{text}' may be {digits} or {digits.replace('.', '')}, and no other number of the column shows which; --decimal . or "
        "--decimal , says what the decimal sign is"
    )


def _check_units(parts: Mapping[str, Part], counts: Mapping[str, int]) -> tuple[dict[str, Part], str, str | None]:
    """Return the cells whose units agree, a note on the unit, and a sentence if they do not agree."""
    units = Counter[str]()
    for text, part in parts.items():
        units[part.unit] += counts[text]
    named = [unit for unit in units if unit]
    if not named:
        return dict(parts), "", None
    examples = [next(text for text, part in parts.items() if part.unit == unit) for unit in units]
    if all(part.is_money for part in parts.values() if part.unit):
        fault = f"the currencies differ: {', '.join(map(repr, examples[:3]))}" if len(named) > 1 else None
        return dict(parts), f"; the currency '{named[0]}' is left out", fault
    if len(named) > 1:
        return {text: part for text, part in parts.items() if not part.unit}, "", None
    if "" in units and any(part.digits.strip("0") for part in parts.values() if not part.unit):
        if named[0] != "%":  # one word in a column of numbers is a mistake, not a unit
            return {text: part for text, part in parts.items() if not part.unit}, "", None
        return dict(parts), "", f"some cells have a percent sign and others none ('{examples[0]}', '{examples[1]}')"
    return dict(parts), f"; the unit '{named[0]}' is left out (12{named[0]} is 12)", None


def _style(parts: Mapping[str, Part], sign: str) -> str:
    """Say how the numbers are written."""
    style = f"numbers with decimal {'points' if sign == '.' else 'commas'}"
    groups = [text for text, part in parts.items() if part.grouped_by or (part.either and part.either != sign)]
    notes = [f"thousands are separated ('{groups[0]}')"] if groups else []
    if bounded := [text for text, part in parts.items() if part.is_bound]:
        notes.append(f"'{bounded[0]}' is read as half of it")
    if negative := [text for text in parts if text.startswith("(")]:
        notes.append(f"'{negative[0]}' is negative")
    return ", ".join([style, *notes])
