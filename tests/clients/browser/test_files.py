"""Files and pasted tables: how they are read, and what is refused in words."""

import base64
from datetime import date, timedelta
from itertools import pairwise

import pytest

DATES = [f"{2015 + month // 12}-{month % 12 + 1:02}-01" for month in range(14)]


def rows(write, head=""):
    return "\n".join([*([head] if head else []), *(write(index, date) for index, date in enumerate(DATES))])


def short_years(mark, days, first="year"):
    """Days from 2019 on with years of two digits."""
    dates = [f"{date(2019, 1, 1) + timedelta(day):%y-%m-%d}".split("-") for day in range(days)]
    return "d,v\n" + "\n".join(f"{mark.join(parts if first == 'year' else parts[::-1])},1" for parts in dates)


GERMAN = rows(lambda index, date: f"01.{date[5:7]}.{date[:4]};{index},5", "Datum;Umsatz")
AMERICAN = rows(lambda index, date: f"{int(date[5:7])}/1/{date[:4]},{index}.5", "DATE,IPG2211A2N")
READABLE = {
    "commas": (rows(lambda i, date: f"{date},{i}.5", "date,sales"), "14 readings · monthly, from 2015-01-01 · sales"),
    "semicolons and decimal commas": (GERMAN, "14 readings · monthly, from 2015-01-01 · Umsatz"),
    "tabs, no head": (rows(lambda i, date: f"{date}\t{i}"), "14 readings · monthly, from 2015-01-01"),
    "month first": (AMERICAN, "14 readings · monthly, from 2015-01-01 · IPG2211A2N"),
    "quarters": ("t,v\n2015Q1,3\n2015Q2,4\n2015Q3,5\n2015Q4,6", "4 readings · quarterly, from 2015-01-01 · v"),
    "weeks": ("d,v\n2015-01-05,1\n2015-01-12,2\n2015-01-19,4", "3 readings · weekly, from 2015-01-05 · v"),
    "years": ("year,v\n1949,1\n1950,2\n1951,4", "3 readings · yearly, from 1949-01-01 · v"),
    "hours": ("d,v\n2015-01-05T00:00Z,1\n2015-01-05T01:00Z,2", "2 readings · hourly, from 2015-01-05 00:00:00Z · v"),
    "newest first": ("d,v\n2015-01-03,1\n2015-01-02,2\n2015-01-01,4", "3 readings · daily, from 2015-01-01 · v"),
    "quoted thousands": (
        'd,"v, sum"\n2015-01-05,"1,234.5"\n2015-01-12,"2,000.1"',
        "2 readings · weekly, from 2015-01-05",
    ),
    "years of two digits": ("d;v\n30.12.19;1,5\n31.12.19;2\n01.01.20;4", "3 readings · daily, from 2019-12-30 · v"),
    "names of months": ("d,v\n30-Dec-2019,1\n31-Dec-2019,2\n01-Jan-2020,4", "3 readings · daily, from 2019-12-30 · v"),
    "months as words": ('d,v\n"Jan 30, 2020",1\n"Jan 31, 2020",2\n"Feb 1, 2020",4', "daily, from 2020-01-30 · v"),
    "months as spreadsheets write them": ("d,v\nNov-19,1\nDec-19,2\nJan-20,4", "monthly, from 2019-11-01 · v"),
    "months of the last century": ("d,v\nNov-69,1\nDec-69,2\nJan-70,4", "monthly, from 1969-11-01 · v"),
    "years by the name of a month": ("d,v\nJan-50,1\nJan-51,2\nJan-52,4", "yearly, from 1950-01-01 · v"),
    "days without a year": (
        "day,v\nJan-01,1\nJan-02,2\nJan-03,4",
        "The column day was not read as dates",
    ),
    "days without a year, over months": (
        "timestamp,v\nJan-30,1\nJan-31,2\nFeb-01,4",
        "The column timestamp was not read as dates",
    ),
    "a short year first, over months": (short_years("-", 100), "100 readings · daily, from 2019-01-01 · v"),
    "a short year first, slashes": (short_years("/", 31), "31 readings · daily, from 2019-01-01 · v"),
    "a short year first, dots": (short_years(".", 31), "31 readings · daily, from 2019-01-01 · v"),
    "a short year first, few days": (short_years("-", 12), "12 readings · daily, from 2019-01-01 · v"),
    "a short year first, weeks": (
        "d,v\n15-01-05,1\n15-01-12,2\n15-01-19,4",
        "3 readings · weekly, from 2015-01-05 · v",
    ),
    "a short year first, names": (
        "d,v\n19-Jan-01,1\n19-Jan-02,2\n19-Jan-03,4",
        "3 readings · daily, from 2019-01-01 · v",
    ),
    "a short year last, one month": (short_years(".", 31, first="day"), "31 readings · daily, from 2019-01-01 · v"),
    "clocks of twelve hours": (
        "d,v\n12/31/2019 10:00 PM,1\n12/31/2019 11:00 PM,2\n1/1/2020 12:00 AM,4",
        "3 readings · hourly, from 2019-12-31 22:00:00 · v",
    ),
    "seconds since 1970": ("time,v\n1577836800,3\n1577840400,5\n1577844000,4", "3 readings · v"),
    "dates of another form": (
        "date,v\n1 de enero,3\n2 de enero,5\n3 de enero,4",
        "The column date was not read as dates",
    ),
    "a blank among dates that are not those of the readings": (
        "site,v,last visit\n" + "\n".join(f"s{i},{i}.5,{'' if i == 4 else f'2026-01-{i + 1:02}'}" for i in range(10)),
        "10 readings · v",
    ),
    "a tuple of Python": ("(1, 2, 3.5, 4)", "4 readings"),
    "a list of JSON": ("[1, 2, null, 4.5]", "4 readings · 1 missing"),
    "one a line": ("1.5\n2\n3", "3 readings"),
}
REFUSED = {
    "a word in the column": ("d,v\n2015-01-05,1\n2015-01-12,12kg\n2015-01-19,4\n2015-01-26,5\n2015-02-02,5\n2015-02-09,5",
                             "“12kg” is not a number (line 3, v)."),
    "no number": ("hello world\nfoo bar", "No column has numbers. Line 1 has “hello”"),
    "two dates alike": ("id,d,v\na,2015-01-05,1\na,2015-01-12,2\nb,2015-01-05,4", "2015-01-05 is there twice (line 2 and line 4)"),
    "uneven dates": ("d,v\n2015-01-01,1\n2015-01-03,2\n2015-01-04,4\n2015-01-09,5", "The dates do not come evenly: 2015-01-03"),
    "day or month": ("d,v\n1/2/2015,3\n2/3/2015,4", "can be read as two dates"),
    "day or year": ("d,v\n15-01-05 01:00,3\n15-01-05 02:00,4", "two dates, the day or the year first. Write dates as 2026-01-31."),
    "day, month or year": ("d,v\n05/06/07 01:00,3\n05/06/07 02:00,4", "three dates, the day, the month or the year first."),
    "a year last or a day": ("d,v\n01.01.19,3\n01.01.20,4", "“01.01.19” can be read as two dates, the day or the year first."),
    "a sum under the dates": ("d,v\n2015-01-01,1\n2015-01-02,2\n2015-01-03,3\n2015-01-04,4\nTotal,10",
                              "“Total” is not a date like the others (line 6, d). Leave out rows that are no readings"),
    "no date in a row": ("d,v\n2015-01-01,1\n2015-01-02,2\n,3\n2015-01-04,4\n2015-01-05,4", "There is no date (line 4, d)."),
    "a week that is not": ("w,v\n2019-W51,1\n2019-W52,2\n2019-W53,3\n2020-W01,4\n2020-W02,4", "“2019-W53” is not a date like"),
    "a number beyond all": ("1, 2, inf, 4", "“inf” is not a number (reading 3)."),
    "units": ("d,v\n2015-01-01,€ 1\n2015-01-02,€ 2", "has “€ 1” in v. Leave units and words out."),
    "ragged": ("a,b\n1,2\n1,2,3\n4,5\n6,7\n8,9", "Line 3 has 3 cells and most others have 2, if commas part them."),
    "open quote": ('a,b\n"x,1\n2,3', "A quote in line 2 is never closed."),
}  # fmt: skip


