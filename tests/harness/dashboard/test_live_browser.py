"""The page of a run that goes on, as a reader has it in a browser."""

from pathlib import Path

import pytest
from browsing import DESKTOP, PATIENCE_MS, faults
from playwright.sync_api import expect
from report_factories import manifest, whole_run

from harness.dashboard.live import Live
from harness.dashboard.server import Server


@pytest.fixture
def live():
    return Live(manifest(launches=8, seeds=5), [], Path("runs/mine"))


@pytest.fixture
def served(browser, live):
    """The server of a page, the page, open, and what the browser complained of."""
    problems = []
    context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page = context.new_page()
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    with Server(0) as server:
        server.serve(live)
        page.on("request", lambda request: request.url.startswith(server.url) or problems.append(request.url))
        page.goto(server.url)
        yield server, page, problems
    context.close()


def told(page, text):
    expect(page.locator("#live-told")).to_contain_text(text)


def more(live, records):
    """Let the run go on, and come to where a new page may be made at once."""
    for number, record in enumerate(records):
        live.record(record.model_copy(update={"key": f"{number}"}))
    live.rests_until = 0.0
    live.step("mlp_digits-fp32-1", "torch: train")


def test_it_tells_how_far_the_run_is_and_renews_itself_with_the_filters_kept(served, live):
    _, page, problems = served
    live.begin(26, 0)
    live.step("mlp_digits-fp32-0", "round 2 of 8")
    told(page, "0 of 26 cells · mlp_digits-fp32-0  round 2 of 8 · 0:0")
    told(page, "On this page: 0 records")
    page.locator("#filter-arm").get_by_label("torch", exact=True).uncheck()
    more(live, whole_run(5, 8))
    told(page, "On this page: 26 records")
    told(page, "26 of 26 cells")
    assert page.locator("#live progress").evaluate("bar => [bar.value, bar.max]") == [26, 26]
    expect(page.locator("#filter-arm").get_by_label("torch", exact=True)).not_to_be_checked()
    assert page.locator("#table-speed tbody tr > :nth-child(2)").all_inner_texts() == ["keras-jax"]
    page.get_by_role("button", name="Show everything").click()
    page.reload()
    assert page.locator("#table-speed tbody tr").count() == 2
    assert problems == []


def test_it_stays_as_it_is_if_it_is_asked_to(served, live):
    _, page, problems = served
    told(page, "On this page: 0 records")
    page.get_by_label("Renew this page by itself").uncheck()
    more(live, whole_run(5, 8))
    live.begin(26, 20)
    told(page, "20 of 26 cells")
    told(page, "On this page: 0 records")
    page.reload()
    told(page, "On this page: 26 records")
    expect(page.get_by_label("Renew this page by itself")).not_to_be_checked()
    assert problems == []


def test_it_says_when_the_run_is_over_and_when_nobody_answers(served, live):
    server, page, problems = served
    live.end()
    told(page, "all is measured")
    assert problems == []
    server.__exit__()
    told(page, "No answer: the run has ended, or was stopped. What it measured is in runs/mine/report.html.")


def test_another_run_on_the_same_port_is_not_taken_for_this_one(served):
    server, page, _ = served
    told(page, "On this page: 0 records")
    server.http.live = Live(manifest(run="quick-2"), whole_run(), Path("runs/other"))
    told(page, "No answer")
    expect(page.locator("h1")).to_have_text("Run quick-1")


def test_axe_finds_no_serious_fault_in_what_is_told(served, live):
    _, page, _ = served
    live.begin(26, 0)
    told(page, "0 of 26 cells")
    assert faults(page, "header") == []
