"""Planted faults: the gates must find every one, and name the place. This is what makes a green gate mean something."""

import pytest
from large_pairs import LARGE

from harness.parity import planting
from harness.parity.engine import TECHNIQUES
from harness.parity.mutants import MUTANTS, Mutant
from harness.registry import UnknownName


def test_mutants_fit_the_source():
    assert len(ONE_OF_A_KIND) >= 40
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        assert mutant.new in planting.patched(mutant)
        assert mutant.located, f"{mutant.name}: any place would do"


@pytest.mark.parametrize("old", ["not in the file", "ops.relu"])
def test_a_mutant_that_does_not_fit_is_refused(old):
    mutant = Mutant("stale", "models_keras/architectures/lenet.py", old, "", "lenet_mnist5k", "")
    with pytest.raises(ValueError, match=r"mutant 'stale': .* stands \d times in models_keras/architectures/lenet.py"):
        next(planting.run([mutant], planting.ARM))


SMALL = [mutant for mutant in MUTANTS if mutant.workload not in LARGE]
OF_GATE = {m: m.workload if m.workload in TECHNIQUES and not m.arm else "" for m in SMALL}
ONE_OF_A_KIND = list({(m.path, OF_GATE[m]): m for m in reversed(SMALL)}.values())
"""The first fault of each file that small pairs show, and of those that each gate of techniques shows: what CI has the
time for."""

HARMLESS = Mutant(
    "harmless", "models_keras/architectures/mlp.py", "import keras", "import keras  # unchanged", "mlp_digits", ""
)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(ONE_OF_A_KIND, id="one of a kind"),
        pytest.param([m for m in MUTANTS if m not in ONE_OF_A_KIND], id="all others", marks=pytest.mark.long),
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


def test_a_hundred_steps_in_float32_show_a_fault_by_themselves():
    slow = [mutant for mutant in MUTANTS if mutant.name == "Adam beta_2 of .99"]
    verdicts = {
        verdict.mutant.name: verdict.caught for verdict in planting.run([*slow, SHORT], planting.ARM, ["trajectory"])
    }
    assert verdicts == dict.fromkeys(["Adam beta_2 of .99", SHORT.name], "trajectory fp32")


def test_mutants_are_chosen_by_what_shows_them():
    assert {mutant.workload for mutant in planting.choose(["gru_mnist1d", "loss"])} == {"gru_mnist1d", "loss"}
    assert planting.choose([]) == list(MUTANTS)
    with pytest.raises(UnknownName, match="did you mean 'gru_mnist1d'"):
        planting.choose(["gru_mnist"])
