"""The page as a file: what it carries, what it may do, and what no record can make of it."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import dashboard_runs
import pytest
from report_factories import block, manifest, raced, status, trained, whole_run, workload

from harness import dashboard, registry
from harness.dashboard import page
from harness.report.plots import COLOURS
from harness.report.summary import summarize
from harness.store.folder import RunFolder

REFERENCE = Path(__file__).resolve().parents[3] / "results" / "reference"


class Reader(HTMLParser):
    """Collects elements with their attributes, and the text of styles and scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.title = [], [], ""
        self._open = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._open = tag
        if tag in {"style", "script"}:
            self.texts.append((tag, dict(attributes), ""))

    def handle_endtag(self, tag):
        self._open = None

    def handle_data(self, text):
        if self._open in {"style", "script"}:
            tag, attributes, before = self.texts[-1]
            self.texts[-1] = (tag, attributes, before + text)
        if self._open == "title":
            self.title += text

    def data(self):
        (found,) = [text for tag, attributes, text in self.texts if attributes.get("id") == "data"]
        return json.loads(found)


def summary(records, run=None):
    return summarize(run or manifest(), records, {"mlp_digits": workload()})


def rows(document, name, *columns):
    """Of every row of a table, what it shows under some columns."""
    table = document["tables"][name]
    labels = [label for label, _ in table["columns"]]
    places = [next(i for i, label in enumerate(labels) if label.startswith(column)) for column in columns]
    shown = [[cell if isinstance(cell, str) else cell[0] for cell in row["c"]] for row in table["rows"]]
    return [tuple(row[place] for place in places) for row in shown]


def notes(document, name):
    table = document["tables"][name]
    return [
        table["notes"][cell[2]]
        for row in table["rows"]
        for cell in row["c"]
        if isinstance(cell, list) and cell[2] is not None
    ]


RUNS = {"wide": dashboard_runs.wide, "hostile": dashboard_runs.hostile, "beside": dashboard_runs.beside} | {
    kind: lambda kind=kind: dashboard_runs.thin(kind) for kind in dashboard_runs.THIN
}


