"""The ImageNet-size networks through gates 1 to 3, both halves in this process, on the backend of ``KERAS_BACKEND``.

Images are noise, and small: rounding grows with their size. Arguments: names of networks. Prints one JSON object:
network -> the findings of the gates, up to the first red one.
"""

import json
import sys

import keras
import numpy as np

from harness.contract import Architecture, Optimizer, Setup, Workload
from harness.parity import gates
from models_keras.arm import KerasArm
from models_torch.arm import TorchSession

NETWORKS = {
    "resnet18": (Architecture("resnet", "ResNet", {"depth": 18}), 96),
    "resnet50": (Architecture("resnet", "ResNet", {"depth": 50}), 96),
    "mobilenet": (Architecture("mobilenet", "MobileNetV2", {"dropout": 0.0}), 96),
    "vgg11": (Architecture("vgg", "VGG", {"image_size": 96, "hidden": 64, "dropout": 0.0}), 96),
}


class Half:
    """A session of this process, as gates see one of a worker."""

    def __init__(self, session, dtype):
        self.session, self.dtype = session, dtype

    def specs(self):
        return self.session.describe()

    def load(self, tensors):
        self.loaded = {name: tensor.astype(self.dtype) for name, tensor in tensors.items()}
        self.session.load(self.loaded)

    def probe(self, what, **arrays):
        if what == "change":
            self.session.load(self.loaded)
            return self.session.change(arrays)
        return self.session.taps(arrays["x"])


class Reference(Half):
    specs = property(Half.specs)


class Answered:
    """A half that was asked before: float32 comes first, since the arm sets Keras to float64 for good."""

    def __init__(self, answer):
        self.answer = answer

    def load(self, tensors):
        pass

    def probe(self, _what, x):
        return self.answer


class Subject:
    def __init__(self, name):
        architecture, side = NETWORKS[name]
        self.workload = Workload(
            name=name, title=name, dataset="", form="image", architecture=architecture,
            optimizer=Optimizer("sgd", learning_rate=0.1), batch_size=1, epochs=1, loss="cross_entropy", metric=None,
            target=None, margin=0.1, pilot="",
        )  # fmt: skip
        self.shape = (3, side, side)
        self.reference = Reference(TorchSession(Setup("fp64", 1), self.workload), "float64")
        self.tensors = gates.noise(self.reference.specs, seed=0)
        self.reference.load(self.tensors)
        self.x = np.random.default_rng(0).standard_normal((1, *self.shape))

    def open(self, arm, dtype):
        half = Half(arm.open(self.workload, self.shape, 1000), dtype)
        half.load(self.tensors)
        return half

    def findings(self, half, single):
        stage = gates.Stage(
            self.workload, None, keras.config.backend(), self.reference, half, lambda: Answered(single),
            None, None, self.tensors, self.x, None,
        )  # fmt: skip
        for gate in (gates.structure, gates.forward, gates.sensitivity):
            half.load(self.tensors)
            yield from gate(stage)


if __name__ == "__main__":
    subjects = {name: Subject(name) for name in sys.argv[1:]}
    arm = KerasArm(Setup("fp32", 1))
    singles = {name: subject.open(arm, "float32").probe("taps", x=subject.x) for name, subject in subjects.items()}
    arm = KerasArm(Setup("fp64", 1))
    keras.config.set_dtype_policy("float64")  # the policy in force was derived from float32
    told = {}
    for name, subject in subjects.items():
        half = subject.open(arm, "float64")
        told[name] = []
        for finding in subject.findings(half, singles[name]):
            told[name].append(finding.as_dict())
            if not finding.passed:
                break
    sys.stdout.write(json.dumps(told))
