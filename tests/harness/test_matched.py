import dataclasses
import hashlib
import subprocess
import sys

import numpy as np
import pytest

from harness import matched, registry
from harness.contract import Loading, TensorSpec

DENSE = {"fc.weight": TensorSpec((10, 64), "linear"), "fc.bias": TensorSpec((10,), "linear")}
CONV = {"features.0.weight": TensorSpec((6, 3, 5, 5), "conv"), "features.0.bias": TensorSpec((6,), "conv")}
RECURRENT = {
    f"gru.{name}{direction}": TensorSpec(shape, "recurrent")
    for direction in ("", "_reverse")
    for name, shape in {
        "weight_ih_l0": (18, 4),
        "weight_hh_l0": (18, 6),
        "bias_ih_l0": (18,),
        "bias_hh_l0": (18,),
    }.items()
}
EVERY = DENSE | CONV | RECURRENT


def same(mine, theirs):
    return mine.keys() == theirs.keys() and all(np.array_equal(mine[name], theirs[name]) for name in mine)


def test_parameters_depend_on_nothing_but_seed_name_and_shape():
    drawn = matched.initial_parameters(EVERY, 3)
    backwards = matched.initial_parameters(dict(reversed(EVERY.items())), 3)
    assert same(drawn, backwards)
    assert same(matched.initial_parameters(DENSE, 3), {name: drawn[name] for name in DENSE})
    assert {name: tensor.shape for name, tensor in drawn.items()} == {name: spec.shape for name, spec in EVERY.items()}


def test_parameters_differ_by_seed_and_by_name():
    first, second = (matched.initial_parameters(EVERY, seed) for seed in (0, 1))
    assert not any(np.array_equal(first[name], second[name]) for name in EVERY)
    assert not np.array_equal(first["gru.weight_ih_l0"], first["gru.weight_ih_l0_reverse"])
    assert not np.array_equal(first["gru.bias_ih_l0"], first["gru.bias_hh_l0"])


@pytest.mark.parametrize(
    ("specs", "bound"),
    [(DENSE, 1 / 8), (CONV, 1 / np.sqrt(3 * 5 * 5)), (RECURRENT, 1 / np.sqrt(6))],
    ids=["linear", "conv", "recurrent"],
)
def test_parameters_fill_pytorchs_default_range(specs, bound):
    for seed in range(5):
        for name, tensor in matched.initial_parameters(specs, seed).items():
            assert np.abs(tensor).max() <= bound, name
    pooled = np.concatenate(
        [t.ravel() for seed in range(200) for t in matched.initial_parameters(specs, seed).values()]
    )
    assert np.abs(pooled).max() > 0.999 * bound
    assert abs(pooled.mean()) < 0.02 * bound
    assert pooled.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)


