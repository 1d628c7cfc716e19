"""Readings become a picture, a forecast in figures, anomalies, and code that runs."""

import json
import subprocess
import sys

import pytest

MONTHS = "112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140"
EXAMPLES = {
    "Monthly": ("36 readings · monthly", "Feb 2018"),
    "Daily": ("98 readings · daily", "Mon, 8 Jun 2026"),
    "Typing slip": ("60 readings · monthly", "Jan 2026"),
    "Gap": ("192 readings · hourly", "9 Jun 2026, 00:00"),
}


def forecast(page):
    page.get_by_role("button", name="Forecast", exact=True).click()
    page.locator("#forecast-results .facts").wait_for()


def choose(page, example):
    page.get_by_role("button", name=example, exact=True).click()
    page.locator("#forecast-results .facts").wait_for()


def shown_code(page, language, card="POST /forecast"):
    """The code that a card shows, as the button copies it."""
    region = page.get_by_role("region", name=f"{card} in curl and Python")
    region.get_by_role("button", name=language, exact=True).click()
    return region.locator("code").text_content()


def shown_figures(page):
    """The forecast that the table shows."""
    page.get_by_text("The forecast in figures").click()
    return page.locator("table", has_text="Lower 80 %").locator("tbody tr")


def test_typed_readings_are_forecast(visit):
    """Numbers with spaces between them are enough; the picture has a text of its own."""
    page = visit()
    page.get_by_label("Readings").fill(MONTHS)
    page.get_by_label("Horizon").fill("6")
    forecast(page)
    assert page.locator("#reading").inner_text() == "24 readings"
    assert page.locator(".fact dt").all_inner_texts() == ["Next: step 1", "Answered by", "How good"]
    assert "universal" in page.locator(".fact").nth(1).inner_text()
    assert page.locator(".canvas svg").get_attribute("aria-label") == page.locator("figcaption").inner_text()
    assert "The forecast has 6 steps" in page.locator("figcaption").inner_text()
    assert page.locator("svg path.band").count() == 2
    assert shown_figures(page).count() == 6


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_forecast_by_one_click(visit, example):
    """Each is read with its dates, and answered with anomalies and code."""
    page = visit()
    choose(page, example)
    reading, first = EXAMPLES[example]
    assert reading in page.locator("#reading").inner_text()
    assert page.locator(".fact dt").first.inner_text() == f"Next: {first}"
    assert page.get_by_role("region", name="Anomalies").first.is_visible()
    assert page.get_by_role("region", name="POST /forecast in curl and Python").is_visible()


def test_a_typing_slip_is_marked_and_does_not_press_the_picture_flat(visit):
    """The reading is named in the warnings and in the table, and stands at the edge of the picture."""
    page = visit()
    choose(page, "Typing slip")
    assert "Outlier readings" in page.get_by_role("list", name="Warnings").first.inner_text()
    assert "640" in page.get_by_role("region", name="Anomalies").nth(1).inner_text()
    assert page.locator("svg .anomaly text").text_content() == "640"
    assert max(float(tick) for tick in page.locator("svg .tick[text-anchor=end]").all_text_contents()) < 200


def test_a_gap_is_told_and_left_open_in_the_line(visit):
    """The dates that lack are missing readings; the line has two parts."""
    page = visit()
    choose(page, "Gap")
    assert "9 dates not in the file; read as missing." in page.locator("#reading").inner_text()
    assert page.locator("svg path.line.readings").get_attribute("d").count("M") == 2
    assert "Missing readings" in page.get_by_role("list", name="Warnings").inner_text()


def test_a_series_that_a_network_has_learnt_says_why_it_answers(visit):
    """Who answered, the candidates, and how good it was."""
    page = visit()
    choose(page, "Monthly")
    assert "13 % less error" in page.locator(".fact").nth(2).inner_text()
    page.get_by_text("Why finetuned answers").click()
    assert "was not better" in page.get_by_role("region", name="Candidates").inner_text()


