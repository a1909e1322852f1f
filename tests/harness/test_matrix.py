import dataclasses
import os
import re

import pytest
import yaml

from harness import registry
from harness.matrix import SuiteError, check_names, further, plan, read_suite
from harness.registry import UnknownName

SUITE = {
    "title": "Mine",
    "arms": ["torch", "numpy"],
    "launches": 2,
    "seeds": 3,
    "workloads": ["mlp_digits", {"name": "softmax_digits", "epochs": 5, "precisions": ["bf16"]}],
}


@pytest.fixture
def read(tmp_path):
    """``read(**changes)`` reads the suite with other fields; None leaves one out. A string is the whole file."""

    def read(text=None, **changes):
        path = tmp_path / "mine.yaml"
        content = {name: value for name, value in (SUITE | changes).items() if value is not None}
        path.write_text(yaml.safe_dump(content) if text is None else text, encoding="latin-1")
        return read_suite(str(path))

    return read


def test_reads_a_file_under_its_own_name(read):
    suite = read()
    assert suite.name == "mine"
    assert [choice.name for choice in suite.workloads] == ["mlp_digits", "softmax_digits"]


def test_further_launches_are_of_the_races_wanted_alone_and_train_nothing(read):
    suite = read(launches=8, seeds=12, threads=1, cold_starts=2, most_launches=20)
    assert suite.looks == (8, 12, 18, 20)
    launches = further(suite, 8, 10, {("softmax_digits", "bf16", "matched")})
    sittings = [sitting for launch in launches for sitting in launch.sittings]
    assert [(s.workload.name, s.launch, s.seed) for s in sittings] == [
        ("softmax_digits", 8, None),
        ("softmax_digits", 9, None),
    ]
    assert not any(launch.alone for launch in launches)
    assert further(suite, 8, 12, set()) == []
    assert read(launches=8).looks == (8,)


@pytest.mark.parametrize(("launches", "most"), [(4, 20), (12, 8)])
def test_launches_are_added_to_what_a_verdict_needs_and_never_taken_away(read, launches, most):
    with pytest.raises(SuiteError, match=f"most_launches {most}: .* here they are {launches}"):
        read(launches=launches, most_launches=most)


def test_all_means_every_workload(read):
    assert [choice.name for choice in read(workloads="all").workloads] == list(registry.workloads())


@pytest.mark.parametrize("name", registry.suites())
def test_shipped_suites_can_be_planned(name):
    suite = read_suite(name)
    check_names(suite)
    assert plan(suite.model_copy(update={"threads": 1}))


