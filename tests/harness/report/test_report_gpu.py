"""What a GPU did during a race, by a replayed trace: the table, the words and the picture of a report."""

import re

import pynvml
import pytest
from dashboard_runs import on_a_gpu, wide
from matplotlib.colors import same_color
from nvml_traces import SOURCE, calls, error
from report_factories import gpu_timeline, manifest, passed, raced, whole_run, workload

from harness import report
from harness.report import gpu, markdown, plots, plots_gpu
from harness.report.plots import Pictures
from harness.report.summary import summarize
from harness.schema import FROM_NVML, Record, Timing


def cells(summary):
    """Of the only race, what its table shows by column, and the notes by column."""
    found = gpu.sheet(gpu.watched(summary.comparisons))
    (row,) = found.rows
    shown = dict(zip(found.header, row, strict=True))
    return {name: one.shown for name, one in shown.items()}, {name: one.note for name, one in shown.items() if one.note}


def test_a_table_has_mean_and_maximum_of_every_quantity():
    shown, notes = cells(on_a_gpu())
    power = [calls(i)["nvmlDeviceGetPowerUsage"] / 1e3 for i in range(120)]
    work = [calls(i)["nvmlDeviceGetUtilizationRates"]["gpu"] for i in range(120)]
    assert shown == {
        "race": "mlp_digits · fp32",
        "launches": "2 of 3",
        "samples": "240",
        "utilisation (%)": f"{sum(work) / 120:.1f} / 97.0",
        "power (W)": f"{sum(power) / 120:.0f} / 700",
        "SM clock (MHz)": "1,652 / 1,980",
        "memory clock (MHz)": "2,619 / 2,619",
        "memory (GiB)": "20.2 / 22.0",
        "temperature (°C)": "59.5 / 74.0",
        "energy (J)": "6,545",
        "throttled (% of samples)": "21.7",
        "processes of others": "0",
    }
    within = "of points within blocks: torch 44 % of 72, keras-jax 22 % of 72"
    assert notes == {"throttled (% of samples)": f"sw_power_cap 21.7 %; {within}"}


def test_means_of_points_are_weighed_by_their_samples():
    samples = [calls(0, nvmlDeviceGetPowerUsage=100_000) for _ in range(480)]
    samples.append(calls(0, nvmlDeviceGetPowerUsage=340_000))
    shown, _ = cells(on_a_gpu(samples))
    assert shown["power (W)"] == "100 / 340", "a last point of one sample counts as one of 481"


def test_what_was_not_told_is_a_dash_with_the_reason():
    untold = (
        "nvmlDeviceGetPowerUsage",
        "nvmlDeviceGetTotalEnergyConsumption",
        "nvmlDeviceGetCurrentClocksEventReasons",
    )
    refused = dict.fromkeys(untold, error(pynvml.NVML_ERROR_NOT_SUPPORTED))
    shown, notes = cells(on_a_gpu([calls(i, **refused) for i in range(3)]))
    for column in ("power (W)", "energy (J)", "throttled (% of samples)"):
        assert (shown[column], notes[column]) == ("–", "NVML: Not Supported")
    assert notes.keys() == {"power (W)", "energy (J)", "throttled (% of samples)"}


def test_energy_of_a_short_race_is_doubted():
    _, notes = cells(on_a_gpu(99))
    assert "less than 10 s" in notes["energy (J)"]
    assert "energy (J)" not in cells(on_a_gpu(100))[1]


def test_a_device_that_was_lost_is_told_of():
    lost = dict.fromkeys(calls(), error(pynvml.NVML_ERROR_GPU_IS_LOST))
    summary = on_a_gpu([*(calls(i) for i in range(20)), lost])
    shown, notes = cells(summary)
    assert shown["samples"] == "40"
    assert "GPU is lost" in notes["samples"]
    (one,) = gpu.watched(summary.comparisons)
    assert "Sampling ended early: the device was lost" in one.about