def test_another_process_draws_the_same():
    script = """
from harness import matched
from harness.contract import TensorSpec
specs = {"fc.bias": TensorSpec((10,), "linear"), "fc.weight": TensorSpec((10, 64), "linear")}
print(matched.hash_tensors(matched.initial_parameters(specs, 3)))
print(matched.hash_orders(matched.batch_orders(100, 4, 3, True)))
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert told == [
        matched.hash_tensors(matched.initial_parameters(DENSE, 3)),
        matched.hash_orders(matched.batch_orders(100, 4, 3, shuffle=True)),
    ]


def test_orders_are_permutations_that_differ_by_epoch_and_seed():
    orders = [order for seed in range(3) for order in matched.batch_orders(50, 4, seed, shuffle=True)]
    assert len({tuple(order) for order in orders}) == 12
    assert all(sorted(order) == list(range(50)) for order in orders)


def test_orders_are_the_same_at_every_call_and_do_not_depend_on_the_number_of_epochs():
    short, long = (list(matched.batch_orders(50, epochs, 1, shuffle=True)) for epochs in (2, 5))
    assert all(map(np.array_equal, short, long))


def test_without_shuffling_every_order_is_natural():
    assert [list(order) for order in matched.batch_orders(4, 2, 9, shuffle=False)] == [[0, 1, 2, 3]] * 2


@pytest.mark.parametrize(
    ("shape", "form", "brought"),
    [
        ((7, 1, 8, 8), "features", (7, 64)),
        ((7, 30), "features", (7, 30)),
        ((7, 1, 28, 28), "image", (7, 1, 28, 28)),
        ((7, 40), "signal", (7, 1, 40)),
        ((7, 40), "sequence", (7, 40, 1)),
        ((7, 3, 64), "sequence", (7, 3, 64)),
    ],
)
def test_inputs_take_the_canonical_shape_of_a_form(shape, form, brought):
    x = np.arange(np.prod(shape)).reshape(shape)
    given = matched.as_input(x, form)
    assert given.shape == brought
    assert np.array_equal(given.ravel(), x.ravel())


@pytest.mark.parametrize(("shape", "form"), [((7, 40), "image"), ((7, 1, 8, 8), "signal"), ((7, 1, 8, 8), "sequence")])
def test_inputs_that_have_no_such_form_are_refused(shape, form):
    with pytest.raises(ValueError, match=f"have no form '{form}'"):
        matched.as_input(np.zeros(shape), form)


@pytest.fixture
def digits():
    return registry.load_dataset("digits"), registry.find_workload("softmax_digits")


def test_staged_batches_open_the_first_epoch_of_seed_0(digits):
    dataset, workload = digits
    batches = matched.stage_batches(dataset, workload, 64)
    order = next(matched.batch_orders(len(dataset.x_train), 1, 0, shuffle=True))
    assert [x.shape for x, _ in batches] == [(64, 64)] * 16
    assert np.array_equal(np.concatenate([y for _, y in batches]), dataset.y_train[order[: 16 * 64]])
    assert np.array_equal(batches[1][0][0], dataset.x_train[order[64]].ravel())


def test_a_training_set_smaller_than_a_batch_is_refused(digits):
    with pytest.raises(ValueError, match="digits has 1438 training samples, fewer than a batch of 2000"):
        matched.stage_batches(*digits, 2000)
    assert len(matched.stage_batches(*digits, 500)) == 2


def test_batches_of_a_pipeline_are_told_from_others_by_their_order_and_values(digits):
    dataset, workload = digits
    dataset = dataset.first(130)
    assert "fed" not in matched.hash_data(dataset, workload)
    workload = dataclasses.replace(workload, loading=Loading("dataloader"), batch_size=50)
    x, y = matched.as_input(dataset.x_train, "features"), dataset.y_train
    parts = [part for order in matched.batch_orders(130, 2, 0, True) for part in np.split(order, [50, 100])]
    fed = [(x[part].astype("float64"), y[part].astype("int32")) for part in parts]
    assert [len(part) for part in parts] == [50, 50, 30] * 2
    known = matched.hash_data(dataset, workload)["fed"]
    assert matched.hash_data(dataset, workload, fed=fed)["fed"] == known
    turned = [fed[1], fed[0], *fed[2:]]
    for other in (turned, fed[:-1], [(fed[0][0], fed[1][1]), *fed[1:]]):
        assert matched.hash_data(dataset, workload, fed=other)["fed"] != known


def test_hash_covers_names_shapes_types_and_values():
    tensors = {"a": np.zeros((2, 3), "float32"), "b": np.ones(2)}
    known = matched.hash_tensors(tensors)
    assert known == matched.hash_tensors(dict(reversed(tensors.items())))
    assert known == matched.hash_tensors({name: np.asfortranarray(tensor) for name, tensor in tensors.items()})
    others = [
        {"c": tensors["a"], "b": tensors["b"]},
        tensors | {"a": np.zeros((3, 2), "float32")},
        tensors | {"a": np.zeros((2, 3), "int32")},
        tensors | {"b": np.array([1.0, np.nextafter(1.0, 2)])},
    ]
    assert len({known, *map(matched.hash_tensors, others)}) == 5


def test_hash_is_the_documented_sha256():
    tensor = np.arange(3, dtype="<i8")
    assert matched.hash_tensors({"x": tensor}) == hashlib.sha256(b"x (3,) <i8\n" + tensor.tobytes()).hexdigest()


def test_chosen_deviations_take_the_place_of_the_default_rules():
    specs = {
        "token.weight": TensorSpec((400, 30), "embedding"),
        "fc.weight": TensorSpec((300, 30), "linear"),
        "fc.bias": TensorSpec((300,), "linear"),
        "norm.weight": TensorSpec((30,), "norm"),
        "head.weight": TensorSpec((300, 30), "linear"),
    }
    drawn = matched.initial_parameters(specs, 0, {"fc.bias": 0.0, "head.*": 0.5, "*.weight": 0.02})
    assert drawn["token.weight"].std() == pytest.approx(0.02, rel=0.05)
    assert drawn["fc.weight"].std() == pytest.approx(0.02, rel=0.05)
    assert drawn["head.weight"].std() == pytest.approx(0.5, rel=0.05)
    assert not drawn["fc.bias"].any()
    assert (drawn["norm.weight"] == 1).all()


def test_targets_take_the_shape_of_the_outputs():
    classes, images = np.array([0, 1, 1]), np.arange(24.0).reshape(3, 1, 2, 4)
    workload = registry.find_workload("softmax_digits")

    def changed(**fields):
        return dataclasses.replace(workload, **fields)

    assert matched.as_target(classes, workload) is classes
    binary = matched.as_target(classes, changed(loss="binary_cross_entropy"))
    assert binary.dtype == np.float32
    assert binary.tolist() == [[0.0], [1.0], [1.0]]
    assert matched.as_target(images, changed(loss="mse", form="image")) is images
    assert matched.as_target(images, changed(loss="mse", form="features")).shape == (3, 8)
    assert matched.as_target(images, changed(loss="negative_elbo", form="image")).shape == (3, 8)


def test_ids_stay_ids():
    ids = np.array([[3, 1], [0, 2]])
    assert matched.as_input(ids, "tokens") is ids
    with pytest.raises(ValueError, match="no form 'tokens'"):
        matched.as_input(ids.astype(np.float32), "tokens")


def test_inputs_of_the_own_size_are_those_of_the_staged_batches_and_a_larger_batch_repeats_samples():
    workload = registry.find_workload("softmax_digits")
    dataset = registry.load_dataset("digits")
    batches, passes = (stage(dataset, workload, 64) for stage in (matched.stage_batches, matched.stage_inputs))
    assert len(passes) == 16
    assert all((x == y).all() for (x, _), y in zip(batches, passes, strict=True))
    assert {x.shape for x in matched.stage_inputs(dataset, workload, 1)} == {(1, 64)}
    assert len(matched.stage_inputs(dataset, workload, 1000)) == 1
    samples = len(dataset.x_train)
    (large,) = matched.stage_inputs(dataset, workload, 2 * samples + 5)
    assert large.shape == (2 * samples + 5, 64)
    assert (large[:samples] == large[samples : 2 * samples]).all()
    assert (large[:5] == large[-5:]).all()