@pytest.mark.parametrize(
    ("name", "workloads", "launches", "seeds", "in_bf16"),
    [
        ("quick", ["softmax_digits", "mlp_digits", "lenet_mnist5k", "cnn_mnist1d"], 3, 3, 0),
        ("mnist1d_paper", ["softmax_mnist1d", "mlp_mnist1d", "cnn_mnist1d", "gru_mnist1d"], 0, 3, 0),
        ("cpu", None, 8, 5, 3),
        ("ci", ["softmax_digits", "linear_diabetes", "mlp_norm_digits", "cnn_mnist1d"], 30, 24, 0),
    ],
)
def test_shipped_suites_measure_what_their_documents_say(name, workloads, launches, seeds, in_bf16):
    suite = read_suite(name)
    assert workloads in (None, [choice.name for choice in suite.workloads])
    assert (suite.launches, suite.seeds, suite.tracks) == (launches, seeds, ["matched"])
    assert sum("bf16" in (choice.precisions or ()) for choice in suite.workloads) == in_bf16


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"launches": None}, "field 'launches' is missing"),
        ({"arms": None}, "field 'arms' is missing"),
        ({"launchs": 3}, "unknown field 'launchs'; did you mean 'launches'?"),
        ({"zzz": 3}, "unknown field 'zzz'; known: arms, "),
        (
            {"workloads": [{"name": "mlp_digits", "epoch": 3}]},
            "unknown field 'workloads.0.epoch'; did you mean 'epochs'?",
        ),
        ({"workloads_zzz": 3}, "unknown field 'workloads_zzz'; did you mean 'workloads'?"),
        ({"launches": -1}, "field 'launches': Input should be greater than or equal to 0, not -1"),
        ({"seeds": 2.5}, "field 'seeds': Input should be a valid integer, not 2.5"),
        ({"seeds": "3"}, "field 'seeds': Input should be a valid integer, not '3'"),
        ({"seeds": True}, "field 'seeds': Input should be a valid integer, not True"),
        ({"rounds": 0}, "field 'rounds': Input should be greater than 0, not 0"),
        ({"timeout_s": float("inf")}, "field 'timeout_s': Input should be a finite number, not inf"),
        ({"precisions": ["fp31"]}, "field 'precisions.0': unknown precision 'fp31'; did you mean 'fp32'?"),
        ({"arms": []}, "field 'arms': List should have at least 1 item"),
        ({"arms": "torch"}, "field 'arms': Input should be a valid list, not 'torch'"),
        ({"arms": ["torch", "numpy", "torch"]}, "field 'arms': named more than once: torch"),
        (
            {"workloads": ["mlp_digits", {"name": "mlp_digits", "epochs": 2}]},
            "field 'workloads': named more than once: mlp_",
        ),
        ({"precisions": ["fp32", "fp32"]}, "field 'precisions': named more than once: fp32"),
        ({"latency_passes": 0}, "field 'latency_passes': Input should be greater than 0, not 0"),
        ({"latency_batch": 0}, "field 'latency_batch': Input should be greater than 0, not 0"),
        (
            {"scopes": ["step", "inference"], "inference_batches": [4, 0]},
            "field 'inference_batches.1': Input should be greater than 0, not 0",
        ),
        (
            {"scopes": ["step", "inference"], "inference_batches": [65_537]},
            "field 'inference_batches.0': Input should be less than or equal to 65536, not 65537",
        ),
        (
            {"scopes": ["step", "inference"], "inference_batches": [16, 4, 16]},
            "field 'inference_batches': named more than once: 16",
        ),
        ({"inference_batches": [4]}, "inference_batches are sizes that scope inference races; name it in scopes"),
        ({7: 7}, "field '7'"),
    ],
)
def test_a_wrong_field_is_named_with_what_would_do(read, tmp_path, changes, complaint):
    with pytest.raises(SuiteError) as error:
        read(**changes) if all(isinstance(name, str) for name in changes) else read(yaml.safe_dump(SUITE | changes))
    assert str(error.value).startswith(f"{tmp_path / 'mine.yaml'}: {complaint}")
    assert "\n" not in str(error.value)


def test_every_wrong_field_has_a_line(read):
    with pytest.raises(SuiteError) as error:
        read(launches=-1, seeds=-2)
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize(
    "text", ["a: [1", "a: b: c", "\t- x", "title: 2026-13-45", "\xff\xfe", "[" * 1500], ids=lambda text: repr(text[:9])
)
def test_a_file_that_is_not_yaml_is_named(read, tmp_path, text):
    with pytest.raises(SuiteError) as error:
        read(text)
    assert str(error.value).startswith(f"{tmp_path / 'mine.yaml'}: not YAML: ")
    assert "\n" not in str(error.value)


def test_a_field_that_is_given_twice_is_refused(read, tmp_path):
    with pytest.raises(SuiteError, match="given more than once: seeds"):
        read("title: Twice\nseeds: 1\nworkloads: [mlp_digits]\narms: [numpy]\nlaunches: 0\nseeds: 4\n")


def test_a_count_that_nobody_can_wait_for_is_refused(read):
    with pytest.raises(SuiteError, match="field 'launches'"):
        read(launches=999_999_999_999)


@pytest.mark.parametrize("text", ["", "7", "- torch", "just words"])
def test_yaml_that_is_no_mapping_is_refused(read, text):
    with pytest.raises(SuiteError, match="a suite is a mapping of fields, not "):
        read(text)


def test_an_unknown_suite_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="unknown suite 'quik'; did you mean 'quick'"):
        read_suite("quik")


@pytest.mark.parametrize("name", ["quick.yaml", "no/quick"])
def test_a_suite_file_that_does_not_exist_is_called_that(name):
    with pytest.raises(SuiteError, match=f"suite file '{name}' does not exist"):
        read_suite(name)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arms": ["troch"]}, "unknown arm 'troch'; did you mean 'torch'?"),
        ({"workloads": ["mlp_digit"]}, "unknown workload 'mlp_digit'; did you mean 'mlp_digits'?"),
    ],
)
def test_an_unknown_name_is_answered_with_the_file_and_the_nearest(read, tmp_path, changes, message):
    with pytest.raises(SuiteError) as error:
        read(**changes)
    assert str(error.value) == f"{tmp_path / 'mine.yaml'}: {message}"