def test_a_sentence_tells_whether_it_was_throttled_and_never_guesses():
    def about(**changes):
        (one,) = gpu.watched(on_a_gpu(40, **changes).comparisons)
        return one.about

    assert about().startswith("Launch 2 of 3: 4.0 s, 40 samples; never throttled.")
    assert "whether it was throttled is not known" in about(throttled=None)
    assert "throttled in 25.0 % of them (hw_slowdown 25.0 %)" in about(throttled=10, reasons={"hw_slowdown": 10})


def test_spans_join_neighbours_and_end_where_the_reason_does():
    (first, *others) = gpu.throttled(gpu_timeline())
    assert (first.begin, first.end, first.reasons) == (6.0, 6.3, ("sw_power_cap",))
    assert others[-1].end == 9.0
    assert len(others) == 4, "it idles in between, four times"


def test_every_race_has_a_timeline_of_its_own_variants_too():
    names = [one.name for one in gpu.watched(wide().comparisons)]
    assert names == ["mlp_digits · fp32"]
    seen = {"gpu": gpu_timeline(12)}
    records = [raced("torch", 0, 2.0, timing_changes=seen), passed("torch", 0, 1.0)]
    told = records[1].timing.model_copy(update=seen)
    records[1] = records[1].model_copy(update={"timing": told})
    summary = summarize(manifest(scopes=["step", "inference"]), records, {"mlp_digits": workload()})
    assert [one.name for one in gpu.watched(summary.comparisons)] == [
        "mlp_digits · fp32",
        "mlp_digits · fp32 · inference",
    ]


# ------------------------------------------------------------------------------------------------- the report


def test_the_report_has_table_sentence_and_picture_and_says_that_nothing_was_measured(tmp_path):
    text = report.write(tmp_path, on_a_gpu()).read_text()
    chapter = text.partition("## GPU timeline")[2].partition("## What the device allows")[0]
    assert f"**No device was measured here: a trace, replayed: {SOURCE}.**" in chapter
    assert "| `mlp_digits · fp32` |   2 of 3 |" in chapter
    assert "### mlp\\_digits · fp32: GPU" in chapter or "### mlp_digits · fp32: GPU" in chapter
    assert "Launch 2 of 3: 12.0 s, 120 samples" in chapter
    (picture,) = re.findall(r"!\[.*\]\((gpu-.*\.png)\)", chapter)
    assert (tmp_path / picture).stat().st_size > 10_000
    assert "- [GPU timeline](#gpu-timeline)" in text


def test_samples_of_a_device_are_not_called_replayed(tmp_path):
    summary = on_a_gpu(40, source=FROM_NVML)
    text = markdown.render(summary, Pictures({}, None))
    assert "No device was measured" not in text
    (one,) = gpu.watched(summary.comparisons)
    assert plots_gpu.timeline(one).get_suptitle() == "mlp_digits · fp32 on Synthetic GPU"
    (other,) = gpu.watched(on_a_gpu(40).comparisons)
    assert plots_gpu.timeline(other).get_suptitle().startswith("REPLAYED, not measured")


def test_without_samples_there_is_no_chapter_and_no_picture(tmp_path):
    summary = summarize(manifest(), whole_run(), {"mlp_digits": workload()})
    text = report.write(tmp_path, summary).read_text()
    assert "GPU timeline" not in text
    assert list(tmp_path.glob("gpu-*")) == []


def test_names_cannot_break_the_chapter():
    hostile = "</b>|`x`\n# **"
    summary = on_a_gpu(12, device=hostile, source=hostile, lost=hostile, untold={"power_mw": hostile})
    text = markdown.render(summary, Pictures({}, None, gpu={"mlp_digits · fp32": "gpu.png"}))
    chapter = text.partition("## GPU timeline")[2].partition("## What the device allows")[0]
    assert "\n# " not in chapter
    assert "</b>" not in chapter


# ------------------------------------------------------------------------------------------------- the picture