def read(page, text, words):
    page.get_by_label("Readings").fill(text)
    page.locator("#reading", has_text=words).wait_for()


def drop(page, name, content):
    """Drop a file on the form. `content` are bytes."""
    data = page.evaluate_handle(
        """([name, content]) => {
          const data = new DataTransfer();
          data.items.add(new File([Uint8Array.from(atob(content), sign => sign.charCodeAt(0))], name));
          return data;
        }""",
        [name, base64.b64encode(content).decode()],
    )
    page.dispatch_event("#forecast-form", "drop", {"dataTransfer": data})


def test_tables_of_many_kinds_are_read(visit):
    """Delimiters, decimal marks, heads, and dates, whose frequency is told."""
    page = visit()
    for text, words in READABLE.values():
        read(page, text, words)
        assert "refused" not in (page.locator("#reading").get_attribute("class") or "")


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_in_words(visit, name):
    """While it is typed, and again when it is sent; nothing goes to the service."""
    text, words = REFUSED[name]
    page = visit()
    read(page, text, words)
    page.get_by_role("button", name="Forecast", exact=True).click()
    assert words in page.get_by_role("alert").inner_text()


def test_dates_that_lie_ahead_are_not_meant_where_others_do_not(visit):
    """31.12.19 is the end of 2019, not the 19th of December 2031, as long as that is ahead."""
    page = visit()
    page.clock.set_fixed_time("2026-06-01")
    read(page, "d;v\n31.12.19;1\n31.12.20;2", "2 readings · yearly, from 2019-12-31 · v")


