"""The witness against its own oracles: finite differences and PyTorch in float64."""

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from itertools import cycle, islice, pairwise
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from harness.contract import Architecture, Optimizer, Setup, TensorSpec, Workload
from models_numpy import ARMS, losses
from models_numpy.architectures.linear import Linear
from models_numpy.architectures.mlp import MLP
from models_numpy.arm import NumpyArm, NumpySession
from models_numpy.layers import Affine, Floats, ReLU
from models_numpy.losses import cross_entropy, mean_squared_error
from models_numpy.network import Network
from models_numpy.optimizers import SGD, Adam

Array: TypeAlias = NDArray[Any]
Tensors: TypeAlias = Mapping[str, Array]

FEATURES, HIDDEN, OUTPUTS = 5, (7, 6), 3
RULES = {
    "sgd": Optimizer("sgd", 0.1),
    "momentum": Optimizer("sgd", 0.05, momentum=0.9),
    "adam": Optimizer("adam", 0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-3),
}
SMALL_MLP = Architecture("mlp", "MLP", {"in_features": FEATURES, "hidden": HIDDEN, "out_features": OUTPUTS})
LOSSES: dict[str, Callable[[Array, Array], tuple[float, Floats]]] = {
    "cross_entropy": cross_entropy,
    "mse": mean_squared_error,
}


def finite_difference(function: Callable[[], float], at: Floats, h: float = 1e-5) -> Floats:
    """Central differences of a scalar function of one array, which is changed and restored in place."""
    gradient = np.empty_like(at)
    for index in np.ndindex(at.shape):
        kept = at[index]
        at[index] = kept + h
        above = function()
        at[index] = kept - h
        below = function()
        at[index] = kept
        gradient[index] = (above - below) / (2 * h)
    return gradient


def relative_error(actual: Floats, expected: Floats) -> float:
    return np.abs(actual - expected).max() / np.abs(expected).max()


def data(loss: str, samples: int = 17, seed: int = 1) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, FEATURES))
    y = rng.integers(OUTPUTS, size=samples) if loss == "cross_entropy" else rng.normal(size=(samples, OUTPUTS))
    return x, y


def workload(loss: str = "cross_entropy", rule: str = "sgd", architecture: Architecture = SMALL_MLP) -> Workload:
    return Workload(
        name="small",
        title="small",
        dataset="none",
        form="features",
        architecture=architecture,
        optimizer=RULES[rule],
        batch_size=8,
        epochs=1,
        loss=loss,
        metric="accuracy" if loss == "cross_entropy" else "r2",
        target=0.0,
        margin=0.0,
        pilot="none",
    )


def open_session(
    loss: str = "cross_entropy", rule: str = "sgd", architecture: Architecture = SMALL_MLP
) -> NumpySession:
    return NumpyArm(Setup("fp64", threads=1)).open(workload(loss, rule, architecture), (FEATURES,), OUTPUTS)


class TorchTwin:
    """The same MLP and training loop in torch.nn and torch.optim, float64."""

    def __init__(self, tensors: Tensors, loss: str, rule: str) -> None:
        widths = (FEATURES, *HIDDEN, OUTPUTS)
        affines = [nn.Linear(*pair, dtype=torch.float64) for pair in pairwise(widths)]
        self.named = {f"fc.{i}.{name}": p for i, a in enumerate(affines) for name, p in a.named_parameters()}
        with torch.no_grad():
            for name, p in self.named.items():
                p.copy_(torch.from_numpy(tensors[name]))
        hidden = [module for affine in affines[:-1] for module in (affine, nn.ReLU())]
        self.model = nn.Sequential(*hidden, affines[-1])
        self.loss = nn.CrossEntropyLoss() if loss == "cross_entropy" else nn.MSELoss()
        self.optimizer = torch_optimizer(RULES[rule], self.model.parameters())

    def step(self, x: Array, y: Array) -> float:
        self.optimizer.zero_grad()
        loss = self.loss(self.model(torch.from_numpy(x)), torch.from_numpy(y))
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def dump(self) -> dict[str, Array]:
        return {name: p.detach().numpy().copy() for name, p in self.named.items()}