def test_options_are_sent(visit):
    """Horizon, levels, model, season, minimum, first date and frequency."""
    page = visit()
    page.get_by_label("Readings").fill(MONTHS)
    page.get_by_text("More options").click()
    page.locator("#reading", has_text="24 readings").wait_for()
    for label, value in {
        "First date": "2024-01-01",
        "Frequency": "MS",
        "Season": "12",
        "Minimum": "0",
        "Horizon": "3",
        "Levels, %": "50; 90",
    }.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("Model").first.select_option("universal")
    with page.expect_request("**/forecast") as sent:
        forecast(page)
    body = sent.value.post_data_json
    readings = [float(reading) for reading in MONTHS.split()]
    assert body == {
        "readings": readings,
        "start": "2024-01-01",
        "frequency": "MS",
        "horizon": 3,
        "season": 12,
        "minimum": 0,
        "levels": [50, 90],
        "model": "universal",
    }
    assert page.locator(".fact dt").first.inner_text() == "Next: Jan 2026"


def test_what_was_typed_last_is_sent_and_a_typed_date_stays(visit):
    """However soon after it the request is sent; readings without dates leave the first date as it is."""
    page = visit()
    page.get_by_label("Readings").fill("1 2 3 4 5")
    page.get_by_text("More options").click()
    page.get_by_label("First date").fill("2026-01-01")
    page.get_by_label("Frequency").fill("D")
    page.get_by_label("Readings").fill("5 4 3 2 1 2")
    with page.expect_request("**/forecast") as sent:
        page.keyboard.press("Control+Enter")
    body = sent.value.post_data_json
    assert (body["readings"], body["start"], body["frequency"]) == ([5, 4, 3, 2, 1, 2], "2026-01-01", "D")
    page.locator("#forecast-results .facts").wait_for()
    assert page.locator(".fact dt").first.inner_text() == "Next: Wed, 7 Jan 2026"


def test_the_curl_that_is_shown_answers_the_same(visit):
    """Run in a shell, quotes and all."""
    page = visit()
    choose(page, "Monthly")
    shell = ["bash", "-c", shown_code(page, "curl").replace("curl ", "curl -sS ", 1)]
    answer = json.loads(subprocess.run(shell, capture_output=True, check=True, timeout=300).stdout)
    assert answer["forecast"][0] == pytest.approx(108.381, abs=1e-3)
    assert page.locator(".fact strong").first.inner_text() == "108.4"


@pytest.mark.parametrize("card", ["POST /forecast", "POST /anomalies"])
def test_the_python_that_is_shown_runs(visit, card):
    """With nothing installed but Python; a missing reading is None."""
    page = visit()
    choose(page, "Gap")
    page.get_by_text("In curl and Python").click()
    code = shown_code(page, "Python", card)
    assert "None" in code
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=300, text=True)
    assert len(run.stdout.splitlines()) == (24 if "forecast" in card else 1)


def test_code_is_copied(visit):
    """The button copies what is shown, and says so."""
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    choose(page, "Daily")
    region = page.get_by_role("region", name="POST /forecast in curl and Python")
    page.evaluate("window.setTimeout = () => 0")  # the word would go again, perhaps before it is seen
    region.get_by_role("button", name="Copy").click()
    region.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == region.locator("code").text_content()


def test_the_picture_is_read_with_the_arrow_keys_and_the_pointer(visit):
    """The last reading, then the first step with its bands; a long series can be shown whole."""
    page = visit()
    choose(page, "Gap")
    page.locator(".plot").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".chart .readout").inner_text().startswith("9 Jun 2026, 00:00 · forecast")
    page.keyboard.press("ArrowLeft")
    assert page.locator(".chart .readout").inner_text() == "8 Jun 2026, 23:00 · 11.6"
    page.get_by_role("button", name="Show all readings").click()
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert page.locator(".chart .readout").inner_text() == "1 Jun 2026, 00:00 · 8.4"
    page.locator(".canvas svg").hover(position={"x": 400, "y": 100})
    assert "2026" in page.locator(".chart .readout").inner_text()


def test_few_readings_have_no_anomalies_but_a_word_on_how_many_it_takes(visit):
    """The service is not asked for what it cannot tell."""
    page = visit()
    page.get_by_label("Readings").fill("5 6 7 8")
    forecast(page)
    assert "with 13 readings or more" in page.get_by_role("region", name="Anomalies").inner_text()