def test_names_are_checked_before_the_run(read, monkeypatch):
    suite = read()
    check_names(suite)
    lost = dataclasses.replace(registry.find_workload("mlp_digits"), dataset="digit")
    monkeypatch.setattr(registry, "workloads", lambda: {"mlp_digits": lost, "softmax_digits": lost})
    with pytest.raises(UnknownName, match=r"unknown dataset 'digit'; did you mean 'digits'\?"):
        check_names(suite)


def test_a_folder_is_no_suite_file(tmp_path):
    with pytest.raises(SuiteError, match="is a folder"):
        read_suite(str(tmp_path))


def sittings(suite):
    return [sitting for launch in plan(suite) for sitting in launch.sittings]


def test_sittings_go_launch_by_launch_through_all_workloads(read):
    planned = sittings(read(threads=1))
    assert [(s.workload.name, s.precision, s.launch, s.seed, s.epochs) for s in planned] == [
        (name, precision, index if index < 2 else None, index, epochs)
        for index in range(3)
        for name, precision, epochs in (
            ("mlp_digits", "fp32", registry.find_workload("mlp_digits").epochs),
            ("softmax_digits", "bf16", 5),
        )
    ]
    assert len({s.name for s in planned}) == len(planned)


def test_cold_starts_have_processes_for_each_workload_and_others_share_them(read):
    chosen = ["mlp_digits", {"name": "softmax_digits", "precisions": ["fp32", "bf16"]}]
    launches = plan(read(threads=1, workloads=chosen, launches=3, seeds=4))
    assert [(launch.alone, [(s.workload.name, s.precision) for s in launch.sittings]) for launch in launches] == [
        (True, [("mlp_digits", "fp32")]),
        (True, [("softmax_digits", "fp32")]),
        (True, [("softmax_digits", "bf16")]),
        *[
            (False, sitting)
            for first, second in [("softmax", "mlp"), ("mlp", "softmax"), ("softmax", "mlp")]
            for sitting in (
                [(f"{first}_digits", "fp32"), (f"{second}_digits", "fp32")],
                [("softmax_digits", "bf16")],
            )
        ],
    ]
    assert len({launch.name for launch in launches}) == len(launches)


def test_without_a_race_nobody_starts_alone(read):
    assert not any(launch.alone for launch in plan(read(threads=1, launches=0)))


def test_a_cell_has_every_setting_of_its_sitting(read):
    sitting = sittings(read(threads=1))[3]
    raced, trained = sitting.cell("torch", "step"), sitting.cell("torch", "accuracy")
    assert (raced.scope, raced.index, raced.seed) == ("step", 1, 0)
    assert (trained.scope, trained.index, trained.seed) == ("accuracy", 1, 1)
    for cell in (raced, trained):
        assert (cell.workload, cell.arm, cell.precision, cell.epochs) == ("softmax_digits", "torch", "bf16", 5)
        assert (cell.batch_size, cell.threads) == (registry.find_workload("softmax_digits").batch_size, 1)


def test_forward_passes_are_raced_where_the_suite_says_so(read):
    assert sittings(read(threads=1))[0].cell("torch", "inference") is None
    cell = sittings(read(threads=1, scopes=["step", "inference"]))[3].cell("torch", "inference")
    assert (cell.scope, cell.workload, cell.index, cell.seed) == ("inference", "softmax_digits", 1, 0)


def test_sizes_that_the_suite_names_are_legs_of_their_own(read):
    suite = read(
        threads=1, scopes=["epoch", "latency", "step", "inference"], inference_batches=[256, 1, 64], latency_batch=2
    )
    sitting = sittings(suite)[0]
    assert [leg.name for leg in sitting.legs] == [
        *("step", "inference", "inference, batch 1", "inference, batch 256"),  # 64 is the workload's own
        *("latency, batch 2", "epoch"),
    ]
    assert sitting.cell("torch", "inference").batch_size == 64
    assert sitting.cell("torch", "inference", 256).batch_size == 256
    assert sitting.cell("torch", "latency", 2).batch_size == 2
    assert sitting.cell("torch", "inference", 3) is None
    assert read(latency_passes=1001, rounds=8).passes == 126


