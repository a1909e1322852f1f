"""Recurrent networks for sequences: classifiers and a language model."""

import torch
from torch import Tensor, nn

from models_torch.inputs import check_sequence, check_tokens
from models_torch.techniques.recurrent import OneBiasLSTM, OneBiasRNN

KINDS = {"rnn": OneBiasRNN, "lstm": OneBiasLSTM, "gru": nn.GRU}


class BiGRU(nn.Module):
    """Bidirectional GRU (Cho et al., 2014) whose outputs at every step feed one linear head.

    Input (N, length, input_size); output (N, num_classes): logits.
    """

    def __init__(self, input_size: int = 1, hidden_size: int = 6, length: int = 40, num_classes: int = 10):
        super().__init__()
        self.gru = nn.GRU(input_size, hidden_size, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * hidden_size * length, num_classes)
        self.input_size, self.length = input_size, length

    def forward(self, x: Tensor) -> Tensor:
        check_sequence(x, self.input_size, self.length)
        x, _ = self.gru(x)  # (N, length, 2 * hidden_size)
        return self.fc(x.flatten(1))


class RecurrentClassifier(nn.Module):
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
        self.rnn = KINDS[kind](input_size, hidden_size, batch_first=True, **stacked)
        self.fc = nn.Linear((1 + bidirectional) * hidden_size, num_classes)
        self.input_size, self.hidden_size = input_size, hidden_size

    def forward(self, x: Tensor) -> Tensor:
        check_sequence(x, self.input_size)
        x, _ = self.rnn(x)  # (N, T, hidden_size), twice as wide if bidirectional
        forth, back = x[:, -1, : self.hidden_size], x[:, 0, self.hidden_size :]  # who reads backward ends at step 0
        return self.fc(torch.cat([forth, back], dim=1))


class RecurrentLM(nn.Module):
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
        self.embedding = nn.Embedding(vocabulary, width)
        self.rnn = KINDS[kind](width, hidden, num_layers=layers, batch_first=True, dropout=dropout if layers > 1 else 0)
        self.head = nn.Linear(hidden, vocabulary)
        self.dropout = nn.Dropout(dropout)
        self.vocabulary = vocabulary

    def forward(self, ids: Tensor) -> Tensor:
        check_tokens(ids, self.vocabulary)
        x = self.dropout(self.embedding(ids))  # (N, T, width)
        x, _ = self.rnn(x)  # (N, T, hidden)
        return self.head(self.dropout(x))