def torch_optimizer(rule: Optimizer, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    if rule.name == "sgd":
        return torch.optim.SGD(parameters, lr=rule.learning_rate, momentum=rule.momentum)
    return torch.optim.Adam(parameters, rule.learning_rate, (rule.beta_1, rule.beta_2), rule.epsilon)


def assert_close(actual: Tensors, expected: Tensors, tolerance: float) -> None:
    assert actual.keys() == expected.keys()
    for name, tensor in expected.items():
        np.testing.assert_allclose(actual[name], tensor, rtol=0, atol=tolerance, err_msg=name)


def test_declares_the_arm_without_importing_numpy() -> None:
    code = "import models_numpy, sys; print('numpy' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def test_entry_names_the_factory() -> None:
    (spec,) = ARMS
    module, factory = spec.entry.split(":")
    assert getattr(importlib.import_module(module), factory) is NumpyArm
    assert spec.witness


def test_affine_gradients_equal_finite_differences() -> None:
    rng = np.random.default_rng(0)
    affine = Affine(FEATURES, OUTPUTS, rng)
    affine.bias[:] = rng.normal(size=OUTPUTS)
    x, dy = rng.normal(size=(4, FEATURES)), rng.normal(size=(4, OUTPUTS))

    def scalar() -> float:
        return float((affine.forward(x) * dy).sum())

    scalar()
    dx = affine.backward(dy)
    assert relative_error(dx, finite_difference(scalar, x)) <= 1e-7
    assert relative_error(affine.weight_gradient, finite_difference(scalar, affine.weight)) <= 1e-7
    assert relative_error(affine.bias_gradient, finite_difference(scalar, affine.bias)) <= 1e-7


def test_affine_equals_torch_linear() -> None:
    rng = np.random.default_rng(0)
    affine = Affine(FEATURES, OUTPUTS, rng)
    affine.bias[:] = rng.normal(size=OUTPUTS)
    x = rng.normal(size=(4, FEATURES))
    expected = nn.functional.linear(*map(torch.from_numpy, (x, affine.weight, affine.bias))).numpy()
    np.testing.assert_allclose(affine.forward(x), expected, rtol=1e-14, atol=1e-14)


def test_relu_gradient_equals_finite_differences_and_is_zero_at_zero() -> None:
    rng = np.random.default_rng(0)
    relu, x, dy = ReLU(), rng.normal(size=(4, 6)), rng.normal(size=(4, 6))

    def scalar() -> float:
        return float((relu.forward(x) * dy).sum())

    scalar()
    assert relative_error(relu.backward(dy), finite_difference(scalar, x)) <= 1e-7
    relu.forward(np.zeros((1, 1)))
    assert relu.backward(np.ones((1, 1))) == 0.0


@pytest.mark.parametrize("name", LOSSES)
def test_loss_equals_torch_and_its_gradient_finite_differences(name: str) -> None:
    _, y = data(name)
    outputs = 3.0 * np.random.default_rng(2).normal(size=(len(y), OUTPUTS))
    value, gradient = LOSSES[name](outputs, y)
    reference = {"cross_entropy": nn.functional.cross_entropy, "mse": nn.functional.mse_loss}[name]
    assert value == pytest.approx(reference(torch.from_numpy(outputs), torch.from_numpy(y)).item(), rel=1e-14)
    assert relative_error(gradient, finite_difference(lambda: LOSSES[name](outputs, y)[0], outputs)) <= 1e-7


def test_cross_entropy_survives_huge_logits() -> None:
    value, gradient = cross_entropy(np.array([[1e4, 0.0, -1e4], [-1e4, 1e4, 0.0]]), np.array([0, 0]))
    assert value == 1e4
    np.testing.assert_array_equal(gradient, [[0.0, 0.0, 0.0], [-0.5, 0.5, 0.0]])


def test_mean_squared_error_refuses_to_broadcast() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        mean_squared_error(np.zeros((4, 1)), np.zeros(4))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("network", [Linear(FEATURES, OUTPUTS), MLP(FEATURES, HIDDEN, OUTPUTS)], ids=["linear", "mlp"])
def test_network_gradients_equal_finite_differences(network: Network, loss: str) -> None:
    x, y = data(loss)
    _, dy = LOSSES[loss](network.forward(x), y)
    dx = network.backward(dy)

    def scalar() -> float:
        return LOSSES[loss](network.forward(x), y)[0]

    assert relative_error(dx, finite_difference(scalar, x)) <= 1e-7
    gradients = network.gradients()
    for name, p in network.parameters().items():
        assert relative_error(gradients[name], finite_difference(scalar, p)) <= 1e-7, name


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("scale", [1.0, 1e-4], ids=["gradients near 1", "gradients below epsilon"])
def test_optimizer_equals_torch(rule: Optimizer, scale: float) -> None:
    rng = np.random.default_rng(3)
    parameters = {"weight": rng.normal(size=(4, 3)), "bias": rng.normal(size=4)}
    twins = {name: nn.Parameter(torch.from_numpy(p.copy())) for name, p in parameters.items()}
    theirs = torch_optimizer(rule, twins.values())
    ours = (
        SGD(rule.learning_rate, rule.momentum)
        if rule.name == "sgd"
        else Adam(rule.learning_rate, rule.beta_1, rule.beta_2, rule.epsilon)
    )
    for _ in range(10):
        gradients = {name: scale * rng.normal(size=p.shape) for name, p in parameters.items()}
        for name, twin in twins.items():
            twin.grad = torch.from_numpy(gradients[name])
        theirs.step()
        ours.step(parameters, gradients)
    assert_close(parameters, {name: twin.detach().numpy() for name, twin in twins.items()}, 1e-12)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("rule", RULES)
def test_steps_equal_torch(loss: str, rule: str) -> None:
    batches = [data(loss, samples=8, seed=seed) for seed in range(3)]
    session = open_session(loss, rule)
    twin = TorchTwin(session.dump(), loss, rule)
    session.stage(batches)
    turns = cycle(batches)
    for count in (1, 4, 15):
        losses = [twin.step(x, y) for x, y in islice(turns, count)]
        assert session.run_steps(count) == pytest.approx(losses[-1], abs=1e-10)
    assert_close(session.dump(), twin.dump(), 1e-10)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("rule", RULES)
def test_fit_equals_torch_and_keeps_the_smaller_last_batch(loss: str, rule: str) -> None:
    x, y = data(loss, samples=21)
    session = open_session(loss, rule)
    twin = TorchTwin(session.dump(), loss, rule)
    orders = [np.random.default_rng(seed).permutation(21) for seed in range(4)]
    expected = []
    for order in orders:
        sums = [twin.step(x[part], y[part]) * len(part) for part in (order[:8], order[8:16], order[16:])]
        expected.append(sum(sums) / 21)
    assert session.fit(x, y, orders, batch_size=8) == pytest.approx(expected, abs=1e-10)
    assert_close(session.dump(), twin.dump(), 1e-10)
    with torch.no_grad():
        outputs = twin.model(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(session.predict(x, batch_size=8), outputs, rtol=0, atol=1e-10)


def test_float32_arrays_are_computed_in_float64() -> None:
    x, y = data("mse", samples=8)
    x, y = x.astype(np.float32), y.astype(np.float32)
    session = open_session("mse", "adam")
    twin = TorchTwin(session.dump(), "mse", "adam")
    expected = twin.step(x.astype(np.float64), y.astype(np.float64))
    assert session.fit(x, y, [np.arange(8)], batch_size=8) == pytest.approx([expected], rel=1e-14)
    assert session.predict(x, 8).dtype == np.float64
    assert {p.dtype for p in session.dump().values()} == {np.dtype(np.float64)}


def test_own_initial_parameters_train() -> None:
    x, y = data("cross_entropy", samples=8)
    wide = Architecture("mlp", "MLP", {"in_features": FEATURES, "hidden": (32, 32), "out_features": OUTPUTS})
    session = open_session("cross_entropy", "adam", wide)
    losses = session.fit(x, y, [np.arange(8)] * 200, batch_size=8)
    assert losses[0] > 0.5
    assert losses[-1] < 0.01


def test_describe_gives_canonical_names_and_layouts() -> None:
    specs = open_session().describe()
    assert list(specs) == ["fc.0.weight", "fc.0.bias", "fc.1.weight", "fc.1.bias", "fc.2.weight", "fc.2.bias"]
    assert specs["fc.0.weight"] == TensorSpec((7, 5), "linear")
    assert specs["fc.2.bias"] == TensorSpec((3,), "linear")
    linear = Architecture("linear", "Linear", {"in_features": FEATURES, "out_features": OUTPUTS})
    assert open_session(architecture=linear).describe() == {
        "fc.weight": TensorSpec((3, 5), "linear"),
        "fc.bias": TensorSpec((3,), "linear"),
    }


def test_dump_returns_what_was_loaded_and_stays_as_it_was() -> None:
    session = open_session()
    rng = np.random.default_rng(4)
    tensors = {name: rng.normal(size=spec.shape) for name, spec in session.describe().items()}
    session.load(tensors)
    dumped = session.dump()
    session.fit(*data("cross_entropy"), [np.arange(17)], batch_size=8)
    assert_close(dumped, tensors, 0.0)
    assert not np.array_equal(session.dump()["fc.0.weight"], tensors["fc.0.weight"])


@pytest.mark.parametrize("rule", ["momentum", "adam"])
def test_load_resets_the_optimizer(rule: str) -> None:
    x, y = data("cross_entropy")
    session = open_session("cross_entropy", rule)
    initial = session.dump()
    orders = [np.arange(17)] * 3
    first = session.fit(x, y, orders, batch_size=8)
    session.load(initial)
    assert session.fit(x, y, orders, batch_size=8) == first


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda tensors: tensors.pop("fc.2.bias"), "fc.2.bias"),
        (lambda tensors: tensors.update(head=np.zeros(1)), "head"),
        (lambda tensors: tensors.update({"fc.1.weight": tensors["fc.1.weight"].T}), r"fc.1.weight: shape \(7, 6\)"),
        (lambda tensors: tensors.update({"fc.2.bias": np.zeros(1)}), "fc.2.bias"),
    ],
    ids=["missing", "unknown", "transposed", "would broadcast"],
)
def test_load_refuses_what_does_not_fit_and_changes_nothing(
    change: Callable[[dict[str, Array]], None], named: str
) -> None:
    session = open_session()
    before = session.dump()
    tensors = {name: tensor + 1.0 for name, tensor in before.items()}
    change(tensors)
    with pytest.raises(ValueError, match=named):
        session.load(tensors)
    assert_close(session.dump(), before, 0.0)


def test_settings_are_read_back() -> None:
    settings = open_session().settings()
    assert settings["parameter_dtype"] == "float64"
    assert settings["threads"] == 1
    assert settings["versions"] == {"numpy": np.__version__}
    assert settings["blas"]


def test_the_arm_says_which_losses_it_has():
    (arm,) = ARMS
    assert set(arm.losses) == losses.LOSSES.keys()
