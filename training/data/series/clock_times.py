"""The parts of a written moment: its date, its time of day, and its offset from UTC."""

import functools
import re
from typing import NamedTuple

from training.data.series.vocabulary import ZONES, plain, without_weekday

DAY = 86_400_000_000  # microseconds
TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?(?:\s*(?P<half>[ap])\.?m\.?)?"
HALF_DAY = r"(?P<hour2>\d{1,2})\s*(?P<half2>[ap])\.?m\.?"
COMPACT = r"(?P<compact>\d{2}(?:\d{2}(?:\d{2})?)?)"
H_TIME = r"(?P<hour3>\d{1,2})h(?P<minute3>\d{2})?"
NAMED = "|".join(sorted(ZONES, key=len, reverse=True))
OFFSET = rf"(?P<sign>[+-])(?P<off_hour>\d{{1,2}})(?::?(?P<off_minute>\d{{2}}))?(?::00)?|(?P<zone>{NAMED})"
MOMENT = re.compile(
    rf"(?P<date>.+?)(?:(?:\s*[t,]\s*|\s+(?:um|at|-)?\s*|(?<=\d)[-_:])(?:{TIME}|{HALF_DAY}|{H_TIME})(?:\s*uhr)?"
    rf"|(?<=\d)t{COMPACT}|(?<=\d-\d\d)\s{COMPACT.replace('compact', 'compact2')})?"
    rf"(?:\s*(?:gmt|utc)?\s*(?:(?<=[\d\smzct]):?(?:{OFFSET})))?"
)
REMARK = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")  # (Central European Time), [Europe/Berlin]
NUMERIC = re.compile(r"(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})[ Tt_](\d{1,2}:.*)")
ANY_DAY = "2000-01-01"
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
TIME_ONLY = re.compile(rf"(?:{TIME}|{HALF_DAY}|{H_TIME}|(?P<compact>\d{{3,4}}|\d{{6}}))(?:\s*uhr)?")


class Moment(NamedTuple):
    """A written moment: the text of its date, microseconds of the day (-1: no such time), and minutes before UTC."""

    date: str
    time: int
    offset: int | None


def split(text: str) -> Moment:
    """Take a moment apart. Without a time it is midnight."""
    if text.isdigit():
        return Moment(text, 0, None)
    if match := NUMERIC.fullmatch(text):
        rest = _after_date(match[2].lower())
        if rest is not None:
            return Moment(match[1], rest.time, rest.offset)
    return _split(text)


@functools.lru_cache(100_000)
def _after_date(text: str) -> Moment | None:
    """Take apart what follows a date: the same times come again on other days."""
    moment = _split(f"{ANY_DAY} {text}")
    return moment if moment.date == ANY_DAY else None


def _split(text: str) -> Moment:
    text = REMARK.sub("", plain(text)) if text[-1:] in ")]" else plain(text)
    if text[:1].isalpha():
        text = without_weekday(text)
    match = MOMENT.fullmatch(text)
    if match is None:
        return Moment(text, 0, None)
    parts = match.groupdict()
    has_time = any(parts[name] for name in ("hour", "hour2", "hour3", "compact", "compact2"))
    if parts["sign"] and not has_time and not (ISO_DAY.fullmatch(parts["date"]) and parts["off_minute"]):
        return Moment(text, 0, None)  # 2016-01, not an offset
    if parts["zone"] and not has_time and not ISO_DAY.fullmatch(parts["date"]):
        return Moment(text, 0, None)
    return Moment(parts["date"].rstrip(), _time(parts), _offset(parts))


def time_of_day(text: str) -> int:
    """Return the microseconds of a time alone, such as 14:30, 2 pm or 1430; -1 for what is none."""
    match = TIME_ONLY.fullmatch(plain(text))
    return -1 if match is None else _time(match.groupdict() | {"compact2": None})


def _time(parts: dict[str, str | None]) -> int:
    compact = parts["compact"] or parts["compact2"]
    if compact:
        compact = compact if len(compact) != 3 else f"0{compact}"
        hour, minute, second = (int(compact[i : i + 2] or 0) for i in (0, 2, 4))
    else:
        hour = int(parts["hour"] or parts["hour2"] or parts["hour3"] or 0)
        minute, second = int(parts["minute"] or parts["minute3"] or 0), int(parts["second"] or 0)
    half = parts["half"] or parts["half2"]
    if half:
        if not 1 <= hour <= 12:
            return -1
        hour = hour % 12 + (12 if half == "p" else 0)
    fraction = int((parts["fraction"] or "0").ljust(6, "0")[:6])
    micros = ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
    return micros if minute < 60 and second < 60 and micros <= DAY else -1


def _offset(parts: dict[str, str | None]) -> int | None:
    if parts["sign"]:
        minutes = 60 * int(parts["off_hour"] or 0) + int(parts["off_minute"] or 0)
        return -minutes if parts["sign"] == "-" else minutes
    return None if parts["zone"] is None else 60 * ZONES[parts["zone"]]
