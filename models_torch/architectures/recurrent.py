"""Recurrent networks for sequences."""

from torch import Tensor, nn


class BiGRU(nn.Module):
    """Bidirectional GRU (Cho et al., 2014) whose outputs at every step feed one linear head.

    Input (N, length, input_size); output (N, num_classes): logits.
    """

    def __init__(self, input_size: int = 1, hidden_size: int = 6, length: int = 40, num_classes: int = 10):
        super().__init__()
        self.gru = nn.GRU(input_size, hidden_size, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * hidden_size * length, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x, _ = self.gru(x)  # (N, length, 2 * hidden_size)
        return self.fc(x.flatten(1))
