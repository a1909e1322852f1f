"""One affine map: softmax regression under cross-entropy, linear regression under squared error."""

from torch import Tensor, nn


class Linear(nn.Module):
    """y = x Wᵀ + b. Input (N, in_features); output (N, out_features): logits or targets."""

    def __init__(self, in_features: int, out_features: int):
        super().__init__()
        self.fc = nn.Linear(in_features, out_features)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x)