@pytest.mark.parametrize("kind", RUNS)
def test_nothing_but_our_own_style_and_script_is_in_the_page(kind):
    read = Reader(page.render(RUNS[kind]()))
    assert [(tag, attributes.get("type")) for tag, attributes, _ in read.texts] == [
        ("style", None),
        ("script", "application/json"),
        ("script", None),
    ]
    (policy,) = [a["content"] for _, a in read.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    for tag, attributes, text in read.texts:
        if attributes.get("type") is None:
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy
    handlers = [
        name for _, attributes in read.elements for name in attributes if name.startswith("on") or name == "style"
    ]
    assert handlers == []
    addresses = {a[name] for _, a in read.elements for name in ("src", "href", "action", "srcset") if name in a}
    assert addresses == {"data:,", "#main"}
    assert read.data()["cards"]


def test_our_own_files_cannot_end_their_element_or_call_anybody():
    sources = {path.name: path.read_text(encoding="utf-8") for path in Path(page.__file__).with_name("page").iterdir()}
    assert {f"{name}.js" for name in (*page.SCRIPTS, page.LIVE)} | {"report.css", "report.html.j2"} == set(sources)
    live = sources.pop(f"{page.LIVE}.js")
    assert re.findall(r'fetch\("([^"]*)"', live) == ["/state"]
    sources["live.js"] = live.replace('fetch("/state"', "")
    for name, source in sources.items():
        if name.endswith(".j2"):
            continue
        assert "</" not in source
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|Function\(|setTimeout", source
        )
        assert not re.search(r"fetch|XMLHttp|WebSocket|sendBeacon|import\s*\(|@import|url\(", source)
        assert set(re.findall(r"https?://[^\s\"']+", source)) <= {"http://www.w3.org/2000/svg"}


def test_a_page_from_disk_has_nothing_of_a_live_one():
    text, live = (page.render(dashboard_runs.thin("one seed"), live=told) for told in (None, {"run": "</script>"}))
    assert [word for word in ("fetch(", "connect-src", 'id="live"', "reload()") if word in text] == []
    assert [word for word in ("fetch(", "connect-src 'self';", 'id="live"', "reload()") if word not in live] == []
    assert "live" not in Reader(text).data()
    assert Reader(live).data()["live"] == {"run": "</script>"}


def test_hostile_names_arrive_as_they_are():
    found = dashboard_runs.hostile()
    text = page.render(found)
    document = Reader(text).data()
    script, picture, _, foreign, quotes = dashboard_runs.HOSTILE
    assert document["facets"]["workload"] == [picture, foreign]
    assert [name for name, *_ in document["facets"]["arm"]] == ["torch", script, "a|b`c` d **e** \\f", foreign]
    assert dict(document["facts"])["Processor"] == script
    ((reason, log),) = rows(document, "failures", "reason", "log")
    assert reason.startswith(f"{script} a|b`c` d **e**")
    assert log == picture
    assert "\ud800" not in text
    assert quotes.split(" ")[0] in text.replace('\\"', '"')
    assert Reader(text).title.startswith(foreign)


def test_the_tables_show_what_the_report_shows():
    document = page.document(summary(whole_run(5, 8), manifest(seeds=5, launches=8)))
    assert rows(document, "speed", "arm", "mode", "time (ms)", "ratio", "verdict", "launches") == [
        ("torch", "eager", "2.02", "reference", "reference", "8"),
        ("keras-jax", "compiled by XLA", "4.00", "1.98 [1.97, 2.00]", "SLOWER", "8"),
    ]
    assert rows(document, "accuracy", "arm", "accuracy (%)", "difference", "margin", "verdict", "target") == [
        ("torch", "95.08 ± 0.10", "reference", "±1 pp", "reference", "90 %: met"),
        ("keras-jax", "95.19 ± 0.11", "+0.11 [+0.10, +0.12]", "±1 pp", "EQUIVALENT", "90 %: met"),
    ]
    assert rows(document, "cost", "arm", "first step", "peak host", "training (samples/s)", "contended") == [
        ("torch", "0.500 (n=8)", "400 (n=8)", "15,862", "0 of 32"),
        ("keras-jax", "0.500 (n=8)", "400 (n=8)", "8,000", "0 of 32"),
    ]


def test_a_figure_that_is_missing_has_a_reason():
    records = [r for r in whole_run() if (r.cell.arm, r.cell.scope) != ("keras-jax", "step")]
    document = page.document(summary(records, manifest(("torch", "keras-jax", status("numpy", witness=True)))))
    assert rows(document, "speed", "arm", "time (ms)", "launches")[1:] == [("keras-jax", "–", "0 of 3")]
    assert set(notes(document, "speed")) == {"no record: the run did not come to it"}
    assert "a witness checks the others and is not raced" in notes(document, "cost")


def test_what_a_run_has_no_data_for_is_not_there():
    document = page.document(summary(whole_run()))
    assert set(document["tables"]) == {"speed", "accuracy", "cost", "contention", "environment", "versions", "settings"}
    document = page.document(dashboard_runs.thin("nothing"))
    assert document["ratios"] == document["differences"] == document["samples"] == []


def test_both_precisions_both_tracks_and_techniques_have_tables_of_their_own():
    document = page.document(dashboard_runs.wide())
    assert ("mlp_digits", "torch", "fp32 → bf16", "2.02", "1.01") in [
        row[:5] for row in rows(document, "precision", "workload", "arm", "precision", "step before", "after")
    ]
    assert ("mlp_digits · stock", "keras-jax") in rows(document, "precision", "workload", "arm")
    assert ("diabetes · fp32", "torch", "0.9508 ± 0.0010") in rows(document, "tracks", "workload", "arm", "stock")
    expected = rows(document, "expectations", "technique", "arm", "expected", "verdict", "because")
    assert ("speed · fp32", "torch", "last training loss of quick less that of slow is at most −0.1", "held") in [
        row[:4] for row in expected
    ]
    assert {row[4] for row in expected} == {"it is <b>quick</b>"}
    beside = rows(document, "classical", "dataset", "model", "kind", "verdict")
    assert ("digits", "linear_model", "Linear_Model", "BETTER") in beside
    assert ("diabetes", "random_forest", "Random_Forest", "–") in beside
    assert ("digits", "mlp_digits · bf16", "MLP in torch", "–") in beside
    assert ("keras-tensorflow", "timeout", "no answer in 9 s") in rows(document, "failures", "arm", "outcome", "reason")
    assert {scope for (scope,) in rows(document, "speed", "of")} == {"train step", "forward pass"}


def test_ratios_and_differences_are_drawn_with_their_intervals():
    found = summary(whole_run(5, 8), manifest(seeds=5, launches=8))
    document, row = page.document(found), found.comparisons[0].rows[1]
    ((ratio,),) = [group["items"] for group in document["ratios"]]
    assert ratio["at"] == pytest.approx(row.ratio.estimate, rel=1e-5)
    assert (ratio["low"], ratio["high"]) == pytest.approx((row.ratio.interval.low, row.ratio.interval.high), rel=1e-5)
    assert (ratio["verdict"], ratio["claims"]) == ("SLOWER", True)
    ((apart,),) = [group["items"] for group in document["differences"]]
    assert apart["at"] == pytest.approx(row.difference.estimate / 0.01, rel=1e-5)
    assert apart["told"].endswith(" pp")
    ((look,),) = [group["items"] for group in page.document(summary(whole_run()))["ratios"]]
    assert not look["claims"]


def test_losses_are_drawn_with_a_band_over_seeds():
    records = [trained("torch", 0, 0.9, losses=(1.0, 0.5)), trained("torch", 1, 0.9, losses=(2.0, 0.7))]
    records += [trained("keras-jax", 0, 0.9, losses=(1.2, 0.4))]
    (card,) = page.document(summary(records))["cards"]
    torch, jax = card["losses"]["curves"]
    assert (torch["mean"], torch["low"], torch["high"]) == ([1.5, 0.6], [1.0, 0.5], [2.0, 0.7])
    assert jax["mean"] == [1.2, 0.4]
    assert "low" not in jax
    assert card["losses"]["label"] == "training loss: cross-entropy (nats)"


def test_metrics_by_epoch_are_drawn_with_a_band_where_trainings_were_watched():
    (card,) = page.document(dashboard_runs.beside())["cards"]
    assert card["metrics"]["label"] == "accuracy (%) on the test set"
    torch, jax, numpy = card["metrics"]["curves"]
    assert torch["seeds"] == 3
    assert (torch["mean"], torch["low"], torch["high"]) == ([50, 80, 91.667], [50, 80, 85], [50, 80, 95])
    assert jax["mean"] == numpy["mean"] == torch["mean"]
    (card,) = page.document(summary(whole_run()))["cards"]
    assert "metrics" not in card


def test_speed_ups_by_mixed_precision_are_drawn_without_a_claim():
    document = page.document(dashboard_runs.wide())
    groups = {group["name"]: group for group in document["speedups"]}
    assert list(groups) == [
        f"{place} · fp32 → bf16" for place in ("mlp_digits", "mlp_digits · stock", "diabetes", "diabetes · stock")
    ]
    assert groups["mlp_digits · fp32 → bf16"]["k"] == [
        document["facets"]["workload"].index("mlp_digits"),
        None,
        0,
        None,
    ]
    torch, jax = groups["mlp_digits · fp32 → bf16"]["items"]
    assert (torch["at"], jax["at"]) == pytest.approx((2.0, 1.6), rel=1e-2)
    assert torch["low"] < torch["at"] < torch["high"]
    assert not torch["claims"]
    assert page.document(summary(whole_run()))["speedups"] == []


def test_the_samples_of_a_row_are_what_was_recorded():
    blocks = [block(0, 2.0, contended=True), block(0, 2.5, rerun=1, pressure=None, foreign=0.25)]
    records = [raced("torch", 3, blocks), trained("torch", 7, 0.91, losses=(1.0, 0.4))]
    document = page.document(summary(records, manifest(["torch"])))
    (row,) = document["tables"]["speed"]["rows"]
    found = document["samples"][row["s"]]
    assert found["name"] == "torch on mlp_digits · fp32"
    (race,) = found["races"]
    assert race["blocks"] == [[3, 0, 0, 100, 2.0, 1.0, 0.1, 0.0, 0, 1], [3, 0, 1, 100, 2.5, 1.0, None, 25.0, 0, 0]]
    assert race["launches"] == [[3, "2026-01-01T00:00:00Z", 2.5, 0.5, 3.0, 2.0, 0.1, 400.0, 10]]
    assert (found["metric"], found["seeds"]) == ("accuracy %", [[7, 91.0, 0.3, 1.0, 0.4, 2.0]])


def test_arms_have_the_colours_of_the_pictures_and_a_shape_of_their_own():
    document = page.document(summary(whole_run()))
    assert document["facets"]["arm"] == [["torch", COLOURS["torch"], 0], ["keras-jax", COLOURS["keras-jax"], 3]]


def test_an_unverified_run_says_so_first():
    assert "UNVERIFIED" in json.dumps(page.document(summary(whole_run()))["alerts"])
    assert page.document(summary(whole_run(), manifest(proofs=[])))["alerts"] == []


def test_the_page_of_a_real_run_is_small_and_the_same_every_time(tmp_path):
    folder = RunFolder(REFERENCE / "quick")
    records, _ = folder.read_records()
    known = registry.workloads() | registry.variants()
    written = [
        dashboard.write(tmp_path, summarize(folder.read_manifest(), some, known, registry.techniques())).read_bytes()
        for some in (records, records[::-1])
    ]
    assert written[0] == written[1]
    assert len(written[0]) <= 500_000
    document = Reader(written[0].decode()).data()
    shown = [race["blocks"] for found in document["samples"] for race in found.get("races", [])]
    assert sum(map(len, shown)) == sum(len(record.timing.blocks) for record in records if record.timing)


def test_a_missing_folder_fails_plainly(tmp_path):
    with pytest.raises(OSError, match="gone"):
        dashboard.write(tmp_path / "gone", summary([]))


def test_sizes_latency_and_targets_have_tables_of_their_own():
    document = page.document(dashboard_runs.beside())
    found = rows(document, "batches", "arm", "batch", "samples/s", "verdict")
    assert [(arm, size) for arm, size, _, _ in found] == [
        (arm, size) for size in ("1", "32", "256") for arm in ("torch", "keras-jax")
    ]
    assert found[0][2:] == ("985 [985, 985]", "reference")
    assert rows(document, "latency", "arm", "p50", "p99") == [
        ("torch", "1.00 [1.00, 1.00]", "1.00 [1.00, 1.00]"),
        ("keras-jax", "0.500 [0.500, 0.500]", "–"),
    ]
    assert "p99 takes 368 undisturbed passes in a launch, and no launch has more than 100" in notes(document, "latency")
    assert rows(document, "targets", "arm", "trainings", "epochs", "time (s)", "energy") == [
        ("torch", "2 of 3", "3 [3, > 3]", "0.240 [0.240, > 0.240]", "–"),
        ("keras-jax", "2 of 3", "3 [3, > 3]", "0.120 [0.120, > 0.120]", "–"),
        ("numpy", "2 of 3", "3 [3, > 3]", "–", "–"),
    ]
    assert len(rows(document, "speed", "arm")) == 2, "what has a table of its own is not among the other races"
    (card,) = document["cards"]
    assert card["target"]["mark"] == [90.0, "target 90 %"]
    assert [point["x"] for point in card["batches"]["lines"][0]["points"]] == [1, 32, 256]
    alone = page.document(summary(whole_run()))
    assert not {"batches", "latency", "targets"} & alone["tables"].keys()
    assert not {"batches", "latency", "target"} & alone["cards"][0].keys()
