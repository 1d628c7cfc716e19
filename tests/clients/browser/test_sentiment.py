"""A text becomes classes with probabilities, words with weights, and sentences."""

import json
import subprocess
import sys

import pytest

EXAMPLES = {"Positive": "Positive", "Negative": "Negative", "Mixed": "Negative", "Neutral": "Neutral", "German": None}


def judge(page, text):
    page.get_by_label("Text", exact=True).fill(text)
    with page.expect_response("**/sentiment") as reply:
        page.get_by_role("button", name="Judge").click()
    page.locator(".verdict").wait_for()
    return reply.value.json()


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_judged_by_one_click(visit, service_url, example):
    """Each has its class, its words and its code; the ones that are odd say so."""
    page = visit(f"{service_url}/#sentiment")
    page.get_by_role("button", name=example, exact=True).click()
    page.locator(".verdict").wait_for()
    if EXAMPLES[example]:
        assert page.locator(".verdict .label strong").inner_text() == EXAMPLES[example]
    badges = page.locator(".badges").inner_text()
    assert ("Mixed" in badges, "Uncertain" in badges) == (example == "Mixed", example == "German")
    if example == "German":
        assert "Not English" in page.get_by_role("list", name="Warnings").inner_text()
    assert page.locator(".words").inner_text() == page.get_by_label("Text", exact=True).input_value()


def test_each_word_has_its_weight(visit, service_url):
    """Shown as a shade in the text, told under the pointer, and in a table; positions are code points."""
    page = visit(f"{service_url}/#sentiment")
    text = "😀 A superb film 👍🏽, but the ending is awful."
    answer = judge(page, text)
    assert page.locator(".words").inner_text() == text
    assert page.locator(".words .word").all_inner_texts() == [word["text"] for word in answer["explanation"]]
    superb = next(word for word in answer["explanation"] if word["text"] == "superb")
    page.locator(".words .word", has_text="superb").hover()
    told = page.get_by_role("region", name="Words").locator(".readout").inner_text()
    assert f"{abs(superb['weight']):.2f}" in told
    page.get_by_text("Each word in figures").click()
    assert page.get_by_role("region", name="Weights of words").locator("tbody tr").count() == len(answer["explanation"])


def test_probabilities_sentences_and_tokens_are_shown(visit, service_url):
    """As the service says them."""
    page = visit(f"{service_url}/#sentiment")
    answer = judge(page, "The acting is wonderful. The plot is a terrible, boring mess.")
    shown = page.get_by_role("list", name="Probability of each class").locator("li").all_inner_texts()
    assert [line.split("\n")[0].lower() for line in shown] == list(answer["probabilities"])
    assert page.locator(".sentences .sentence").all_inner_texts() == [
        "The acting is wonderful.",
        "The plot is a terrible, boring mess.",
    ]
    assert f"All {answer['tokens']['total']} tokens read" in page.locator(".verdict").inner_text()


def test_a_long_text_says_what_was_not_read(visit, service_url):
    """That part of the text is pale."""
    page = visit(f"{service_url}/#sentiment")
    answer = judge(page, "A good film. " * 400)
    tokens = answer["tokens"]
    assert tokens["read"] < tokens["total"]
    assert f"{tokens['read']} of {tokens['total']:,} tokens read" in page.locator(".verdict").inner_text()
    assert "Truncated" in page.get_by_role("list", name="Warnings").inner_text()
    assert page.locator(".words .unread").count() == 1


def test_the_curl_and_the_python_that_are_shown_run(visit, service_url):
    """Quotes, backslashes, line ends and dollars of the text survive the shell."""
    page = visit(f"{service_url}/#sentiment")
    answer = judge(page, "It's \"great\", isn't it?\n$HOME \\ `date` %s – übergut")
    region = page.get_by_role("region", name="POST /sentiment in curl and Python")
    shell = region.locator("code").text_content().replace("curl ", "curl -sS ", 1)
    run = subprocess.run(["bash", "-c", shell], capture_output=True, check=True, timeout=300)
    assert json.loads(run.stdout)["probabilities"] == pytest.approx(answer["probabilities"])
    region.get_by_role("button", name="Python").click()
    code = region.locator("code").text_content()
    python = subprocess.run([sys.executable, "-X", "utf8", "-c", code], capture_output=True, check=True, timeout=300)
    assert python.stdout.decode().startswith(answer["label"])
