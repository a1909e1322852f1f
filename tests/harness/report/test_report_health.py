import pytest
from report_factories import raced, trained

from harness.report.health import health


def test_arms_that_start_alike():
    records = [trained(arm, seed, 0.9) for arm in ("torch", "keras-jax") for seed in (0, 1)]
    found = health("fp32", records)
    assert found.conflicts == ()
    assert [(a.what, a.compared) for a in found.agreements] == [
        ("initial parameters", 2),
        ("batch order", 2),
        ("data", 2),
    ]


@pytest.mark.parametrize(
    ("field", "what"),
    [("initial_sha256", "initial parameters"), ("order_sha256", "batch order"), ("dataset_sha256", "data")],
)
def test_a_conflict_names_who_has_what(field, what):
    records = [trained("torch", 1, 0.9, **{field: "a" * 64}), trained("keras-jax", 1, 0.9, **{field: "b" * 64})]
    assert health("fp32", records).conflicts == (f"{what}, accuracy seed 1: aaaaaaaa in torch; bbbbbbbb in keras-jax",)


def test_different_seeds_may_differ():
    records = [trained("torch", 0, 0.9), trained("keras-jax", 1, 0.9)]
    found = health("fp32", records)
    assert found.conflicts == ()
    assert found.agreements[0].compared == 0


def test_an_arm_without_hashes_is_named():
    records = [trained("torch", 0, 0.9), trained("keras-jax", 0, 0.9, initial_sha256=None)]
    assert health("fp32", records).agreements[0].silent == ("keras-jax",)


def losses(first, second):
    return [
        raced("torch", 0, 1.0, timing_changes={"first_loss": first}),
        raced("keras-jax", 0, 1.0, timing_changes={"first_loss": second}),
    ]


def test_the_spread_of_first_losses():
    assert health("fp32", losses(2.0, 1.5)).first_loss_spread == pytest.approx(0.25)
    assert health("fp32", losses(2.0, 1.5)[:1]).first_loss_spread is None


@pytest.mark.parametrize("random", ["dropout", "noise"])
def test_first_losses_of_what_draws_at_random_may_differ(random):
    records = [record.model_copy(update={"settings": {random: 0.5}}) for record in losses(2.0, 1.5)]
    assert health("fp32", records).conflicts == ()


@pytest.mark.parametrize(
    ("precision", "second", "conflicts"), [("fp32", 2.00001, 0), ("fp32", 2.0001, 1), ("bf16", 2.02, 0)]
)
def test_first_losses_that_rounding_does_not_explain(precision, second, conflicts):
    assert len(health(precision, losses(2.0, second)).conflicts) == conflicts


@pytest.mark.parametrize("track", ["matched", "stock"])
def test_float32_that_an_arm_read_back_as_tf32_compares_nothing(track):
    def read_back(arm, **settings):
        return raced(arm, 0, 1.0, settings=settings)

    strict = [
        read_back("torch", matmul_precision="ieee", convolution_precision="ieee"),
        read_back("keras-jax", matmul_precision="highest"),
        read_back("keras-tensorflow", tf32=False),
    ]
    assert health("fp32", strict, track).conflicts == ()
    loose = [
        *strict,
        read_back("keras-torch", matmul_precision="ieee", convolution_precision="tf32"),
        read_back("mine", tf32=True, convolution_precision="tf32"),
    ]
    assert health("fp32", loose, track).conflicts == (
        "not strict float32: convolution_precision was TF32 in keras-torch, mine",
        "not strict float32: tf32 was TF32 in mine",
    )
    rounded = [read_back("torch", matmul_precision="tf32"), read_back("keras-jax", matmul_precision="tensorfloat32")]
    assert health("tf32", rounded, track).conflicts == ()
    found = health("tf32", [*rounded, read_back("keras-tensorflow", tf32=False)], track).conflicts
    assert found == ("not TF32: tf32 was strict in keras-tensorflow",)
    assert health("bf16", loose, track).conflicts == ()
