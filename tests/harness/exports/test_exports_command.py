"""``twinbench exports``: what real frameworks write is right, what is not is told, and nothing ends the command."""

import importlib.util
import json
import os
import re
from pathlib import Path

import pytest
from report_factories import exports

from harness import registry
from harness.exports import trials

TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def export_arms():
    """Let the registry find the arms of ``tests/export_arms.py``, here and in every process started from here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWINBENCH_ARMS", "export_arms")
        inherited = os.environ.get("PYTHONPATH", "")
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(TESTS), str(TESTS.parent), inherited])))
        patch.syspath_prepend(str(TESTS))
        registry.arms.cache_clear()
        yield patch
    registry.arms.cache_clear()


@pytest.fixture
def here(export_arms, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def by_form(found):
    return {trial["form"]: trial for trial in found["trials"]}


def test_models_are_the_same_models_in_other_runtimes(here, twinbench):
    ended = twinbench("exports", "mlp_digits", "--arms", "torch,keras-tensorflow", "--json")
    assert ended.status == 0, ended.err
    torch, keras = json.loads(ended.out)
    assert [torch["arm"], keras["arm"]] == ["torch", "keras-tensorflow"]
    tried = {"torch_export": by_form(torch)["torch_export"]}
    tried |= {form: by_form(keras)[form] for form in ("saved_model", "litert")}
    tried |= {f"onnx of {one['arm']}": by_form(one)["onnx"] for one in (torch, keras)}
    for what, trial in tried.items():
        lacking = []
        if what.startswith("onnx"):
            writer = ("onnx", "onnxscript") if "torch" in what else ("tf2onnx", "onnx")
            lacking = [name for name in (*writer, "onnxruntime") if importlib.util.find_spec(name) is None]
        if lacking:
            assert (trial["outcome"], trial["reason"]) == ("unsupported", f"not installed: {', '.join(lacking)}")
        else:
            assert (trial["outcome"], trial["free_batch"], trial["reason"]) == ("ok", True, None), what
            assert trial["error"] < 1e-5
            assert trial["bytes"] > 4 * 17_000, "its parameters are in it"
            assert trial["seconds"] > 0
    held = [json.loads(path.read_text())["content"] for path in here.glob("results/exports/*.json")]
    assert sorted(one["arm"] for one in held) == ["keras-tensorflow", "torch"]
    assert torch in held


@pytest.fixture(scope="module")
def mistaken(export_arms):
    (found,) = trials.attempt([registry.find_arm("mistaken")], [registry.find_workload("softmax_digits")], [], str)
    return {trial.form: trial for trial in found.trials}


@pytest.fixture(scope="module")
def faulty(export_arms):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trials, "EXPORT_S", 20.0)
        (found,) = trials.attempt([registry.find_arm("faulty")], [registry.find_workload("softmax_digits")], [], str)
    return {trial.form: trial for trial in found.trials}


def test_weights_of_half_the_digits_are_wrong(mistaken):
    assert mistaken["torch_export"].outcome == "wrong"
    assert 2 * trials.BOUND < mistaken["torch_export"].error < 100 * trials.BOUND


def test_one_number_beyond_the_bound_is_wrong(mistaken):
    trial = mistaken["onnx"]
    assert (trial.outcome, trial.free_batch) == ("wrong", None)
    assert trial.error == pytest.approx(1e-3, rel=0.01)
    assert trial.reason == "its outputs differ by 1.0e-03 of their RMS (bound 0.0001)"


def test_outputs_of_another_shape_are_wrong_without_a_figure(mistaken):
    trial = mistaken["litert"]
    assert (trial.outcome, trial.error) == ("wrong", None)
    assert "another shape" in trial.reason


def test_what_is_wrong_only_for_another_size_of_batch_is_wrong(mistaken):
    assert mistaken["saved_model"].outcome == "wrong"
    assert mistaken["saved_model"].error > 0.1


def test_what_can_be_written_for_one_size_only_is_fixed_with_the_reason(faulty):
    # by processes that follow one that hung and one that died
    trial = faulty["torch_export"]
    assert (trial.outcome, trial.free_batch) == ("ok", False)
    assert trial.reason == "for any size of batch: writing it: ValueError: the first axis must be known"
    assert trial.error <= trials.BOUND


def test_an_exception_is_told_by_the_line_that_says_something(faulty):
    trial = faulty["onnx"]
    assert (trial.outcome, trial.reason) == ("failed", "writing it: no kernel for this")
    assert (trial.error, trial.bytes, trial.seconds) == (None, None, None)


def test_a_runtime_that_dies_is_an_outcome_and_keeps_what_was_written(faulty):
    trial = faulty["litert"]
    assert (trial.outcome, trial.reason) == ("failed", "running it: killed by SIGSEGV")
    assert trial.bytes > 0


def test_what_hangs_is_an_outcome(faulty):
    assert faulty["saved_model"].outcome == "failed"
    assert faulty["saved_model"].reason == "writing it: no answer within 20 s"


def test_a_missing_package_is_named_and_nothing_else_is_tried(here, twinbench):
    ended = twinbench("exports", "softmax_digits", "--arms", "wanting")
    assert ended.status == 3, "nothing could be tried at all"
    assert "unsupported (1)" in ended.out
    assert "(1) not installed: package_that_nobody_wrote" in ended.out


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ({"onnx": "wrong", "litert": "failed"}, 1),
        ({"onnx": "failed", "litert": "ok"}, 3),
        ({"onnx": "unsupported"}, 3),
        ({"onnx": "unsupported", "litert": "ok"}, 0),
        ({"onnx": "fixed"}, 0),
    ],
)
def test_the_status_tells_of_what_is_wrong_and_of_what_failed(here, twinbench, monkeypatch, outcomes, status):
    monkeypatch.setattr(trials, "attempt", lambda *_: [exports("torch", outcomes)])
    ended = twinbench("exports", "softmax_digits", "--arms", "torch")
    assert ended.status == status
    for form, outcome in outcomes.items():
        assert re.search(f"{form} +{'ok' if outcome == 'fixed' else outcome}", ended.out)
    assert len(list(here.glob("results/exports/*.json"))) == 1


def test_some_forms_are_not_put_on_file(here, twinbench, monkeypatch):
    monkeypatch.setattr(trials, "attempt", lambda *_: [exports("torch", {"onnx": "ok"})])
    assert twinbench("exports", "softmax_digits", "--arms", "torch", "--forms", "onnx").status == 0
    assert not list(here.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mlp_digit",), "unknown workload 'mlp_digit'; did you mean 'mlp_digits'?"),
        (("mlp_digits", "--arms", "torhc"), "unknown arm 'torhc'; did you mean 'torch'?"),
        (("mlp_digits", "--forms", "onxx"), "unknown form 'onxx'; did you mean 'onnx'?"),
        (("--arms", "numpy"), "numpy writes its models in no form"),
        (("--arms", "torch-compile"), "torch-compile is a form of torch: export that"),
        (("--arms", "torch", "--forms", "litert"), "torch does not offer litert, only torch_export, onnx"),
    ],
)
def test_a_wrong_request_is_refused_and_leaves_nothing(here, twinbench, arguments, said):
    ended = twinbench("exports", *arguments)
    assert ended.status == 2
    assert said in ended.err
    assert not list(here.iterdir())


def test_the_default_workloads_learn_and_are_of_one_architecture_each():
    chosen = [registry.find_workload(name) for name in trials.DEFAULT]
    assert all(workload.target is not None for workload in chosen)
    assert len({workload.architecture.file for workload in chosen}) == len(chosen)


@pytest.mark.long
def test_ids_stay_whole_numbers_in_a_subclassed_keras_model():
    (found,) = trials.attempt(
        [registry.find_arm("keras-tensorflow")], [registry.find_workload("lstm_python_docs")], ["saved_model"], str
    )
    assert [(trial.outcome, trial.free_batch, trial.reason) for trial in found.trials] == [("ok", True, None)]
