"""Libraries of classical models that go wrong, for the process that fits them; ``CHAOS`` names how to start each."""

from __future__ import annotations

import os

import numpy as np

from harness.contract import ArmSpec


class Fault:
    """A model of which nothing but what its sub-class breaks is wrong; it names the first class, or 0."""

    def __init__(self, setup) -> None:
        self.setup = setup

    def open(self, estimator, outputs, seed):
        self.outputs = outputs
        return self

    def fit(self, x, y):
        pass

    def predict(self, x):
        return np.eye(self.outputs)[np.zeros(len(x), int)]

    def settings(self):
        return {"model": type(self).__name__}


class Fails(Fault):
    def fit(self, x, y):
        raise ValueError("no such thing as a kernel")


class Exits(Fault):
    def fit(self, x, y):
        os._exit(3)


class Misshapes(Fault):
    def predict(self, x):
        return np.zeros(len(x))


class Tampers(Fault):
    def fit(self, x, y):
        y[:] = 0


class Babbles(Fault):
    def settings(self):
        return None


CHAOS = {
    fault.__name__: ArmSpec("sklearn", f"chaos_classical:{fault.__name__}", needs=(), distributions=(), witness=True)
    for fault in (Fails, Exits, Misshapes, Tampers, Babbles)
}
