"""Ours and their peers on small models, both in this process. Arguments: framework, then workloads.

The framework is ``torch`` or ``keras``, on the backend of ``KERAS_BACKEND``. Prints one JSON object: workload -> how
far outputs and the first loss are apart, relative, and whether the peer's dump gives what was loaded.
"""

import dataclasses
import importlib
import json
import sys

import numpy as np

from harness import matched, registry
from harness.contract import Setup
from harness.parity.gates import noise

SMALL = {
    "vit": {"image_size": 32, "patch_size": 8, "width": 48, "depth": 2, "heads": 4, "mlp_width": 64},
    "transformer": {"vocabulary": 50, "length": 20, "width": 48, "depth": 2, "heads": 4, "mlp_width": 64},
    "gpt": {"vocabulary": 50, "length": 20, "width": 48, "depth": 2, "heads": 4},
}


def small(name):
    """Return the workload with a small model, and a batch for it."""
    workload, random = registry.find_workload(name), np.random.default_rng(0)
    architecture = workload.architecture
    arguments = {**architecture.arguments, **SMALL.get(architecture.file, {})}
    workload = dataclasses.replace(workload, architecture=dataclasses.replace(architecture, arguments=arguments))
    if workload.form == "tokens":
        x = random.integers(1, 50, (3, 16))
        return workload, x, random.integers(0, 50, x.shape) if name.startswith("gpt") else random.integers(0, 2, 3)
    side = arguments.get("image_size", 64)
    return workload, random.standard_normal((3, 3, side, side)).astype("float32"), random.integers(0, 1000, 3)


def told_by(arm, workload, x, y):
    session = arm.open(workload, x.shape[1:], 50)
    tensors = {name: tensor.astype("float32") for name, tensor in noise(session.describe(), 0).items()}
    session.load(tensors)
    same = matched.hash_tensors(session.dump()) == matched.hash_tensors(tensors)
    session.stage([(x, y)])
    outputs = session.predict(x, len(x))
    return same, outputs, session.run_steps(1)


def far(found, expected):
    return float(np.max(np.abs(found - expected)) / np.sqrt(np.mean(np.square(expected))))


def check(arms, name):
    (_, *ours), (same, *peers) = (told_by(arm, *small(name)) for arm in arms)
    return {"same": same, "outputs": far(peers[0], ours[0]), "loss": far(peers[1], ours[1])}


if __name__ == "__main__":
    framework, *names = sys.argv[1:]
    setup = Setup("fp32", 1)
    ours = getattr(importlib.import_module(f"models_{framework}.arm"), f"{framework.title()}Arm")(setup)
    peers = importlib.import_module(f"benchmarks.peers.{framework}_arm").PublishedArm(setup)
    sys.stdout.write(json.dumps({name: check((ours, peers), name) for name in names}))
