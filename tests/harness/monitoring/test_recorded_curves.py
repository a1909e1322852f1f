"""What a run recorded, as event files."""

import pytest
from event_files import read
from report_factories import block, failed, passed, raced, trained

from harness.contract import Outcome
from harness.monitoring.curves import Curves, part
from harness.registry import UnknownName


def scalars(folder):
    """Tag -> steps and values."""
    found = {}
    for event in read(folder):
        for value in event.summary.value:
            if value.HasField("simple_value"):
                found.setdefault(value.tag, []).append((event.step, pytest.approx(value.simple_value)))
    return found


def test_a_training_is_its_losses_by_epoch_and_its_figures_at_the_end(tmp_path):
    record = trained("torch", 3, 0.9, losses=(1.0, 0.5), on="mlp_digits", figures={"sharpness": 7.0})
    Curves(tmp_path).record(record)
    assert scalars(tmp_path / "mlp_digits-fp32" / "torch-seed-3") == {
        "loss/train": [(1, 1.0), (2, 0.5)],
        "accuracy/test": [(2, 0.9)],
        "loss/test": [(2, 0.3)],
        "figures/sharpness": [(2, 7.0)],
    }


def test_a_race_is_its_clean_blocks_and_what_is_known_of_its_process(tmp_path):
    blocks = [block(0, 2.0), block(1, 9.0, contended=True), block(1, 2.5, rerun=1)]
    curves = Curves(tmp_path)
    curves.record(raced("torch", 1, blocks, track="stock"))
    curves.record(passed("torch", 1, [0.5], batch_size=64))
    curves.record(passed("torch", 1, [0.25], batch_size=16))
    assert scalars(tmp_path / "mlp_digits-fp32-stock" / "torch-launch-1") == {
        "milliseconds/step": [(1, 2.0), (2, 2.5)],
        "seconds/first_step": [(0, 0.5)],
        "seconds/cold_start": [(0, 3.0)],
        "MiB/peak_host_memory": [(0, 400.0)],
    }
    assert scalars(tmp_path / "mlp_digits-fp32" / "torch-inference-launch-1") == {"milliseconds/step": [(1, 0.5)]}
    other = tmp_path / "mlp_digits-fp32" / "torch-inference-batch-16-launch-1"
    assert scalars(other) == {"milliseconds/step": [(1, 0.25)]}


def test_what_failed_leaves_nothing(tmp_path):
    Curves(tmp_path).record(failed("accuracy", "torch", 0, Outcome.CRASHED, "gone"))
    assert list(tmp_path.iterdir()) == []


def test_a_workload_that_is_gone_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'mlp_digits'"):
        Curves(tmp_path).record(trained("torch", 0, 0.9, on="mlp_digit"))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("keras-jax", "keras-jax"),
        ("optimizers.adam", "optimizers.adam"),
        ("..", "%2E."),
        ("../../etc", "%2E.%2F..%2Fetc"),
        ("a\n<b>|c", "a%0A%3Cb%3E%7Cc"),
        ("數字 \ud800", "數字 %D800"),
    ],
)
def test_a_name_leads_nowhere_else(tmp_path, name, safe):
    assert part(name) == safe
    assert (tmp_path / part(name)).parent == tmp_path
