"""The table of a GPU's memory: four figures by phase, what was not told, and which peaks may be an earlier phase's."""

from report_factories import MIB, manifest, passed, raced, whole_run, workload

from harness import report
from harness.dashboard import page
from harness.report import gpu_memory, markdown
from harness.report.plots import Pictures
from harness.report.summary import summarize
from harness.schema import DevicePeaks

HEADER = ("pair", "arm", "phase", "live (MiB)", "pool (MiB)", "driver (MiB)", "host (MiB)")


def peaks(live, pool, since_start=False):
    """In MiB."""
    live, pool = (None if told is None else told * MIB for told in (live, pool))
    return DevicePeaks(live_bytes=live, pool_bytes=pool, since_start=since_start)


def step(arm, launch, memory, *, driver=None, host=None):
    """A record of train steps: peaks by phase, and MiB of the driver and of the host."""
    told = {"device_memory": memory, "driver_bytes": driver and driver * MIB}
    if host:
        told["phases"] = {phase: mib * MIB for phase, mib in host.items()}
    return raced(arm, launch, 2.0, timing_changes=told)


def inference(arm, launch, memory, driver):
    record = passed(arm, launch, 1.0, phases={"inference": 900 * MIB})
    told = {"device_memory": {"inference": memory}, "driver_bytes": driver * MIB}
    return record.model_copy(update={"timing": record.timing.model_copy(update=told)})


def summary(*records):
    asked = manifest(["torch", "keras-jax"], scopes=["step", "inference"])
    return summarize(asked, records, {"mlp_digits": workload()})


def rows(*records):
    """By arm and phase, what is shown of the four."""
    sheet = gpu_memory.sheet(summary(*records).comparisons)
    assert sheet.header == HEADER
    return {(row[1].shown, row[2].shown): row[3:] for row in sheet.rows}


def shown(fields):
    return [field.shown for field in fields]


TOLD = (
    step("torch", 0, {"build": peaks(3, 4), "step": peaks(73, 92)}, driver=850, host={"build": 700, "step": 1_267}),
    step("torch", 1, {"build": peaks(5, 4), "step": peaks(71, 94)}, driver=840, host={"build": 700, "step": 1_300}),
)


def test_the_most_over_launches_is_shown_of_each_figure_by_itself():
    found = rows(*TOLD)
    assert shown(found["torch", "build"]) == ["5", "4", "–", "700"]
    assert shown(found["torch", "train steps"]) == ["73", "94", "850", "1,300"]
    assert [field.value for field in found["torch", "train steps"]] == [73, 94, 850, 1_300]


def test_the_driver_is_asked_during_races_and_not_before():
    found = rows(*TOLD, inference("torch", 0, peaks(70, 92), 851))
    assert found["torch", "build"][2].note == "the driver is asked during races"
    assert found["torch", "train steps"][2].note is None
    assert shown(found["torch", "forward passes"]) == ["70", "92", "851", "900"]


def test_a_counter_that_is_never_set_back_bounds_a_phase_from_above():
    found = rows(step("keras-jax", 0, {"build": peaks(4, 6, True), "step": peaks(180, None, True)}, driver=892))
    assert shown(found["keras-jax", "build"])[:2] == ["≤ 4", "≤ 6"]
    live, pool, driver, _ = found["keras-jax", "train steps"]
    assert (live.shown, live.value) == ("≤ 180", 180), "sorted by its number"
    assert (pool.shown, pool.note) == ("–", "the framework does not tell")
    assert driver.shown == "892", "the driver's is of the process, whatever the framework counts"


def test_what_nobody_tells_is_a_dash_with_who_does_not():
    found = rows(step("torch", 0, {"step": peaks(None, None)}))
    assert [(field.shown, field.note) for field in found["torch", "train steps"]] == [
        ("–", "the framework does not tell"),
        ("–", "the framework does not tell"),
        ("–", "the driver did not tell"),
        ("–", "the kernel does not tell"),
    ]


def test_nothing_at_all_is_a_figure_and_no_dash():
    found = rows(step("torch", 0, {"import": peaks(0, 0)}, host={"import": 512}))
    assert shown(found["torch", "import"])[:2] == ["0", "0"]


def test_a_launch_whose_process_had_raced_another_workload_adds_nothing():
    used = step("torch", 1, None, driver=4_000, host=None)
    assert shown(rows(TOLD[0], used)["torch", "train steps"]) == ["73", "92", "850", "1,267"]


SHOWN = [("73", 73.0), ("94", 94.0), ("850", 850.0), ("1,300", 1_300.0)]


def test_the_report_and_the_page_have_the_table_where_there_was_a_gpu():
    summed = summary(*TOLD)
    text = markdown.render(summed, Pictures({}, None))
    chapter = text.partition("## Memory of the GPU")[2].partition("\n## ")[0]
    assert "- [Memory of the GPU](#memory-of-the-gpu)" in text
    assert gpu_memory.ABOUT in chapter
    (line,) = [line for line in chapter.splitlines() if "train steps" in line]
    assert [cell.strip(" `") for cell in line.strip("|").split("|")] == [
        *("mlp_digits · fp32", "torch", "train steps"),
        *(cell for cell, _ in SHOWN),
    ]
    assert "the driver is asked during races" in chapter
    document = page.document(summed)
    assert document["gpu"] == [[[gpu_memory.ABOUT], "gpu_memory"]]
    table = document["tables"]["gpu_memory"]
    assert [label for label, _ in table["columns"]] == list(HEADER)
    build, steps = (row["c"] for row in table["rows"])
    assert steps == ["mlp_digits · fp32", "torch", "train steps", *[[cell, value, None] for cell, value in SHOWN]]
    assert table["notes"][build[5][2]] == "the driver is asked during races"


def test_without_a_gpu_there_is_neither(tmp_path):
    summed = summarize(manifest(), whole_run(), {"mlp_digits": workload()})
    assert gpu_memory.sheet(summed.comparisons) is None
    assert "Memory of the GPU" not in report.write(tmp_path, summed).read_text()
    assert "gpu_memory" not in page.document(summed)["tables"]
