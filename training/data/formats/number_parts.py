"""The parts of one number as people write it: sign, digits, marks between them, unit."""

import math
import re
from dataclasses import dataclass

from training.data.formats.cells import words

CURRENCIES = "$€£¥₹₽₩₺₴₪฿₫"
CODES = words(
    "USD EUR GBP CHF JPY CNY CAD AUD NZD SEK NOK DKK PLN CZK HUF INR BRL MXN ZAR KRW TRY RUB R$ A$ C$ US$ kr zł Kč Fr Rs Rs."
)
SPACES = " '’_\u00a0\u2007\u2009\u202f"  # between thousands, never before decimals
NUMBER = re.compile(
    rf"(?P<bound><)?\s*(?P<open>\()?\s*(?P<sign>[+\-−–])?\s*(?P<money>[{CURRENCIES}]|[A-Za-z]{{1,3}}\.?\$?(?=\s)|[A-Z]{{1,2}}\$)?\s*"
    rf"(?P<sign2>[+\-−])?\s*(?P<body>\d[\d.,{SPACES}]*\d|\d[.,]?|[.,]\d[\d]*)(?P<exponent>[eE][+-]?\d{{1,3}})?(?P<after>-)?"
    r"\s*(?P<unit>[^\W\d_][^\d\s()<>,;:]{0,9}|[^\w\s\d()<>,;:'\"\-+/.]{1,3}[^\W\d_]{0,2})?\s*(?P<close>\))?"
)
GROUPS = {mark: re.compile(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+") for mark in ".,"}
INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}")
SPACED = re.compile(rf"\d{{1,3}}(?:[{SPACES}]\d{{3}})+(?=$|[.,])")
MAX_LENGTH = 60  # characters


@dataclass(frozen=True)
class Part:
    """One number. `decimal` is the decimal sign if this number alone shows it, `either` the mark that may be one."""

    digits: str
    unit: str
    is_money: bool
    is_negative: bool
    is_bound: bool
    exponent: str
    decimal: str | None
    either: str | None
    grouped_by: str | None


def split(text: str) -> Part | None:
    """Return the parts of a number, or None for what is no number."""
    match = NUMBER.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    signs = [match[name] for name in ("sign", "sign2", "after") if match[name]]
    if len(signs) > 1 or (match["open"] and signs):
        return None
    money, unit = match["money"] or "", match["unit"] or ""
    if (money and unit) or (money.isalpha() and money not in CODES):
        return None
    body, grouped_by = match["body"], None
    if any(mark in SPACES for mark in body):
        spaced = SPACED.match(body)
        if spaced is None:
            return None
        grouped_by = next(mark for mark in body if mark in SPACES)
        body = "".join(mark for mark in spaced[0] if mark not in SPACES) + body[spaced.end() :]
    marks = _marks(body, grouped_by)
    if marks is None:
        return None
    decimal, either, mark = marks
    return Part(
        digits=body,
        unit=money or unit,
        is_money=bool(money) or unit in CODES or unit in CURRENCIES,
        is_negative=bool(match["open"]) or bool(signs and signs[0] != "+"),
        is_bound=bool(match["bound"]),
        exponent=match["exponent"] or "",
        decimal=decimal,
        either=either,
        grouped_by=grouped_by or mark,
    )


def _marks(body: str, grouped_by: str | None) -> tuple[str | None, str | None, str | None] | None:
    """Return the decimal sign, the mark that may be one, and the mark between thousands; None for what is no number."""
    points, commas = body.count("."), body.count(",")
    if not points and not commas:
        return None, None, None
    if points and commas:
        decimal = "." if body.rfind(".") > body.rfind(",") else ","
        other = "," if decimal == "." else "."
        is_number = body.count(decimal) == 1 and _is_grouped(body[: body.rfind(decimal)], other) and not grouped_by
        return (decimal, None, other) if is_number else None
    mark = "." if points else ","
    if points + commas > 1:
        return ("," if mark == "." else ".", None, mark) if _is_grouped(body, mark) and not grouped_by else None
    before, after = body.split(mark)
    if len(after) != 3 or not 1 <= len(before) <= 3 or before.startswith("0") or grouped_by:
        return mark, None, None
    return None, mark, None


def _is_grouped(whole: str, mark: str) -> bool:
    return bool(GROUPS[mark].fullmatch(whole) or (mark == "," and INDIAN.fullmatch(whole)))


def to_float(part: Part, decimal: str) -> float:
    """Return the number; NaN where its marks contradict the decimal sign, or where it is too large."""
    other = "," if decimal == "." else "."
    whole, _, fraction = part.digits.partition(decimal)
    if decimal in fraction or other in fraction or (other in whole and not _is_grouped(whole, other)):
        return math.nan
    value = float(f"{whole.replace(other, '') or '0'}.{fraction or '0'}{part.exponent}")
    value = value / 2 if part.is_bound else value
    return (-value if part.is_negative else value) if math.isfinite(value) else math.nan
