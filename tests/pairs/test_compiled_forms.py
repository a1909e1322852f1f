"""Arms that run another's halves in another way, compiled or tuned, train as it does, and say what they do."""

from __future__ import annotations

import pytest
import torch

from harness import registry
from harness.parity import engine, proofs
from harness.parity.gates import GATES
from harness.schema import Suite

COMPILED = ("torch-compile", "keras-tensorflow-xla")
TUNED = ("torch-tuned", "torch-compile-tuned", "keras-tensorflow-tuned")
FORMS = (*COMPILED, *TUNED)
LINKED = pytest.mark.skipif(" " in torch.__file__, reason="Inductor gives the linker PyTorch's path without quotes")
SAYS = {"torch-compile": "compiled by torch.compile", "keras-tensorflow-xla": "compiled by XLA"}


def test_forms_are_found_by_name_and_are_not_among_all_arms():
    assert set(registry.forms()) == set(FORMS)
    assert not set(FORMS) & set(registry.arms())
    assert {registry.find_arm(form).form_of for form in FORMS} == {"torch", "keras-tensorflow"}
    assert registry.find_arm("torch-compile-twin").entry == registry.find_arm("torch-compile").entry


def trains_alike(bench, form, workload):
    arm = registry.find_arm(form).form_of
    ours, theirs = bench.open(form, workload), bench.open(arm, workload)
    assert ours["initial_sha256"] == theirs["initial_sha256"]
    assert ours["first_loss"] == pytest.approx(theirs["first_loss"], rel=1e-5)
    trained, beside = (bench.train(name, workload, seed=0, epochs=2) for name in (form, arm))
    assert trained["epoch_losses"] == pytest.approx(beside["epoch_losses"], rel=1e-4)
    assert trained["metric"] == pytest.approx(beside["metric"], abs=0.005)
    return ours["settings"], theirs["settings"]


def test_tuned_pytorch_has_the_channel_last_and_a_fused_optimizer(bench):
    tuned, plain = trains_alike(bench, "torch-tuned", "cnn_mnist1d")
    assert (tuned["fused"], plain["fused"]) == (True, None)
    assert "memory_format" not in tuned  # signals have no such layout
    assert bench.open("torch-tuned", "lenet_mnist5k")["settings"]["memory_format"] == "channels_last"


def test_tuned_keras_on_tensorflow_runs_many_steps_of_fit_at_a_call(bench):
    tuned, plain = trains_alike(bench, "keras-tensorflow-tuned", "softmax_digits")
    assert tuned["steps_per_execution_of_fit"] == 16
    assert "steps_per_execution_of_fit" not in plain


@pytest.mark.long  # it compiles, as all below
@pytest.mark.parametrize("form", [pytest.param("torch-compile", marks=LINKED), "keras-tensorflow-xla"])
def test_a_form_trains_as_the_arm_does(bench, form):
    ours, theirs = trains_alike(bench, form, "softmax_digits")
    assert ours["execution"] == SAYS[form] != theirs["execution"]


@LINKED
@pytest.mark.long
def test_pytorch_compiles_the_whole_network_as_one_graph(bench):
    settings = bench.open("torch-compile", "softmax_digits")["settings"]
    assert (settings["graphs"], settings["graph_breaks"]) == (1, 0)


def check(form, workload):
    return list(engine.check({form: engine.tasks([registry.find_workload(workload)], list(GATES))}, "torch"))


@pytest.mark.long  # half a minute of compiling for each
@pytest.mark.parametrize(
    ("form", "workload"),
    [
        pytest.param("torch-compile", "mlp_norm_digits", marks=LINKED),
        *(("keras-tensorflow-xla", name) for name in ("mlp_norm_digits", "lenet_mnist5k")),
    ],
)
def test_a_form_passes_the_gates_of_its_arm(form, workload):
    findings = check(form, workload)
    assert findings
    assert [finding for finding in findings if not finding.passed] == []


@LINKED
@pytest.mark.long
def test_a_fault_of_the_compiler_turns_the_gates_red():
    """PyTorch 2.13 compiles wrong gradients of convolutions: ``test_compiler_fault.py``. The gates find it in LeNet."""
    assert {finding.gate for finding in check("torch-compile", "lenet_mnist5k") if not finding.passed} == {
        "training fp64",
        "training again",
        "training fit",
    }


def test_a_form_is_raced_only_if_it_trains_as_its_arm_does(tmp_path):
    asked = Suite(
        name="mine",
        title="mine",
        workloads=[{"name": "softmax_digits"}],
        arms=["torch", "torch-compile"],
        launches=1,
        seeds=0,
    )
    todo = proofs.unproven(asked, proofs.Proofs(tmp_path))
    wanted = {arm: {gate for task in tasks for gate in task.gates} for arm, tasks in todo.items()}
    assert wanted["torch"] >= {"training"}
    assert wanted["torch-compile"] - wanted["torch"] == {"slope", "trajectory"}
