"""Optimizers: what becomes of a loss in a fixed budget, each at a learning rate that suits it.

Every one trains the MLP on digits for ten epochs. Its learning rate is the best of 1 and 3 times powers of ten on
seed 0 in PyTorch, by the training loss (``python -m harness.tune optimizers.sgd …``).
"""

from benchmarks.techniques.variation import vary
from benchmarks.workloads.mlp_digits import WORKLOAD
from harness.contract import Expectation, Optimizer, Technique, Variant

EPOCHS = 10


def variant(name: str, about: str, optimizer: Optimizer) -> Variant:
    """Return the MLP on digits with another optimizer."""
    return vary(
        "optimizers", WORKLOAD, name, about, optimizer=optimizer, epochs=EPOCHS, figures=("weight_norm", "slot_bytes")
    )


def held(name: str, size: int) -> Expectation:
    """Return the expectation that an optimizer holds so many bytes for each parameter, in float32."""
    because = f"{size // 4} numbers of four bytes for each parameter" + (", two for a bias" if name == "muon" else "")
    return Expectation("slot_bytes", name, because, at_least=size, at_most=size + (0.1 if name == "muon" else 0))


TECHNIQUE = Technique(
    name="optimizers",
    title="Optimizers",
    about="Ten epochs of the MLP on digits, each optimizer at a learning rate that suits it.",
    variants=(
        variant("sgd", "plain gradient descent", Optimizer("sgd", 0.3)),
        variant("momentum", "with heavy-ball momentum", Optimizer("sgd", 0.03, momentum=0.9)),
        variant("nesterov", "with Nesterov's momentum", Optimizer("sgd", 0.1, momentum=0.9, nesterov=True)),
        variant("rmsprop", "RMSprop", Optimizer("rmsprop", 3e-3, rho=0.99)),
        variant("adagrad", "Adagrad", Optimizer("adagrad", 0.1, epsilon=1e-10)),
        variant("adadelta", "Adadelta", Optimizer("adadelta", 3.0, epsilon=1e-6)),
        variant("adam", "Adam", Optimizer("adam", 1e-2)),
        variant("adamw", "Adam with decoupled decay", Optimizer("adamw", 1e-2, weight_decay=0.01)),
        variant("nadam", "Adam with Nesterov's momentum", Optimizer("nadam", 3e-3)),
        variant("adamax", "Adam with the infinity norm", Optimizer("adamax", 3e-2)),
        variant("lion", "the sign of a momentum", Optimizer("lion", 1e-3, beta_2=0.99)),
        variant("muon", "momentum made orthogonal", Optimizer("muon", 1e-2, momentum=0.95, nesterov=True)),
    ),
    expectations=(
        Expectation(
            figure="train_loss",
            variant="adam",
            against="sgd",
            at_most=-0.005,
            because="a step of its own size for each parameter needs fewer of them (Kingma and Ba, 2015)",
        ),
        held("sgd", 0),
        held("momentum", 4),
        held("adagrad", 4),
        held("adam", 8),
        held("adamw", 8),
        held("adadelta", 8),
        held("lion", 4),
        held("muon", 4),
    ),
)
