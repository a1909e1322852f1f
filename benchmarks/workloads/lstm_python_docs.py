"""An LSTM on Python's documentation: which character comes next, 359,841 parameters.

One layer of 256 units that reads characters one after the other, 128 steps that depend on each other, where the GPT of
``gpt_python_docs`` sees them all at once: the same size, the same batches and as many steps.
"""

from harness.contract import Architecture, Clipping, Optimizer, Workload

WORKLOAD = Workload(
    name="lstm_python_docs",
    title="LSTM on Python's documentation",
    dataset="python_docs",
    form="tokens",
    architecture=Architecture(
        "recurrent", "RecurrentLM", {"vocabulary": 97, "width": 64, "hidden": 256, "layers": 1, "kind": "lstm"}
    ),
    optimizer=Optimizer("adam", learning_rate=2e-3, clipping=Clipping("global_norm", 1.0)),
    batch_size=16,
    epochs=12,
    loss="cross_entropy",
    metric="bits_per_character",
    target=1.93,
    margin=0.02,
    pilot="PyTorch 2.13, Python 3.11, 1 seed: 1.87 (a 4-gram model: 2.20); no better after 14 epochs",
)
