"""Planted faults: the gates must find every one, and name the place. This is what makes a green gate mean something."""

import pytest
from large_pairs import LARGE

from harness.parity import planting
from harness.parity.mutants import MUTANTS, Mutant
from harness.registry import UnknownName


def test_mutants_fit_the_source():
    assert len(MUTANTS) >= 40
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        assert mutant.new in planting.patched(mutant)
        assert mutant.located, f"{mutant.name}: any place would do"


@pytest.mark.parametrize("old", ["not in the file", "ops.relu"])
def test_a_mutant_that_does_not_fit_is_refused(old):
    mutant = Mutant("stale", "models_keras/architectures/lenet.py", old, "", "lenet_mnist5k", "")
    with pytest.raises(ValueError, match=r"mutant 'stale': .* stands \d times in models_keras/architectures/lenet.py"):
        next(planting.run([mutant], planting.ARM))


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param([mutant for mutant in MUTANTS if mutant.workload not in LARGE], id="small"),
        pytest.param([mutant for mutant in MUTANTS if mutant.workload in LARGE], id="large", marks=pytest.mark.long),
    ],
)
def test_every_mutant_is_found_in_its_place(chosen):
    verdicts = list(planting.run(chosen, planting.ARM))
    assert [verdict for verdict in verdicts if not verdict.located] == []
    assert {verdict.mutant.name for verdict in verdicts} == {mutant.name for mutant in chosen}


def test_a_harmless_change_lives():
    harmless = Mutant(
        "harmless", "models_keras/architectures/mlp.py", "import keras", "import keras  # unchanged", "mlp_digits", ""
    )
    (verdict,) = planting.run([harmless], planting.ARM)
    assert verdict.caught is None
    assert not verdict.located


SHORT = Mutant(
    "99 steps for 100",
    "models_keras/arm.py",
    "self.staged, count * self.workload.accumulation)\n\n    def infer",
    "self.staged, min(count, 99) * self.workload.accumulation)\n\n    def infer",
    "mlp_digits",
    "",
)


@pytest.mark.parametrize("fault", ["Adam beta_2 of .99", SHORT.name])
def test_a_hundred_steps_in_float32_show_a_fault_by_themselves(fault):
    (mutant,) = (mutant for mutant in (*MUTANTS, SHORT) if mutant.name == fault)
    (verdict,) = planting.run([mutant], planting.ARM, ["trajectory"])
    assert verdict.caught == "trajectory fp32"


def test_mutants_are_chosen_by_what_shows_them():
    assert {mutant.workload for mutant in planting.choose(["gru_mnist1d", "loss"])} == {"gru_mnist1d", "loss"}
    assert planting.choose([]) == list(MUTANTS)
    with pytest.raises(UnknownName, match="did you mean 'gru_mnist1d'"):
        planting.choose(["gru_mnist"])
