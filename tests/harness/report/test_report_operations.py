"""Single operations: what is read of pytest-benchmark's documents, what is made of it, and what is refused."""

import json
import math
from dataclasses import replace

import pytest
from operation_files import document, turns, write
from report_factories import manifest, whole_run, workload

from harness.report import markdown, operations
from harness.report.operations import OperationsFault
from harness.report.plots import Pictures
from harness.report.summary import summarize
from harness.stats import TimeVerdict

EIGHT = [2.0, 2.02, 1.98, 2.01, 2.0, 1.99, 2.0, 2.01]


def read(tmp_path, documents):
    return operations.read(write(tmp_path / "ops.json", documents))


def test_ratios_go_process_by_process_and_pay_no_heed_to_the_machines_pace(tmp_path):
    found = read(tmp_path, turns([2.0, 2.0, 2.0]))
    assert (found.reference, found.arms) == ("torch", ["torch", "keras-jax"])
    assert [(row.operation, row.arm) for row in found.rows] == [
        (name, arm) for name in ("matmul", "gelu") for arm in ("torch", "keras-jax")
    ]
    torch, jax = found.rows[:2]
    assert torch.ratio is None
    assert torch.seconds == pytest.approx((1e-3, 1.1e-3, 1.2e-3))
    assert torch.microseconds == pytest.approx(1e3 * (1.0 * 1.1 * 1.2) ** (1 / 3))
    assert jax.ratio.estimate == pytest.approx(2.0)
    assert jax.ratio.interval.high - jax.ratio.interval.low < 1e-9
    assert (found.machine, found.measured) == ("a processor", "2026-01-01T00:00:00+00:00")


def test_the_reference_stands_first_whoever_ran_first(tmp_path):
    documents = turns([2.0, 2.0])
    found = read(tmp_path, [documents[1], documents[0], documents[3], documents[2]])
    assert [row.arm for row in found.rows] == ["torch", "keras-jax", "torch", "keras-jax"]
    assert found.rows[1].ratio.estimate == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [
        (EIGHT, TimeVerdict.SLOWER),
        ([1 / ratio for ratio in EIGHT], TimeVerdict.FASTER),
        ([ratio / 2 for ratio in EIGHT], TimeVerdict.SAME),
        ([0.5, 2.0] * 4, TimeVerdict.INCONCLUSIVE),
        (EIGHT[:7], TimeVerdict.LOOK),
    ],
)
def test_a_verdict_needs_as_many_processes_as_a_race_needs_launches(tmp_path, ratios, verdict):
    assert {row.verdict for row in read(tmp_path, turns(ratios)).rows if row.ratio} == {verdict}


def test_verdicts_are_adjusted_over_all_operations(tmp_path):
    ratios = [1.02, 1.08, 1.12, 1.18, 1.04, 1.22, 1.02, 1.14]
    alone = read(tmp_path, turns(ratios, operations=["a"]))
    noise = turns([0.9, 1.1, 0.8, 1.25, 1.0, 0.95, 1.05, 1.0], operations=[f"noise{i}" for i in range(9)])
    many = read(tmp_path, [*turns(ratios, operations=["a"]), *noise])
    assert alone.find("a", "keras-jax").verdict is TimeVerdict.SLOWER
    assert many.find("a", "keras-jax").ratio == alone.find("a", "keras-jax").ratio
    assert many.find("a", "keras-jax").verdict is TimeVerdict.INCONCLUSIVE


def test_what_cannot_be_paired_has_no_ratio_but_a_reason(tmp_path):
    row = read(tmp_path, turns([2.0, 2.0])[:-1]).find("gelu", "keras-jax")
    assert row.ratio is row.verdict is None
    assert row.note == "1 processes, but 2 of torch: they cannot be paired"


def test_one_process_is_a_look_without_an_interval(tmp_path):
    row = read(tmp_path, turns([2.0])).find("matmul", "keras-jax")
    assert (row.ratio.interval, row.verdict) == (None, TimeVerdict.LOOK)


def test_without_torch_the_first_arm_is_the_reference(tmp_path):
    found = read(tmp_path, [document("keras-jax", {"gelu": 1e-3}), document("keras-torch", {"gelu": 2e-3})])
    assert found.reference == "keras-jax"
    assert found.find("gelu", "keras-torch").ratio.estimate == pytest.approx(2.0)


def test_a_document_alone_and_a_folder_of_them_are_read_too(tmp_path):
    (tmp_path / "split").mkdir()
    for number, one in enumerate(turns([2.0, 2.0])):
        (tmp_path / "split" / f"{number:04d}.json").write_text(json.dumps(one), encoding="utf-8")
    assert operations.read(tmp_path / "split") == read(tmp_path, turns([2.0, 2.0]))
    alone = operations.read(tmp_path / "split" / "0000.json")
    assert [(row.arm, row.ratio) for row in alone.rows] == [("torch", None)] * 2


def spoilt(change):
    (found,) = turns([2.0])[:1]
    change(found)
    return json.dumps({"documents": [found]})


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "not what `make ops` writes"),
        ("[]", "not what `make ops` writes"),
        ("{}", "documents: Field required"),
        ('{"documents": []}', "documents: List should have at least 1 item"),
        (spoilt(lambda d: d["benchmarks"][0]["stats"].update(median=0.0)), "median: Input should be greater than 0"),
        (spoilt(lambda d: d["benchmarks"][0]["stats"].update(median=math.inf)), "median: Input should be a finite"),
        (spoilt(lambda d: d["benchmarks"][0]["extra_info"].clear()), "extra_info.arm: Field required"),
        (spoilt(lambda d: d["benchmarks"][0].update(group=None)), "group: Input should be a valid string"),
        ("[" * 100_000, "not what `make ops` writes"),
    ],
    ids=range(9),
)
def test_what_is_something_else_is_refused_with_the_reason(tmp_path, content, complaint):
    path = tmp_path / "ops.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(OperationsFault) as refused:
        operations.read(path)
    assert complaint in str(refused.value)
    assert str(path) in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_no_file_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(OperationsFault, match="No such file"):
        operations.read(tmp_path / "none.json")
    with pytest.raises(OperationsFault, match="no document"):
        operations.read(tmp_path)


def test_the_report_has_a_group_of_rows_for_each_operation(tmp_path):
    summary = summarize(manifest(), whole_run(), {"mlp_digits": workload()})
    assert "Single operations" not in markdown.render(summary, Pictures({}, None))
    found = read(tmp_path, [*turns(EIGHT), document("a|b", {"gelu": 1e-3})])
    text = markdown.render(replace(summary, operations=found), Pictures({}, None))
    section = text.partition("## Single operations\n")[2].partition("\n## ")[0]
    assert "a processor" in section
    lines = [[cell.strip() for cell in line.split(" | ")] for line in section.splitlines() if line.startswith("|")]
    assert lines[0][3] == "ratio to `torch` [95 %]"
    assert [line[:2] for line in lines[2:]] == [
        ["| `matmul`", "`torch`"],
        ["|", "`keras-jax`"],
        ["| `gelu`", "`torch`"],
        ["|", "`keras-jax`"],
        ["|", "a\\|b"],
    ]
    assert lines[3][3:] == ["2.00 [1.99, 2.01]", "SLOWER", "8 |"]
    assert lines[6][3].startswith("– (1 processes, but 8 of torch")
