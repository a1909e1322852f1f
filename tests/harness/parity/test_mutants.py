"""Planted faults: the gates must find every one, and name the place. This is what makes a green gate mean something."""

from pathlib import Path

import pytest
from large_pairs import LARGE

from harness import registry
from harness.parity import planting
from harness.parity.mutants import Mutant
from harness.parity.planting import EVERY
from harness.registry import UnknownName

PAGE = Path(__file__).resolve().parents[3] / "docs" / "proving.md"


def test_mutants_fit_the_source():
    assert len(CHOSEN) >= 40
    assert len({mutant.name for mutant in EVERY}) == len(EVERY)
    faults = {(mutant.path, mutant.old, mutant.new, mutant.workload) for mutant in EVERY}
    assert len(faults) == len(EVERY), "a fault under two names"
    assert {mutant.name for mutant in EVERY} >= NAMED | OF_A_BACKEND
    assert f" CI plants {len(CHOSEN)}: " in " ".join(PAGE.read_text(encoding="utf-8").split())
    for mutant in EVERY:
        assert mutant.new in planting.patched(mutant)
        assert mutant.located, f"{mutant.name}: any place would do"


@pytest.mark.parametrize("old", ["not in the file", "ops.relu"])
def test_a_mutant_that_does_not_fit_is_refused(old):
    mutant = Mutant("stale", "models_keras/architectures/lenet.py", old, "", "lenet_mnist5k", "")
    with pytest.raises(ValueError, match=r"mutant 'stale': .* stands \d times in models_keras/architectures/lenet.py"):
        next(planting.run([mutant], planting.ARM))


NAMED = {
    "batch norm epsilon of 1e-3",
    "batch norm momentum of .9",
    "extra ReLU on the logits",
    "tanh GELU for ReLU",
    "LeakyReLU with a slope of .2",
    "padding on the wrong side",
    "average pooling counts padding",
    "softmax before the loss",
    "swapped GRU gates",
    "unpermuted flatten",
    "dropped bias",
    "a head of its own",
    "gain of 1 for He's 2",
    "L2 off by 2",
    "Adam epsilon in Keras' place",
    "coupled decay",
    "each tensor clipped by its own norm",
    "a cosine one step ahead",
    "class weights by N",
    "biased running variance",
    "labels in the order of the file",
    "last batch dropped",
    "dropout without rescaling",
    "attention mask inverted",
    "attention that looks one place ahead",
    "layer norm over the positions too",
    "bfloat16 where float32 was asked",
    "all random layers start from one seed",
    "augmentation counts epochs from where training resumed",
    "a log variance kept within three",
}
"""Mistakes that everybody makes, and three that no gate saw before somebody planted them."""


SOON = [
    mutant
    for mutant in EVERY
    if mutant.workload in {*registry.workloads(), *planting.TECHNIQUES} - {*LARGE, "randomness"}
    and not planting.of_process(mutant)
]
FIRST = {mutant.path: mutant for mutant in reversed([*[m for m in SOON if m.name in NAMED], *SOON])}
OF_A_BACKEND = {
    "TensorFlow: the gradient of evaluation mode",
    "JAX: neither running statistics nor seeds are handed back",
    "bias correction subtracted in float32",
}
CHOSEN = [mutant for mutant in EVERY if mutant.name in NAMED | OF_A_BACKEND or mutant in FIRST.values()]
"""Beside these one fault of what each backend does by itself, and one of each file that small pairs, and no variants of
them, or techniques show soon: what CI has the time for."""

HARMLESS = Mutant(
    "harmless", "models_keras/architectures/mlp.py", "import keras", "import keras  # unchanged", "mlp_digits", ""
)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(CHOSEN, id="those that CI plants"),
        pytest.param([m for m in EVERY if m not in CHOSEN], id="all others", marks=pytest.mark.long),
    ],
)
def test_every_mutant_is_found_in_its_place_and_a_harmless_change_lives(chosen):
    verdicts = {verdict.mutant: verdict for verdict in planting.run([*chosen, HARMLESS], planting.ARM)}
    assert verdicts.pop(HARMLESS).caught is None
    assert [verdict for verdict in verdicts.values() if not verdict.located] == []
    assert verdicts.keys() == set(chosen)


SHORT = Mutant(
    "99 steps for 100",
    "models_keras/arm.py",
    "self.staged, count * self.workload.accumulation)\n\n    def infer",
    "self.staged, min(count, 99) * self.workload.accumulation)\n\n    def infer",
    "mlp_digits",
    "",
)


@pytest.mark.parametrize(
    "fault",
    [
        next(mutant for mutant in EVERY if mutant.name == "Adam beta_2 of .99"),
        pytest.param(SHORT, marks=pytest.mark.long),
    ],
    ids=lambda fault: fault.name,
)
def test_a_hundred_steps_in_float32_show_a_fault_by_themselves(fault):
    (verdict,) = planting.run([fault], planting.ARM, ["trajectory"])
    assert verdict.caught == "trajectory fp32"


def test_mutants_are_chosen_by_what_shows_them():
    assert {mutant.workload for mutant in planting.choose(["gru_mnist1d", "loss"])} == {"gru_mnist1d", "loss"}
    assert planting.choose([]) == list(EVERY)
    with pytest.raises(UnknownName, match="did you mean 'gru_mnist1d'"):
        planting.choose(["gru_mnist"])
