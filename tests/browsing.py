"""What tests in a browser share: which, how large, and what axe-core says of a page."""

import shutil

from axe_playwright_python.sync_playwright import Axe

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DESKTOP, PHONE = {"width": 1360, "height": 900}, {"width": 380, "height": 780}
PATIENCE_MS = 60_000
"""Longest that a test waits for what should take a moment; it is no measurement."""


def faults(page, where=None, **options):
    """What axe-core calls serious or critical, with the elements."""
    found = Axe().run(page, where, {"resultTypes": ["violations"], **options}).response["violations"]
    return [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found if v["impact"] in {"serious", "critical"}]
