"""The matched track: every arm begins alike, computes alike, and repeats itself to the bit."""

from __future__ import annotations

import pytest
from large_pairs import LARGE

from harness import matched, registry
from harness.contract import TensorSpec

RACED = ("torch", "keras-tensorflow", "keras-jax", "keras-torch")
KERAS = RACED[1:]
FEW_DIGITS = "transfer.scratch_200"
"""LeNet on 1,000 samples: enough to repeat, and a CPU is slow at float16."""

ALIKE = ("ae_mnist5k", "conv_ae_mnist5k", "lstm_mnist1d", "rnn_mnist1d")
"""Of one file with ``vae_mnist5k`` and ``gru_mnist1d``: the gates that CI runs look at all of them."""

PUBLISHED_PARAMETERS = {"softmax_mnist1d": 410, "mlp_mnist1d": 15_210, "cnn_mnist1d": 5_210, "gru_mnist1d": 5_134}


@pytest.mark.parametrize(
    "workload",
    [
        pytest.param(name, marks=pytest.mark.long if name in (*LARGE, *ALIKE) else ())
        for name in sorted(registry.workloads())
    ],
)
@pytest.mark.parametrize("arm", KERAS)
def test_first_step_is_the_same(bench, arm, workload):
    ours = bench.open("torch", workload)
    theirs = bench.open(arm, workload)
    assert theirs["initial_sha256"] == ours["initial_sha256"]
    assert theirs["dataset_sha256"] == ours["dataset_sha256"]
    assert theirs["parameters"] == ours["parameters"]
    assert theirs["first_loss"] == pytest.approx(ours["first_loss"], rel=1e-5)


@pytest.mark.parametrize("arm", RACED)
@pytest.mark.parametrize("workload", sorted(PUBLISHED_PARAMETERS))
def test_parameter_counts_are_the_papers(bench, arm, workload):
    assert bench.open(arm, workload)["parameters"] == PUBLISHED_PARAMETERS[workload]


@pytest.mark.long
@pytest.mark.parametrize("arm", RACED)
@pytest.mark.parametrize(
    ("workload", "parameters"), [("resnet20_mnist5k", 269_434), ("unet_mnist5k", 121_033), ("vit_mnist5k", 205_962)]
)
def test_running_statistics_are_not_counted_as_parameters(bench, arm, workload, parameters):
    assert bench.open(arm, workload)["parameters"] == parameters


def test_loaded_parameters_are_the_drawn_ones(bench):
    opened = bench.open("numpy", "mlp_digits", "fp64")
    layers = ((64, 128), (128, 64), (64, 10))
    shapes = {f"fc.{i}.weight": (fan_out, fan_in) for i, (fan_in, fan_out) in enumerate(layers)}
    shapes |= {f"fc.{i}.bias": (fan_out,) for i, (_, fan_out) in enumerate(layers)}
    specs = {name: TensorSpec(shape, "linear") for name, shape in shapes.items()}
    assert opened["initial_sha256"] == matched.hash_tensors(matched.initial_parameters(specs, seed=0))


@pytest.mark.parametrize("arm", RACED)
def test_mlp_is_the_witness_in_float64(bench, arm):
    witness = bench.open("numpy", "mlp_digits", "fp64")
    told = bench.open(arm, "mlp_digits", "fp64")
    assert told["first_loss"] == pytest.approx(witness["first_loss"], rel=1e-10)
    trained = bench.train(arm, "mlp_digits", seed=1, epochs=2, precision="fp64")
    expected = bench.train("numpy", "mlp_digits", seed=1, epochs=2, precision="fp64")
    # 46 steps of Adam, the last batch of an epoch smaller than the others
    assert trained["epoch_losses"] == pytest.approx(expected["epoch_losses"], rel=1e-10)
    assert trained["test_loss"] == pytest.approx(expected["test_loss"], rel=1e-10)
    assert trained["metric"] == expected["metric"]
    assert trained["order_sha256"] == expected["order_sha256"]


@pytest.mark.long  # in CI `forward` and `backward` look at them, to 1e-10 and 1e-8
@pytest.mark.parametrize("arm", RACED)
def test_every_architecture_is_the_same_in_float64(bench, arm):
    for workload in ("linear_diabetes", "lenet_mnist5k", "cnn_mnist1d", "gru_mnist1d"):
        ours = bench.open("torch", workload, "fp64")["first_loss"]
        assert bench.open(arm, workload, "fp64")["first_loss"] == pytest.approx(ours, rel=1e-12), workload


@pytest.mark.parametrize("workload", ["softmax_digits", "mlp_digits", "linear_diabetes"])
def test_the_witness_takes_the_same_first_step_in_float32(bench, workload):
    assert bench.open("numpy", workload)["first_loss"] == pytest.approx(
        bench.open("torch", workload)["first_loss"], rel=1e-5
    )


