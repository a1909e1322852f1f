"""The page as a reader has it: in a browser, on a screen and on a phone, in light and in dark."""

import dashboard_runs
import pytest
from advice_runs import pair
from axe_playwright_python.sync_playwright import Axe
from browsing import PATIENCE_MS

from harness.advice import page, sheet
from harness.advice.advice import advise
from harness.advice.weighting import profile


@pytest.mark.parametrize(("width", "scheme"), [(1360, "light"), (380, "dark")])
@pytest.mark.parametrize("made", [pair, dashboard_runs.hostile])
def test_the_page_is_readable_and_calls_nobody(browser, tmp_path, made, width, scheme):
    path, problems = tmp_path / "advice.html", []
    path.write_text(page.render(sheet.lay_out(advise(made(), profile("research")))), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    context.set_default_timeout(PATIENCE_MS)
    shown = context.new_page()
    shown.on("console", lambda message: problems.append(message.text))
    shown.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
    shown.on("request", lambda request: request.url == path.as_uri() or problems.append(request.url))
    shown.goto(path.as_uri())
    assert shown.locator("main > section > h2").first.inner_text() == "Verdict"
    assert shown.locator("#verdict li").count() >= 1
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(shown, None, {"resultTypes": ["violations"]}).response["violations"]
    context.close()
    assert [fault["id"] for fault in found if fault["impact"] in {"serious", "critical"}] == []
    assert problems == []
