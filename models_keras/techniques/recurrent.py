"""Recurrent layers on top of each other, which PyTorch has as one module."""

from keras import KerasTensor, layers


class Stack(layers.Layer):
    """Recurrent layers, each of which reads the outputs of the one below at every step, as PyTorch's ``num_layers``.

    Input (N, T, features); output (N, T, units), twice as wide if bidirectional: the top layer's, forward units first.

    Args:
        layer: ``layers.SimpleRNN``, ``layers.LSTM`` or ``layers.GRU``.
        units: Of a layer, in each direction.
        num_layers: At least 1.
        bidirectional: Each layer has a second set of units, which reads from the end to the beginning.
        dropout: Share of the outputs of each layer but the last that is left out of a training step: a new mask for
            each step, as in PyTorch. The argument ``dropout`` of Keras' own layers is another: of their inputs, with
            one mask for all steps.
    """

    def __init__(
        self,
        layer: type[layers.RNN],
        units: int,
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.stacked = [layer(units, return_sequences=True) for _ in range(num_layers)]
        if bidirectional:
            self.stacked = [layers.Bidirectional(one) for one in self.stacked]
        self.dropout = layers.Dropout(dropout)

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        """Pass a batch of sequences through all layers."""
        first, *others = self.stacked
        x = first(x)
        for layer in others:
            x = layer(self.dropout(x, training=training))
        return x
