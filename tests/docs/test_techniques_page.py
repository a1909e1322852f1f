"""``docs/techniques.md`` says what the records of a run say."""

import sys

import pytest

from harness import registry, techniques_page
from harness.contract import Cell, Outcome
from harness.run.coordinator import make_manifest
from harness.schema import Accuracy, Record, Suite
from harness.store.folder import RunFolder

OPTIMIZERS = registry.find_technique("optimizers")
REFERENCE = techniques_page.HOME / "results" / "reference" / "techniques"


@pytest.fixture
def run(tmp_path):
    """A run of two optimizers in two arms and both tracks, five seeds each."""
    names = ["optimizers.sgd", "optimizers.adam"]
    suite = Suite(
        name="mine",
        title="Mine",
        workloads=[{"name": name} for name in names],
        techniques=["optimizers"],
        arms=["torch", "keras-jax"],
        tracks=["matched", "stock"],
        launches=0,
        seeds=5,
    )
    folder = RunFolder(tmp_path / "mine")
    folder.create()
    folder.write_manifest(make_manifest("mine", suite, ["twinbench", "run", "mine"], None))
    for place, (name, arm, track, seed) in enumerate(
        (name, arm, track, seed) for name in names for arm in suite.arms for track in suite.tracks for seed in range(5)
    ):
        workload = registry.find_workload(name)
        cell = Cell("accuracy", name, arm, "fp32", 1, workload.batch_size, workload.epochs, seed, track)
        loss = {"optimizers.sgd": 0.5, "optimizers.adam": 0.3}[name] + 0.001 * seed
        accuracy = Accuracy(
            epoch_losses=[1.0, loss],
            metric=0.9 + 0.01 * seed,
            test_loss=0.4,
            train_s=1.0,
            final_sha256="f",
            order_sha256=f"{seed}",
            figures={"weight_norm": 12.0},
        )
        known = {"initial_sha256": f"{seed}", "dataset_sha256": "d", "started": "2026-01-01T00:00:00Z", "seconds": 1.0}
        folder.write_record(Record(key=f"{place:024d}", cell=cell, outcome=Outcome.OK, accuracy=accuracy, **known))
    return folder.path


def test_a_variant_has_a_paragraph_with_what_was_measured(run):
    page = techniques_page.page(techniques_page.read(run), run)
    (paragraph,) = [part for part in page.split("\n\n") if part.startswith("**adam**")]
    assert paragraph.startswith("**adam**: Adam. Matched, fp32: `torch` accuracy 92.00 ± 1.96 %")
    assert "(+0.00 [+0.00, +0.00] pp against `sgd`), last training loss 0.302 ± 0.00196, weight norm 12.0" in paragraph
    assert "Stock, fp32: `torch` accuracy" in paragraph
    assert "last training loss of `adam` less that of `sgd` is at most −0.005, because a step of its own" in paragraph
    assert paragraph.count("`keras-jax` **held**, −0.200 [−0.200, −0.200]") == 2
    assert "**momentum**" not in page


def test_the_page_is_written_and_compared(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(techniques_page, "PAGE", tmp_path / "techniques.md")
    command = ["techniques_page", str(run)]
    for arguments, status in (([*command, "--check"], 1), (command, None), ([*command, "--check"], 0)):
        monkeypatch.setattr(sys, "argv", arguments)
        if status is None:
            techniques_page.main()
        else:
            with pytest.raises(SystemExit) as end:
                techniques_page.main()
            assert end.value.code == status
    assert "**sgd**: plain gradient descent." in capsys.readouterr().out
    assert "**sgd**: plain gradient descent." in (tmp_path / "techniques.md").read_text(encoding="utf-8")


def test_the_page_is_what_the_records_say():
    committed = (REFERENCE / "run.json").exists()
    assert techniques_page.PAGE.exists() == committed, "the page and the run that it is written from come together"
    if committed:
        written = techniques_page.page(techniques_page.read(REFERENCE), REFERENCE)
        assert techniques_page.PAGE.read_text(encoding="utf-8") == written, "make techniques-page renews it"
