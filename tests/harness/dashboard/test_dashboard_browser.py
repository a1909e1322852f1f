"""The page as a reader has it: every control, by mouse and by keyboard, on a screen and on a phone, in a browser."""

import re

import dashboard_runs
import pytest
from browsing import DESKTOP, PATIENCE_MS, PHONE, faults
from playwright.sync_api import expect

from harness.dashboard import page as dashboard_page


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """``files(name)``: the path of a page, made once."""
    folder, made = tmp_path_factory.mktemp("pages"), {}
    runs = {"wide": dashboard_runs.wide, "hostile": dashboard_runs.hostile, "large": dashboard_runs.large}
    runs |= {"beside": dashboard_runs.beside, "on a gpu": dashboard_runs.on_a_gpu}
    runs |= {kind: lambda kind=kind: dashboard_runs.thin(kind) for kind in dashboard_runs.THIN}

    def path(name):
        if name not in made:
            made[name] = folder / f"{len(made)}.html"
            made[name].write_text(dashboard_page.render(runs[name]()), encoding="utf-8")
        return made[name]

    return path


@pytest.fixture
def show(browser, files):
    """``show(name)``: the page, open; at the end nothing may have gone wrong and nobody may have been called."""
    problems, contexts = [], []

    def opened(name, viewport=DESKTOP, scheme="light"):
        contexts.append(browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce"))
        contexts[-1].set_default_timeout(PATIENCE_MS)
        page, path = contexts[-1].new_page(), files(name)
        page.on("console", lambda message: problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: request.url == path.as_uri() or problems.append(f"request: {request.url}"))
        page.goto(path.as_uri())
        expect(page.locator(".chart:not(:has(svg, p))")).to_have_count(0)  # a chart waits for its width
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def column(page, table, place):
    return page.locator(f"#table-{table} tbody tr > :nth-child({place})").all_inner_texts()


def test_every_section_with_data_is_in_the_contents_and_can_be_reached(show):
    page = show("wide")
    named = page.locator("main > section > h2").all_inner_texts()
    assert named == [heading for _, heading in dashboard_page.SECTIONS]
    assert page.locator("#contents a").all_inner_texts() == named
    page.get_by_role("link", name="How to reproduce").click()
    expect(page.locator("#reproduce h2")).to_be_in_viewport()


@pytest.mark.parametrize("kind", dashboard_runs.THIN)
def test_a_thin_run_is_a_page_all_the_same(show, kind):
    page = show(kind)
    headings = page.locator("main > section > h2").all_inner_texts()
    assert headings[0] == "Summary"
    assert "Mixed precision" not in headings
    assert "GPU timeline" not in headings
    assert page.locator("#summary li").first.inner_text()
    assert ("Speed" in headings) == (kind != "accuracy only")
    assert ("Accuracy" in headings) == (kind not in {"only failures", "times only"})
    assert page.locator("#table-cost tbody tr").count() >= 1
    charts = page.locator("#speed .chart").count()
    assert charts == (kind in {"one seed", "times only"})


def test_lines_by_batch_size_percentile_and_time_tell_their_values(show):
    page = show("beside")
    for name, count, first in (
        ("Inference by batch size", 6, "torch, batch 1; 985 [985, 985] samples/s"),
        ("Latency", 5, "torch, p50; 1.00 [1.00, 1.00] ms"),
        ("Metric over time", 6, "torch, epoch 1; 50.00 %"),
    ):
        chart = page.get_by_role("slider", name=name)
        assert int(chart.get_attribute("aria-valuemax")) == count
        assert chart.get_attribute("aria-valuetext") == first
        assert chart.locator(".marker").count() == count
    batches = page.get_by_role("slider", name="Inference by batch size")
    assert batches.locator(".tick.middle").all_text_contents() == ["1", "32", "256"]
    assert page.get_by_role("slider", name="Metric over time").get_by_text("target 90 %").count() == 1
    page.get_by_role("button", name="None: arm").click()
    page.get_by_role("checkbox", name="keras-jax").check()
    assert page.get_by_role("slider", name="Latency").locator(".marker").count() == 2
    assert faults(page) == []


def test_a_timeline_of_a_gpu_is_drawn_and_read_out(show):
    page = show("on a gpu")
    chart = page.get_by_role("slider", name="GPU during the race, mlp_digits · fp32")
    assert chart.get_attribute("aria-valuemax") == "120"
    assert (chart.locator(".told-line").count(), chart.locator(".turn").count()) == (5, 8)
    assert chart.locator(".held").count() == 5 * 4, "five spans in four panels"
    chart.focus()
    page.keyboard.press("Home")
    for _ in range(60):
        page.keyboard.press("ArrowRight")
    read = "6 s; utilisation 97 %; power 700 W; SM clock 1,410 MHz; memory clock 2,619 MHz; memory 22 GiB"
    assert chart.get_attribute("aria-valuetext") == f"{read}; throttled: sw_power_cap; a block of torch"
    expect(chart.locator(".tip")).to_be_visible()
    page.keyboard.press("Escape")
    expect(chart.locator(".tip")).to_be_hidden()
    expect(page.locator("#gpu .about").first).to_contain_text("No device was measured here")
    page.get_by_role("checkbox", name="torch", exact=True).uncheck()
    assert chart.locator(".turn").count() == 4
    assert "torch" not in chart.get_attribute("aria-valuetext")
    assert faults(page) == []


def test_names_are_text_whatever_they_are(show):
    page = show("hostile")
    script, picture, _, foreign, _ = dashboard_runs.HOSTILE
    assert page.locator("img, main script, b").count() == 0
    assert page.locator("h1").inner_text().startswith("Run 數字")
    assert picture in column(page, "speed", 1)
    assert script in column(page, "speed", 2)
    assert any(script in reason for reason in column(page, "failures", 5))
    page.get_by_role("button", name=f"Raw samples of {script}").first.click()
    expect(page.locator("#samples-name")).to_contain_text(script)
    page.keyboard.press("Escape")
    page.get_by_label(foreign).first.uncheck()
    assert foreign not in column(page, "speed", 1)


@pytest.mark.parametrize(
    ("facet", "choice", "place"),
    [("workload", "diabetes", 1), ("precision", "bf16", 2), ("track", "stock", 3), ("arm", "keras-jax", 4)],
)
def test_what_is_filtered_out_is_nowhere(show, facet, choice, place):
    page = show("wide")
    rows, marks = page.locator("#table-speed tbody tr"), page.locator("#speed .chart .marker")
    cards, status = page.locator(".card:visible"), page.locator("#shown")
    before = rows.count(), marks.count(), cards.count(), status.inner_text()
    box = page.locator(f"#filter-{facet}").get_by_label(choice, exact=True)
    box.uncheck()
    assert choice not in column(page, "speed", place)
    assert 0 < rows.count() < before[0]
    assert marks.count() < before[1]
    assert (cards.count() < before[2]) == (facet != "arm")
    assert status.inner_text() != before[3]
    box.check()
    assert (rows.count(), marks.count(), cards.count(), status.inner_text()) == before


def test_filters_of_a_group_go_together(show):
    page = show("wide")
    reset = page.get_by_role("button", name="Show everything")
    expect(reset).to_be_disabled()
    before = page.locator("#table-speed tbody tr").count()
    page.get_by_role("button", name="None: arm").click()
    assert column(page, "speed", 1) == ["Nothing with these filters."]
    expect(page.locator("#speed .chart .nothing")).to_be_visible()
    page.get_by_role("button", name="All: arm").click()
    assert page.locator("#table-speed tbody tr").count() == before
    page.get_by_role("button", name="None: track").click()
    reset.click()
    assert page.locator("#table-speed tbody tr").count() == before
    expect(page.locator("#filter-track input").first).to_be_checked()


def test_a_table_is_sorted_by_a_figure_and_back(show):
    page = show("wide")
    head = page.locator("#table-speed th").filter(has_text="time (ms)")
    place = 1 + page.locator("#table-speed thead th").all_inner_texts().index(head.inner_text())
    as_it_was = column(page, "speed", place)
    figures = sorted(float(shown) for shown in as_it_was if re.match(r"\d", shown))
    missing = len(as_it_was) - len(figures)
    assert missing
    for order, direction in (("ascending", 1), ("descending", -1)):
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == order
        shown = column(page, "speed", place)
        assert [float(one) for one in shown[: len(figures)]] == figures[::direction]
        assert all(one.startswith("–") for one in shown[len(figures) :])
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "none"
    assert column(page, "speed", place) == as_it_was


def test_the_reason_of_what_is_missing_is_a_click_away(show):
    page = show("wide")
    mark = page.locator("#table-speed sup a").first
    mark.click()
    expect(page.locator(mark.get_attribute("href"))).to_be_in_viewport()
    assert page.locator(mark.get_attribute("href")).inner_text() == mark.get_attribute("title")


def test_a_chart_tells_its_values_to_the_mouse_and_to_the_keyboard(show):
    page = show("wide")
    chart = page.get_by_role("slider", name="Ratios of times")
    tip = chart.locator(".tip")
    expect(tip).to_be_hidden()
    chart.locator(".marker").first.hover()
    expect(tip).to_contain_text("keras-jax: 1.98 [1.97, 2.00]")
    expect(tip).to_contain_text("verdict: SLOWER")
    page.mouse.move(0, 0)
    expect(tip).to_be_hidden()
    chart.focus()
    expect(tip).to_be_visible()
    first = chart.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowDown")
    assert chart.get_attribute("aria-valuenow") == "2"
    assert chart.get_attribute("aria-valuetext") != first
    page.keyboard.press("End")
    assert chart.get_attribute("aria-valuenow") == chart.get_attribute("aria-valuemax")
    page.keyboard.press("Home")
    assert chart.get_attribute("aria-valuetext") == first
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_every_kind_of_chart_is_drawn_and_read_out(show):
    page = show("wide")
    page.locator(".card").filter(has_text="mlp_digits · fp32").first.locator("summary").click()
    for name, said in (
        ("Training loss by epoch, mlp_digits · fp32", "epoch 1; torch 1 [1, 1]; keras-jax"),
        ("Metric over step time, mlp_digits · fp32", "torch; train step 2.02 ms; accuracy 95.08 ± 0.10 %"),
        ("Throughput over memory, mlp_digits · fp32", "torch; peak host memory 400 MiB; 15,862 samples/s"),
        ("Differences of the metric", "mlp_digits · fp32, margin ±1 pp, against torch; keras-jax: +0.11"),
    ):
        chart = page.get_by_role("slider", name=name, exact="fp32" in name)
        chart.focus()
        expect(chart).to_have_attribute("aria-valuetext", re.compile(re.escape(said)))
        assert chart.locator("svg path, svg circle").count() > 1
        expect(chart.locator(".tip")).to_be_visible()


def test_metrics_by_epoch_have_a_band_over_seeds(show):
    page = show("beside")
    chart = page.get_by_role("slider", name="Metric by epoch, mlp_digits · fp32")
    assert chart.locator(".area").count() == chart.locator(".curve").count() == 3
    chart.focus()
    page.keyboard.press("End")
    expect(chart).to_have_attribute("aria-valuetext", re.compile(r"^epoch 3; torch 91\.667 \[85, 95\]; keras-jax"))
    expect(chart.locator(".tip")).to_contain_text("numpy 91.667 [85, 95]")
    page.locator("#filter-arm").get_by_label("numpy", exact=True).uncheck()
    assert chart.locator(".area").count() == 2
    said = "accuracy (%) on the test set; mean, band: all seeds"
    expect(page.locator("figcaption").filter(has_text=said)).to_be_visible()


def test_speed_ups_by_mixed_precision_are_drawn_read_out_and_filtered(show):
    page = show("wide")
    chart = page.get_by_role("slider", name="Speed-ups by mixed precision")
    marks = chart.locator("> svg .marker")  # the tip has one too
    assert marks.count() == int(chart.get_attribute("aria-valuemax")) == 8
    marks.first.hover()
    expect(chart.locator(".tip")).to_contain_text("torch: 2.00 [1.98, 2.02]")
    expect(chart.locator(".tip")).not_to_contain_text("verdict")
    chart.focus()
    page.keyboard.press("ArrowDown")
    assert chart.get_attribute("aria-valuetext").startswith("mlp_digits · fp32 → bf16; keras-jax: 1.60")
    page.locator("#filter-track").get_by_label("stock", exact=True).uncheck()
    assert marks.count() == 4
    assert page.locator("#table-precision tbody tr").count() == 4
    page.locator("#filter-arm").get_by_label("torch", exact=True).uncheck()
    assert marks.count() == 2
    assert faults(page, "#precision") == []


def test_the_roofline_is_drawn_read_out_and_filtered(show):
    page = show("wide")
    chart = page.get_by_role("slider", name="What the arms make of the device")
    many = int(chart.get_attribute("aria-valuemax"))
    assert chart.locator(".marker").count() == many > 4
    assert chart.locator(".roof").count() == 2
    assert chart.locator(".name").all_text_contents() == [
        "float32: 100 GFLOP/s", "bfloat16: 200 GFLOP/s", "memory: 10.0 GB/s"
    ]  # fmt: skip
    chart.focus()
    expect(chart.locator(".tip")).to_contain_text("mlp_digits · fp32, train step")
    expect(chart.locator(".tip")).to_contain_text("GFLOP/s")
    page.keyboard.press("End")
    assert int(chart.get_attribute("aria-valuenow")) == many
    assert page.locator("#limits .legend li").all_inner_texts() == ["torch", "keras-jax"]
    page.locator("#filter-precision").get_by_label("bf16", exact=True).uncheck()
    fewer = chart.locator(".marker").count()
    assert 0 < fewer < many
    page.get_by_role("button", name="None: arm").click()
    expect(chart.locator(".nothing")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    assert chart.locator(".marker").count() == many
    assert faults(page, "#limits") == []


def test_raw_samples_are_one_click_away(show):
    page = show("wide")
    opener = page.get_by_role("button", name="Raw samples of torch on mlp_digits · fp32", exact=True).first
    opener.click()
    dialog = page.get_by_role("dialog", name="Raw samples: torch on mlp_digits · fp32")
    expect(dialog).to_be_visible()
    assert dialog.locator("#table-blocks-0 tbody tr").count() == 8 * 4
    assert column(page, "launches-0", 3)[:3] == ["2", "2.02", "2.04"]
    assert column(page, "seeds", 2) == ["95", "95.1", "95.2", "95", "95.1"]
    dialog.locator("#table-blocks-0").get_by_role("button", name="ms for one").click()
    assert column(page, "blocks-0", 5)[0] == "2"
    dialog.get_by_role("slider").first.focus()
    expect(dialog.locator(".tip").first).to_contain_text("launch 0, round 0")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_the_theme_is_the_systems_until_it_is_chosen(show, scheme, other):
    page = show("one seed", scheme=scheme)
    ground = "getComputedStyle(document.body).backgroundColor"
    bright = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 28)"}
    assert page.evaluate(ground) == bright[scheme]
    page.get_by_role("button", name=f"{other.title()} theme").click()
    assert page.evaluate(ground) == bright[other]
    page.reload()
    assert page.evaluate(ground) == bright[other]
    page.get_by_role("button", name=f"{scheme.title()} theme").click()
    assert page.evaluate(ground) == bright[scheme]


def test_the_keyboard_alone_will_do(show):
    page = show("wide")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the results")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("slider", name="Ratios of times")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#speed .scroll")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#table-speed th").first.get_attribute("aria-sort") == "ascending"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.locator("#filter-arm input").first.focus()
    page.keyboard.press("Space")
    assert "torch" not in column(page, "speed", 4)


