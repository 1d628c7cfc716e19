"""Refusals are shown as they are, and what was typed never becomes markup."""

import json

import pytest

MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"
PROBLEM = {
    "type": "/problems/x",
    "title": "Overloaded",
    "detail": "the queue is full",
    "errors": [],
    "request_id": "r-1",
}


def type_and_send(page, readings="1 2 3 4"):
    page.get_by_label("Readings").fill(readings)
    page.get_by_role("button", name="Forecast", exact=True).click()


def refuse(page, pattern, status, body, headers=None):
    page.route(pattern, lambda route: route.fulfill(status=status, body=body, headers=headers or {}))


def test_a_problem_is_shown_with_each_fault(visit):
    """Title, status, detail, pointers and the id of the request, as the service sends them."""
    page = visit(refuses=True)
    page.get_by_label("Horizon").fill("0")
    page.get_by_label("Levels, %").fill("120")
    with page.expect_response("**/forecast") as reply:
        type_and_send(page)
    problem = reply.value.json()
    shown = page.get_by_role("alert").inner_text()
    for words in (problem["title"], "422", problem["detail"], problem["request_id"]):
        assert words in shown
    faults = [f"{fault['pointer']} {fault['detail']}" for fault in problem["errors"]]
    assert page.locator(".faults li").all_inner_texts() == faults
    assert len(faults) == 2


def test_an_option_that_is_no_number_is_refused_in_words(visit):
    """It is not sent."""
    page = visit()
    page.get_by_label("Horizon").fill("soon")
    type_and_send(page)
    assert "Horizon: “soon” is not a number." in page.get_by_role("alert").inner_text()


@pytest.mark.parametrize("status", [429, 503])
def test_when_to_try_again_is_told(visit, status):
    """From Retry-After."""
    page = visit(refuses=True)
    refuse(page, "**/forecast", status, json.dumps(PROBLEM), {"Retry-After": "7"})
    type_and_send(page)
    assert "Try again in 7 seconds." in page.get_by_role("alert").inner_text()


def test_an_answer_of_something_in_front_is_shown_as_text(visit):
    """A proxy's own page is not JSON, and stays text."""
    page = visit(refuses=True)
    refuse(page, "**/forecast", 502, f"<h1>Bad gateway</h1>{MARKUP}")
    type_and_send(page)
    shown = page.get_by_role("alert").inner_text()
    assert "502" in shown
    assert f"<h1>Bad gateway</h1>{MARKUP}" in shown


def test_a_service_that_does_not_answer_is_told(visit):
    """The network error is in our words; the next try can succeed."""
    page = visit(refuses=True)
    page.route("**/forecast", lambda route: route.abort("connectionrefused"))
    type_and_send(page)
    assert "did not answer" in page.get_by_role("alert").inner_text()
    page.unroute("**/forecast")
    page.get_by_role("button", name="Forecast", exact=True).click()
    page.locator("#forecast-results .facts").wait_for()
    assert page.get_by_role("alert").count() == 0


def test_a_key_is_asked_for_kept_in_the_tab_and_sent(visit, guarded_url, api_key):
    """The page itself needs none. Code shows a variable in its place. Too many requests say when to come back."""
    page = visit(f"{guarded_url}/", refuses=True)
    page.get_by_text("This service asks for an API key.").wait_for()
    page.get_by_label("API key", exact=True).fill("wrong")
    page.get_by_role("button", name="Use this key").click()
    page.get_by_text("The service does not take this key here.").wait_for()
    page.get_by_label("API key", exact=True).fill(api_key)
    page.get_by_role("button", name="Use this key").click()
    page.get_by_text("Requests of this tab carry your key.").wait_for()
    type_and_send(page)
    page.locator("#forecast-results .facts").wait_for()
    assert '-H "Authorization: Bearer $GATECAST_KEY"' in page.locator("pre code").first.text_content()
    assert api_key not in page.content()
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    for _ in range(12):
        with page.expect_response("**/forecast"):
            page.get_by_role("button", name="Forecast", exact=True).click()
    assert "Try again in" in page.get_by_role("alert").inner_text()
    page.get_by_role("button", name="Forget it").click()
    assert page.evaluate("sessionStorage.length") == 0


def test_a_panel_without_a_model_is_switched_off_and_says_so(visit, service_url):
    """The other one works on."""
    page = visit()
    models = page.request.get(f"{service_url}/models").json()["models"]
    kept = [model for model in models if model["task"] == "forecast"]
    page.route("**/models", lambda route: route.fulfill(json={"models": kept}))
    page.reload()
    page.get_by_role("tab", name="Sentiment").click()
    page.get_by_text("No sentiment model is loaded").wait_for()
    assert page.get_by_role("button", name="Judge").is_disabled()
    page.get_by_role("tab", name="Forecast").click()
    assert page.get_by_role("button", name="Forecast", exact=True).is_enabled()


def test_a_key_that_may_not_list_the_models_can_still_forecast(visit):
    """The list of models is left as it is, and no other key is asked for."""
    page = visit(refuses=True)
    refuse(page, "**/models", 403, json.dumps(PROBLEM | {"title": "Forbidden"}))
    page.reload()
    page.wait_for_load_state("networkidle")
    assert page.locator("#key").is_hidden()
    type_and_send(page)
    page.locator("#forecast-results .facts").wait_for()


def test_markup_in_a_file_an_error_or_a_review_stays_text(visit):
    """Heads of columns, a model's name, an error's words and a text of its own are never parsed."""
    page = visit(refuses=True)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.get_by_label("Readings").fill(f"date,{MARKUP},b\n2015-01-01,1,2\n2015-01-02,2,2\n2015-01-03,4,3")
    page.locator("#reading", has_text=MARKUP).wait_for()
    assert MARKUP in page.locator("#column").inner_text()
    problem = PROBLEM | {"title": MARKUP, "detail": MARKUP, "errors": [{"pointer": f"/{MARKUP}", "detail": MARKUP}]}
    refuse(page, "**/forecast", 422, json.dumps(problem))
    page.get_by_role("button", name="Forecast", exact=True).click()
    assert page.get_by_role("alert").inner_text().count(MARKUP) == 4
    page.get_by_role("tab", name="Sentiment").click()
    page.get_by_label("Text", exact=True).fill(f"A superb film {MARKUP}")
    page.get_by_role("button", name="Judge").click()
    page.locator(".verdict").wait_for()
    assert page.locator(".words").inner_text() == f"A superb film {MARKUP}"
    assert page.locator("main img:not([src^='playground/'])").count() == 0
    assert page.locator("main script").count() == 0
