"""Learned vectors that join every sequence, drawn from N(0, 1) as PyTorch draws an embedding."""

from keras import KerasTensor, initializers, layers, ops


class ClassToken(layers.Layer):
    """One learned vector in front of every sequence, where a classifier reads (Devlin et al., 2018).

    Input (N, length, width); output (N, 1 + length, width).
    """

    def __init__(self, width: int):
        super().__init__()
        self.embeddings = self.add_weight((1, width), initializers.RandomNormal(stddev=1.0), name="embeddings")

    def call(self, x: KerasTensor) -> KerasTensor:
        """Prepend the vector."""
        samples, _, width = ops.shape(x)
        return ops.concatenate([ops.broadcast_to(self.embeddings, (samples, 1, width)), x], axis=1)


class PositionEmbedding(layers.Layer):
    """A learned vector for each position, added (Gehring et al., 2017).

    Input and output (N, T, width), T at most ``length``.
    """

    def __init__(self, length: int, width: int):
        super().__init__()
        self.embeddings = self.add_weight((length, width), initializers.RandomNormal(stddev=1.0), name="embeddings")

    def call(self, x: KerasTensor) -> KerasTensor:
        """Add the vectors."""
        return x + self.embeddings[: ops.shape(x)[1]]
