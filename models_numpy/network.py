"""What every architecture of the witness is: affine layers with canonical names, run forwards and backwards."""

from __future__ import annotations

from abc import ABC, abstractmethod

from models_numpy.layers import Affine, Floats


class Network(ABC):
    """A function with parameters.

    Attributes:
        affines: The layers that hold parameters, by canonical name, in order of definition.
    """

    affines: dict[str, Affine]

    @abstractmethod
    def forward(self, x: Floats) -> Floats:
        """Map x (N, in_features) to y (N, out_features), and remember what ``backward`` needs."""

    @abstractmethod
    def backward(self, dy: Floats) -> Floats:
        """Take dL/dy (N, out_features), set the gradients of all layers, return dL/dx (N, in_features)."""

    def parameters(self) -> dict[str, Floats]:
        """Return the parameters themselves, not copies, by canonical name."""
        return {
            f"{name}.{tensor}": array
            for name, affine in self.affines.items()
            for tensor, array in (("weight", affine.weight), ("bias", affine.bias))
        }

    def gradients(self) -> dict[str, Floats]:
        """Return dL/dp of the last ``backward`` under the names of ``parameters``."""
        return {
            f"{name}.{tensor}": array
            for name, affine in self.affines.items()
            for tensor, array in (("weight", affine.weight_gradient), ("bias", affine.bias_gradient))
        }