def test_a_phone_shows_the_page_in_its_width(show):
    page = show("wide", viewport=PHONE)
    for card in page.locator(".card summary").all()[1:4]:
        card.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert not page.locator("#filter-arm").is_visible()
    page.get_by_text("Filters", exact=True).click()
    page.locator("#filter-arm").get_by_label("torch", exact=True).uncheck()
    assert "torch" not in column(page, "speed", 4)
    page.get_by_role("button", name="Raw samples of keras-jax on mlp_digits · fp32", exact=True).first.click()
    box = page.get_by_role("dialog").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]


def test_a_run_of_many_workloads_is_found_its_way_in(show):
    page = show("large")
    assert page.locator("#table-speed tbody tr").count() == 200
    page.locator("#speed").get_by_role("button", name="Show all 240 rows").click()
    assert page.locator("#table-speed tbody tr").count() == 240
    expect(page.locator("#speed .chart")).to_contain_text("The first 100 of 120")
    page.get_by_role("searchbox", name="Find a workload").fill("network_11")
    assert page.locator("#filter-workload label:visible").count() == 10
    page.get_by_role("button", name="None: workload").click()
    assert page.locator("#table-speed tbody tr").count() == 220
    assert page.locator(".card[open]").count() == 1


@pytest.mark.parametrize(("name", "viewport"), [("wide", DESKTOP), ("one seed", PHONE), ("only failures", DESKTOP)])
def test_axe_finds_no_serious_fault(show, name, viewport):
    page = show(name, viewport=viewport)
    alike = [["#accuracy .table"], ["#cost .table"]]  # as that of speeds, and hundreds of cells to look at
    assert faults(page, {"exclude": alike} if name == "wide" else None) == []


def test_axe_finds_no_serious_fault_in_the_samples(show):
    page = show("one seed")
    page.locator("button.samples").first.click()
    assert faults(page, "dialog") == []


def test_axe_finds_no_lack_of_contrast_in_the_dark(show):
    page = show("wide", scheme="dark")
    parts = {"include": [["header"], ["aside"], ["#summary"], ["#speed"], ["#failures"]]}
    assert faults(page, parts, runOnly=["color-contrast"]) == []