@pytest.mark.parametrize(
    ("scopes", "message"),
    [
        (["inference"], "field 'scopes': step is always raced"),
        (["step", "inferense"], "unknown scope 'inferense'; did you mean 'inference'?"),
        (["step", "step"], "field 'scopes': named more than once: step"),
    ],
)
def test_scopes_that_cannot_be_raced_are_refused(read, scopes, message):
    with pytest.raises(SuiteError, match=re.escape(message)):
        read(scopes=scopes)


def test_a_sitting_without_launch_has_no_timing_cell(read):
    assert sittings(read(threads=1))[-1].cell("torch", "step") is None
    assert sittings(read(threads=1, seeds=1))[-1].cell("torch", "accuracy") is None


def test_threads_are_all_that_there_are_unless_told(read):
    cores = len(os.sched_getaffinity(0))
    assert {s.threads for s in sittings(read())} == {cores}
    with pytest.raises(SuiteError, match=f"threads is {cores + 1}, but only {cores} cores may be used"):
        plan(read(threads=cores + 1))


def test_a_suite_that_measures_nothing_is_refused(read):
    with pytest.raises(SuiteError, match="launches and seeds are both 0"):
        plan(read(launches=0, seeds=0))
    with pytest.raises(SuiteError, match="numpy is not raced, and seeds is 0"):
        plan(read(arms=["numpy"], seeds=0))


@pytest.mark.parametrize("name", ["..", "a/b", "a\0b", ".hidden", "-r", "", "x" * 101])
def test_a_suite_cannot_be_called_what_no_folder_can_be_called(read, name):
    with pytest.raises(SuiteError, match=r"field 'name': .* cannot be part of a folder's name"):
        read(name=name)


SPEED = "resnet18_synthetic"


def test_batches_of_what_is_for_speed_only_are_the_suites(read):
    own = registry.find_workload(SPEED).batch_size
    chosen = [{"name": SPEED, "batch_size": 4 * own}, "resnet50_synthetic"]
    suite = read(threads=1, seeds=0, workloads=chosen, scopes=["step", "inference"], inference_batches=[4 * own, own])
    check_names(suite)
    sitting, other = sittings(suite)[:2]
    assert sitting.cell("torch", "step").batch_size == sitting.cell("torch", "inference").batch_size == 4 * own
    assert [leg.name for leg in sitting.legs] == ["step", "inference", f"inference, batch {own}"]
    assert other.cell("torch", "step").batch_size == registry.find_workload("resnet50_synthetic").batch_size


def test_a_workload_that_learns_keeps_its_batch(read):
    suite = read(threads=1, workloads=[{"name": "mlp_digits", "batch_size": 128}])
    own = registry.find_workload("mlp_digits").batch_size
    with pytest.raises(SuiteError) as refused:
        plan(suite)
    assert str(refused.value) == (
        f"suite mine: mlp_digits learns with batches of {own}; its learning rate and target are of these, and "
        "batch_size is for workloads without a metric"
    )


@pytest.mark.parametrize("size", [0, -1, 1.5, "many"])
def test_a_batch_is_a_number_of_samples(read, tmp_path, size):
    with pytest.raises(SuiteError, match=r"field 'workloads\.0\.batch_size'"):
        read(workloads=[{"name": SPEED, "batch_size": size}])


def test_the_suite_for_a_gpu_computes_there_and_enlarges_what_is_for_speed():
    suite = read_suite("gpu")
    assert (suite.device, suite.launches, suite.seeds, suite.tracks) == ("gpu", 8, 5, ["matched"])
    assert set(suite.precisions) == {"fp32", "tf32", "bf16", "fp16"}
    planned = sittings(suite.model_copy(update={"threads": 1}))
    assert {sitting.device for sitting in planned} == {"gpu"}
    for choice in suite.workloads:
        learns = registry.find_workload(choice.name).metric is not None
        assert (choice.batch_size is None) == learns
        assert choice.precisions is None or "fp32" not in choice.precisions
