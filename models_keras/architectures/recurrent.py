"""Recurrent networks for sequences: classifiers and a language model."""

import keras
from keras import KerasTensor, layers, ops

from models_keras.inputs import check_sequence, check_tokens
from models_keras.techniques.recurrent import Stack

KINDS = {"rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}


class BiGRU(keras.Model):
    """Bidirectional GRU (Cho et al., 2014) whose outputs at every step feed one linear head.

    Input (N, length, input_size); output (N, num_classes): logits.
    """

    def __init__(self, input_size: int = 1, hidden_size: int = 6, length: int = 40, num_classes: int = 10):
        super().__init__()
        self.gru = layers.Bidirectional(layers.GRU(hidden_size, return_sequences=True))
        self.flatten = layers.Flatten()
        self.fc = layers.Dense(num_classes)
        self.input_size, self.length = input_size, length

    def call(self, x: KerasTensor) -> KerasTensor:
        check_sequence(x, self.input_size, self.length)
        x = self.gru(x)  # (N, length, 2 * hidden_size)
        return self.fc(self.flatten(x))


class RecurrentClassifier(keras.Model):
    """Recurrent layers on top of each other, and a linear head that reads what each direction ends with.

    Input (N, T, input_size), of any length T; output (N, num_classes): logits.

    Args:
        kind: ``rnn`` (Elman, 1990), ``lstm`` (Hochreiter and Schmidhuber, 1997) or ``gru`` (Cho et al., 2014).
        input_size: Features of a step.
        hidden_size: Units of a layer, in each direction.
        num_layers: A layer reads the outputs of the one below, at every step.
        bidirectional: A second set of units reads from the end to the beginning (Schuster and Paliwal, 1997).
        dropout: Share of the outputs of each layer but the last that is left out of a training step.
        num_classes: Width of the output.
    """

    def __init__(
        self,
        kind: str = "lstm",
        input_size: int = 1,
        hidden_size: int = 6,
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        num_classes: int = 10,
    ):
        super().__init__()
        stacked = {"num_layers": num_layers, "bidirectional": bidirectional, "dropout": dropout}
        self.rnn = Stack(KINDS[kind], hidden_size, **stacked)
        self.fc = layers.Dense(num_classes)
        self.input_size, self.hidden_size = input_size, hidden_size

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        check_sequence(x, self.input_size)
        x = self.rnn(x, training=training)  # (N, T, hidden_size), twice as wide if bidirectional
        forth, back = x[:, -1, : self.hidden_size], x[:, 0, self.hidden_size :]  # who reads backward ends at step 0
        return self.fc(ops.concatenate([forth, back], axis=1))


class RecurrentLM(keras.Model):
    """Language model (Zaremba et al., 2014): an embedding, recurrent layers, at every step a head for the next token.

    Input (N, T) token ids, of any length T; output (N, T, vocabulary): logits.

    Args:
        vocabulary: Number of tokens.
        width: Of an embedding.
        hidden: Units of a layer.
        layers: A layer reads the outputs of the one below.
        dropout: Share of the embeddings and of the outputs of each layer that is left out of a training step.
        kind: ``rnn``, ``lstm`` or ``gru``.
    """

    def __init__(
        self, vocabulary: int, width: int, hidden: int, layers: int = 1, dropout: float = 0.0, kind: str = "lstm"
    ):
        super().__init__()
        self.embedding = keras.layers.Embedding(vocabulary, width)
        self.rnn = Stack(KINDS[kind], hidden, num_layers=layers, dropout=dropout)
        self.head = keras.layers.Dense(vocabulary)
        self.dropout = keras.layers.Dropout(dropout)
        self.vocabulary = vocabulary

    def call(self, ids: KerasTensor, training: bool | None = None) -> KerasTensor:
        check_tokens(ids, self.vocabulary)
        x = self.dropout(self.embedding(ids), training=training)  # (N, T, width)
        x = self.rnn(x, training=training)  # (N, T, hidden)
        return self.head(self.dropout(x, training=training))