@pytest.mark.parametrize(
    "arm", ["torch", "keras-tensorflow", *(pytest.param(arm, marks=pytest.mark.long) for arm in RACED[2:])]
)
def test_a_used_process_races_like_a_fresh_one(bench, arm):
    """A launch goes through all workloads: what a process did before must not be seen in what it does next."""
    raced = {}
    for process, order in ((1, ["mlp_digits", FEW_DIGITS]), (2, [FEW_DIGITS, "mlp_digits"])):
        bench.renew(arm, process)
        for workload in order:
            opened = bench.open(arm, workload, process=process)
            steps = bench.worker(arm, "fp32", process).ask("block", 60, steps=20)
            trained = bench.train(arm, workload, seed=0, epochs=1, process=process)
            bits = (opened["first_loss"], steps["told"], trained["epoch_losses"], trained["final_sha256"])
            raced.setdefault(workload, []).append((bits, opened["settings"], opened["initial_sha256"]))
    for one, other in raced.values():
        assert one == other


COMPILED = ("keras-tensorflow", "keras-jax")


@pytest.mark.parametrize(
    ("arm", "workload"),
    [
        ("torch", FEW_DIGITS),
        ("keras-torch", FEW_DIGITS),
        ("keras-tensorflow", "mlp_digits"),
        pytest.param("keras-jax", "mlp_digits", marks=pytest.mark.long),
        *(pytest.param(arm, FEW_DIGITS, marks=pytest.mark.long) for arm in COMPILED),
        *(pytest.param(arm, "mlp_digits", marks=pytest.mark.long) for arm in ("torch", "keras-torch")),
    ],
)
def test_same_seed_same_bits_in_three_processes(bench, arm, workload):
    repeated, other = trained_bits(bench, arm, workload, threads=1)
    assert len(repeated) == 1
    assert other not in repeated


@pytest.mark.long  # two threads that spin on two cores are slow beside any other process
@pytest.mark.parametrize("arm", RACED)
def test_same_seed_same_bits_at_two_threads(bench, arm):
    repeated, other = trained_bits(bench, arm, "lenet_mnist5k", threads=2)
    assert len(repeated) == 1
    assert other not in repeated


def trained_bits(bench, arm, workload, threads):
    """Return the hashes of what three processes make of one seed, and that of another seed."""
    repeated = {
        bench.train(arm, workload, seed=3, epochs=1, process=process, threads=threads)["final_sha256"]
        for process in range(3)
    }
    return repeated, bench.train(arm, workload, seed=4, epochs=1, threads=threads)["final_sha256"]


@pytest.mark.parametrize("arm", RACED)
def test_only_the_arms_own_frameworks_are_loaded(bench, arm):
    assert bench.open(arm, "mlp_digits")["frameworks"] == sorted(registry.find_arm(arm).needs)


@pytest.mark.parametrize("arm", RACED)
def test_settings_are_read_back(bench, arm):
    settings = bench.open(arm, "mlp_digits")["settings"]
    assert settings["threads"] == 1
    assert settings["parameter_dtype"] == "float32"
    assert settings["learning_rate"] == pytest.approx(1e-3)
    assert settings["execution"] == {"keras-tensorflow": "graph", "keras-jax": "compiled by XLA"}.get(arm, "eager")
    assert bench.open(arm, "mlp_digits", "fp64")["settings"]["parameter_dtype"] == "float64"


SLOW_AT_FP16 = ("keras-tensorflow", "keras-jax", "keras-torch", "torch-tuned")
"""Their loss scale is the gate's of ``precision`` to look at, too."""


@pytest.mark.parametrize("arm", ["torch", *(pytest.param(arm, marks=pytest.mark.long) for arm in SLOW_AT_FP16)])
def test_fp16_leaves_out_the_first_step_of_lenet_in_every_arm_and_still_learns(bench, arm):
    """Its gradients times 65,536 are beyond float16; nothing in it is random."""
    assert "float16" in bench.open(arm, FEW_DIGITS, "fp16")["settings"]["compute_dtype"]
    told = bench.train(arm, FEW_DIGITS, seed=0, epochs=1, precision="fp16")
    assert told["loss_scale"] == {"scales": [32768.0], "steps": 40, "skipped": 1}
    assert told["metric"] > 0.8


@pytest.mark.parametrize("arm", RACED)
def test_bf16_computes_in_bf16_and_still_learns(bench, arm):
    opened = bench.open(arm, "mlp_digits", "bf16")
    assert "bfloat16" in opened["settings"]["compute_dtype"]
    assert opened["settings"]["parameter_dtype"] == "float32"
    assert opened["first_loss"] != bench.open(arm, "mlp_digits")["first_loss"]
    assert bench.train(arm, "mlp_digits", seed=0, epochs=5, precision="bf16")["metric"] > 0.9


@pytest.mark.parametrize("workload", ["lenet_mnist5k", pytest.param("cnn_mnist1d", marks=pytest.mark.long)])
@pytest.mark.parametrize("arm", RACED)
def test_first_losses_in_bf16_are_near(bench, arm, workload):
    expected = bench.open(arm, workload)["first_loss"]
    assert bench.open(arm, workload, "bf16")["first_loss"] == pytest.approx(expected, rel=1e-2)
