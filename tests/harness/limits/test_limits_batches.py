"""The largest batch that fits: how it is looked for, what of memory counts, what is lost, and what is refused."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.contract import Outcome
from harness.limits import batches
from harness.limits.batches import CLOSE, Request, Unfit
from harness.registry import UnknownName
from harness.report import batches as shown
from harness.run.process import Worker, WorkerFailure
from harness.schema import BatchMemory, MemoryLine, MemorySweep

MIB = 2**20
ASKED = Request("softmax_digits", ("torch", "keras-jax"), ("fp32",), threads=1, limit=300 * MIB)


@pytest.fixture
def told(monkeypatch):
    """``told(answer)`` lets a process answer ``finish`` as ``answer(arm, precision, batch)`` says, or fail.

    It returns what every process was opened with.
    """

    def told(answer):
        opened, at = [], {}

        def ask(self, do, timeout_s, **request):
            if do == "open":
                opened.append((self.spec.name, request["workload"]))
                at[id(self)] = request["workload"]["batch_size"]
            if do != "finish":
                return {}
            found = answer(self.spec.name, self.setup.precision, at[id(self)])
            if isinstance(found, Exception):
                raise found
            return {"peak_rss_bytes": 10**12, "phases": {}, "device_memory": {}} | found

        monkeypatch.setattr(Worker, "ask", ask)
        monkeypatch.setattr(Worker, "begin", lambda self: None)
        monkeypatch.setattr(Worker, "started", lambda self, timeout_s: {})
        monkeypatch.setattr(batches, "available_bytes", lambda: 2**40)
        return opened

    return told


def resident(mib):
    """Return phases of a process that had as many MiB in its steps, and more while it was built."""
    return {"phases": {"import": 10**12, "build": 10**12, "first step": int(mib * MIB), "step": 0}}


@given(most=st.integers(1, 5000), largest=st.integers(0, 6000))
def test_the_largest_batch_is_found_and_nothing_is_tried_that_takes_over_twice_as_much(most, largest):
    points, found = batches.search(lambda batch: BatchMemory(batch=batch, fits=batch <= largest), most)
    tried = [point.batch for point in points]
    assert tried == sorted(set(tried))
    assert max(tried) <= max(2, 2 * min(largest, most))
    if largest == 0:
        assert found is None
    else:
        assert (1 - CLOSE) * min(largest, most) - 1 <= found <= min(largest, most)
        assert found in tried


def test_a_batch_that_is_beyond_reach_for_another_reason_ends_the_search():
    def tried(batch):
        return BatchMemory(batch=batch, fits=batch < 6, reason=None if batch < 6 else "crashed")

    points, found = batches.search(tried, 1000)
    assert ([point.batch for point in points], found) == ([2, 4, 8], 4)
    line = MemoryLine(
        workload="softmax_digits", arm="torch", precision="fp32", samples=1000, versions={}, points=points,
        largest=found, sample_bytes=None,
    )  # fmt: skip
    sweep = MemorySweep(
        workload="softmax_digits", limit_bytes=None, threads=1, created="", cpu=None, cores=1, gpu=None, lines=[line]
    )
    rows, notes = shown.sheet(sweep).marked()
    assert rows[0][3].startswith("4 (")
    assert "at least: crashed" in notes


def test_every_arm_and_precision_has_its_largest_batch_and_what_a_sample_takes(told):
    opened = told(lambda arm, precision, batch: resident(100 + batch * (1 if arm == "torch" else 2)))
    found = batches.measure(ASKED, str)
    torch, jax = found.lines
    assert 190 <= torch.largest <= 200
    assert 95 <= jax.largest <= 100
    assert (torch.sample_bytes, jax.sample_bytes) == (pytest.approx(MIB), pytest.approx(2 * MIB))
    assert all(workload["samples"] == workload["batch_size"] for _, workload in opened)
    assert torch.samples > 1000
    rows, _ = shown.sheet(found).marked()
    assert [row[3] for row in rows] == [str(torch.largest), str(jax.largest)]
    assert [row[-2:] for row in rows] == [["1,024.0", "1.00"], ["2,048.0", "1.00"]]
    axes = shown.picture(found).axes[0]
    assert (axes.get_xlim()[0], axes.get_ylim()[0]) == (0, 0)


def test_less_precision_is_held_against_what_was_named_first(told):
    told(lambda arm, precision, batch: resident(100 + batch * (1.0 if precision == "fp32" else 0.5)))
    found = batches.measure(dataclasses.replace(ASKED, arms=("torch",), precisions=("fp32", "bf16")), str)
    assert [(one.arm, one.precision) for one in found.lines] == [("torch", "fp32"), ("torch", "bf16")]
    assert [row[-1] for row in shown.sheet(found).marked()[0]] == ["1.00", "0.50"]


def test_of_a_technique_every_variant_is_looked_at_and_held_against_the_first(told):
    opened = told(
        lambda arm, precision, batch: resident(
            100 + batch * (0.5 if opened[-1][1]["name"].endswith("blocks") else 1) * (1 if precision == "fp32" else 0.5)
        )
    )
    asked = dataclasses.replace(ASKED, workload="recomputation", arms=("torch",), precisions=("fp32", "bf16"))
    found = batches.measure(asked, str)
    names = ["recomputation.none", "recomputation.blocks"]
    assert [(one.workload, one.precision) for one in found.lines] == [(n, p) for n in names for p in ("fp32", "bf16")]
    table = shown.sheet(found)
    assert (table.header[0], table.header[-1]) == ("variant", "of none in fp32")
    assert [(row[0], row[2], row[-1]) for row in table.marked()[0]] == [
        ("none", "fp32", "1.00"),
        ("none", "bf16", "0.50"),
        ("blocks", "fp32", "0.50"),
        ("blocks", "bf16", "0.25"),
    ]
    lines = shown.picture(found).axes[0].get_lines()[:4]
    assert [line.get_label() for line in lines[:2]] == ["torch · none in fp32", "torch · none in bf16"]
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == 4


def test_on_a_gpu_the_pool_counts_and_without_a_limit_what_it_gives(told):
    def answer(arm, precision, batch):
        if batch > 500:
            return WorkerFailure(Outcome.OUT_OF_MEMORY_DEVICE, "CUDA out of memory")
        peaks = {"live_bytes": batch * MIB, "pool_bytes": 2 * batch * MIB, "since_start": False}
        return {"device_memory": {"build": peaks, "first step": peaks, "step": peaks}, "phases": {"step": 10**12}}

    told(answer)
    (torch,) = batches.measure(dataclasses.replace(ASKED, arms=("torch",), limit=None), str).lines
    assert 475 <= torch.largest <= 500
    assert torch.sample_bytes == pytest.approx(2 * MIB)
    assert not any(point.reason for point in torch.points)


def test_all_samples_may_fit_and_one_may_not(told):
    told(lambda arm, precision, batch: resident(100 if arm == "torch" else 1000))
    found = batches.measure(ASKED, str)
    assert [one.largest for one in found.lines] == [found.lines[0].samples, None]
    rows, notes = shown.sheet(found).marked()
    assert {f"all {found.lines[0].samples:,} samples fit at once", "not even one sample fits"} <= set(notes)
    assert rows[1][3] == "– (3)"


def test_what_nobody_tells_fits_no_limit(told):
    told(lambda arm, precision, batch: {"peak_rss_bytes": None})
    torch, _ = batches.measure(ASKED, str).lines
    assert (torch.largest, torch.points[0].reason) == (None, "nobody tells how much it took")


def test_what_fails_for_another_reason_is_told_and_the_other_arm_is_measured(told):
    told(
        lambda arm, precision, batch: (
            WorkerFailure(Outcome.CRASHED, "SIGSEGV") if arm == "torch" else resident(100 + batch)
        )
    )
    torch, jax = batches.measure(ASKED, str).lines
    assert (torch.largest, torch.points[0].reason, torch.sample_bytes) == (None, "SIGSEGV", None)
    assert jax.largest


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"workload": "softmax_digit"}, UnknownName, "did you mean 'softmax_digits'"),
        ({"arms": ("torhc",)}, UnknownName, "did you mean 'torch'"),
        ({"arms": ("numpy",)}, Unfit, "numpy is a witness"),
        ({"arms": ()}, Unfit, "no arm can train"),
        ({"precisions": ("tf32",)}, Unfit, "does not compute in tf32 on cpu"),
        ({"precisions": ()}, Unfit, "no arm can train"),
        ({"precisions": ("fp32", "tf32")}, Unfit, "does not compute in tf32 on cpu"),
        ({"limit": 0}, Unfit, "at most half"),
        ({"limit": 2**40}, Unfit, r"at most half of the memory that is available \(1,048,576 MiB\)"),
        ({"workload": "batching.accumulated"}, Unfit, "in 4 parts"),
        ({"workload": "batching"}, Unfit, "batching.accumulated takes its batches in 4 parts"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(told, changes, error, said):
    told(lambda arm, precision, batch: {})
    with pytest.raises(error, match=said):
        dataclasses.replace(ASKED, **changes).check()


def test_a_container_may_have_less_than_its_machine(monkeypatch, tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal: 4096 kB\nMemAvailable: 2048 kB\n")
    paths = tmp_path / "max", tmp_path / "current"
    monkeypatch.setattr(batches, "MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(batches, "OF_GROUP", paths)
    assert batches.available_bytes() == 2048 * 1024
    for path, told in zip(paths, ("max\n", "7\n"), strict=True):
        path.write_text(told)
    assert batches.available_bytes() == 2048 * 1024
    paths[0].write_text("1007\n")
    assert batches.available_bytes() == 1000


def test_the_command_shows_a_table_and_files_figures_and_a_picture(chaos, twinbench, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "available_bytes", lambda: 2**40)  # other tests may have taken what there is
    asked = ("memory", "softmax_digits", "--arms", "healthy-one", "--limit-mib", "2000", "--threads", "1")
    ended = twinbench(*asked, "--json", "--results", str(tmp_path))
    assert ended.status == 0, ended.err
    (line,) = json.loads(ended.out)["lines"]
    assert line["largest"] == line["samples"]
    assert all(point["host_bytes"] > MIB for point in line["points"])
    assert {path.suffix for path in (tmp_path / "memory").iterdir()} == {".json", ".png"}
    refused = twinbench("memory", "softmax_digits", "--limit-mib", "999999999", "--results", str(tmp_path))
    assert refused.status == 2
    assert "at most half" in refused.err
