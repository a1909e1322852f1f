"""A browser, started once for each file of tests."""

import pytest
from browsing import CHROMIUM, FLAGS, PATIENCE_MS
from playwright.sync_api import sync_playwright


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE_MS)
        yield started
        started.close()