def test_a_dropped_file_is_forecast(visit):
    """A file in another encoding, with semicolons and decimal commas, by its dates."""
    page = visit()
    drop(page, "umsätze.csv", GERMAN.replace("Umsatz", "Umsätze").encode("cp1252"))
    page.locator("#reading", has_text="14 readings · monthly, from 2015-01-01 · Umsätze").wait_for()
    with page.expect_request("**/forecast") as sent:
        page.get_by_role("button", name="Forecast", exact=True).click()
    body = sent.value.post_data_json
    assert (body["start"], body["frequency"]) == ("2015-01-01", "MS")
    assert body["readings"] == [index + 0.5 for index in range(14)]
    page.locator("#forecast-results .facts").wait_for()
    assert page.locator(".fact dt").first.inner_text() == "Next: Mar 2016"


def test_a_chosen_file_is_read(visit):
    """The button opens the browser's own dialogue."""
    page = visit()
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Choose a file").click()
    chooser.value.set_files({"name": "a.csv", "mimeType": "text/csv", "buffer": AMERICAN.encode()})
    page.locator("#reading", has_text="IPG2211A2N").wait_for()


def test_a_pasted_table_is_read(visit):
    """Cells as a spreadsheet copies them, with tabs."""
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", rows(lambda index, date: f"{date}\t{index}", "day\tn"))
    page.get_by_label("Readings").focus()
    page.keyboard.press("Control+V")
    page.locator("#reading", has_text="14 readings · monthly, from 2015-01-01 · n").wait_for()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("book.xlsx", b"PK\x03\x04rest", "is a workbook or an archive. Save the sheet as CSV first."),
        ("none.csv", b"\r\n", "none.csv is empty."),
        ("photo.csv", b"\x89PNG\x00\x00", "is not a text file."),
        ("long.csv", b"1\n" * 1_100_000, "has 2.1 MB; a file may have 2.0 MB here."),
    ],
)
def test_a_file_that_is_no_table_or_too_long_is_refused(visit, name, content, words):
    """By what it holds, not by its name."""
    page = visit()
    drop(page, name, content)
    page.locator("#reading.refused", has_text=words).wait_for()


def test_one_of_several_columns_is_chosen(visit):
    """The first that does not number the rows is taken, until another one is chosen."""
    page = visit()
    read(
        page, "n,date,price,volume\n0,2015-01-01,5,50\n1,2015-01-02,7,60\n2,2015-01-03,6,70\n3,2015-01-04,8,65", "price"
    )
    column = page.get_by_label("Column")
    assert column.locator("option").all_inner_texts() == ["n", "price", "volume"]
    column.select_option("volume")
    page.locator("#reading", has_text="volume").wait_for()
    with page.expect_request("**/forecast") as sent:
        page.get_by_role("button", name="Forecast", exact=True).click()
    assert sent.value.post_data_json["readings"] == [50, 60, 70, 65]
    page.locator("#forecast-results .facts").wait_for()


def test_another_column_can_be_chosen_where_one_cannot_be_read(visit):
    """The refusal names the cell, and the other columns are offered."""
    page = visit()
    read(page, "date,price,volume\n2015-01-01,5,50\n2015-01-02,closed,60\n2015-01-03,6,70\n2015-01-04,8,65", "“closed”")
    page.get_by_label("Column").select_option("volume")
    page.locator("#reading", has_text="4 readings · daily, from 2015-01-01 · volume").wait_for()


def test_a_comma_that_may_be_either_mark_can_be_told(visit):
    """1,234 is taken for a thousand, and the page asks."""
    page = visit()
    read(page, "d\tv\n2015-01-01\t1,234\n2015-01-02\t2,345\n2015-01-03\t3,456\n2015-01-04\t2,567", "4 readings")
    page.get_by_label("Decimal mark").select_option(",")
    with page.expect_request("**/forecast") as sent:
        page.get_by_role("button", name="Forecast", exact=True).click()
    assert sent.value.post_data_json["readings"] == [1.234, 2.345, 3.456, 2.567]
    page.locator("#forecast-results .facts").wait_for()


def test_more_readings_than_a_request_may_have_are_cut_to_the_last(visit):
    """The page says so. So much is pasted at once."""
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", "\n".join(map(str, range(10_500))))
    page.get_by_label("Readings").focus()
    page.keyboard.press("Control+V")
    page.locator("#reading", has_text="The last 10,000 readings are taken").wait_for()
    with page.expect_request("**/forecast") as sent:
        page.get_by_role("button", name="Forecast", exact=True).click()
    readings = sent.value.post_data_json["readings"]
    assert (len(readings), readings[-1]) == (10_000, 10_499)
    assert all(later - earlier == 1 for earlier, later in pairwise(readings))
    page.locator("#forecast-results .facts").wait_for()