def panels(summary):
    (one,) = gpu.watched(summary.comparisons)
    return plots_gpu.timeline(one), one.drawn


def test_the_picture_has_the_values_over_the_time_and_the_spans_shaded():
    figure, told = panels(on_a_gpu())
    utilisation, power, clocks, memory, blocks = figure.axes
    assert [axes.get_ylabel() for axes in figure.axes] == [*gpu.PANELS, "blocks"]
    assert list(power.lines[0].get_xdata()) == [at / 1e3 for at in told.at_ms]
    assert list(power.lines[0].get_ydata()) == [value / 1e3 for value in told.series["power_mw"].mean]
    assert [line.get_label() for line in clocks.lines] == ["SM clock", "memory clock"]
    assert memory.lines[0].get_ydata()[-1] == 22.0
    for axes in (utilisation, power, clocks, memory):
        shaded = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches]
        assert shaded == [pytest.approx((span.begin, span.end)) for span in gpu.throttled(told)]
        assert axes.get_ylim()[0] == 0
    assert [label.get_text() for label in blocks.get_yticklabels()] == ["torch", "keras-jax"]
    assert "throttled: sw_power_cap" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_blocks_have_the_colour_of_their_arm_and_lie_where_they_ran():
    figure, told = panels(on_a_gpu())
    for arm, bars in zip(told.blocks, figure.axes[-1].collections, strict=True):
        assert same_color(bars.get_facecolor()[0], plots.colour(arm))
        ran = [(path.vertices[:, 0].min(), path.vertices[:, 0].max()) for path in bars.get_paths()]
        assert ran == [pytest.approx((begin / 1e3, end / 1e3)) for begin, end in told.blocks[arm]]


def test_points_of_many_samples_have_a_band():
    figure, _ = panels(on_a_gpu(600))
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "least to greatest of 3 samples" in labels
    assert figure.axes[1].collections
    assert not panels(on_a_gpu())[0].axes[1].collections


def test_a_panel_without_values_says_why_and_a_gap_stays_a_gap():
    refused = {"nvmlDeviceGetUtilizationRates": error(pynvml.NVML_ERROR_NOT_SUPPORTED)}
    samples = [calls(i, **refused) for i in range(4)]
    samples[2]["nvmlDeviceGetPowerUsage"] = error(pynvml.NVML_ERROR_TIMEOUT)
    figure, _ = panels(on_a_gpu(samples))
    assert [text.get_text() for text in figure.axes[0].texts] == ["not told (NVML: Not Supported)"]
    drawn = list(figure.axes[1].lines[0].get_ydata())
    assert drawn[2] != drawn[2], "not a number, and so not a line through it"
    assert drawn[:2] == [520.0, 521.0]


def test_without_blocks_there_are_the_quantities_alone():
    figure, _ = panels(on_a_gpu(20, blocks={}))
    assert [axes.get_ylabel() for axes in figure.axes] == list(gpu.PANELS)


# ------------------------------------------------------------------------------------------------- the record


def test_a_timeline_is_kept_with_its_record_and_one_without_is_as_it_was():
    record = raced("torch", 0, 2.0, timing_changes={"gpu": gpu_timeline()})
    stored = record.model_dump(mode="json")
    assert Record.model_validate(stored) == record
    del stored["timing"]["gpu"]
    assert Record.model_validate(stored).timing.gpu is None


def test_columns_of_unequal_length_are_refused():
    stored = raced("torch", 0, 2.0, timing_changes={"gpu": gpu_timeline()}).timing.model_dump(mode="json")
    stored["gpu"]["series"]["power_mw"]["mean"].pop()
    with pytest.raises(ValueError, match="a column of another length"):
        Timing.model_validate(stored)


def test_a_timeline_of_hours_takes_little_room():
    hours = gpu_timeline([calls(i) for i in range(7_300)])
    assert len(hours.model_dump_json(indent=1)) < 75_000
