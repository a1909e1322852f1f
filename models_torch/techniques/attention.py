"""Attention of a sequence to itself."""

import torch.nn.functional as F
from torch import Tensor, nn


class SelfAttention(nn.MultiheadAttention):
    """Multi-head attention (Vaswani et al., 2017) of each position to all, in one fused operation.

    Its tensors are those of ``nn.MultiheadAttention``, but not the way they are used: that one leaves the fused form in
    inference, and turns a mask of keys into one of numbers for every head. Input and output (N, T, width).

    Args:
        width: Of a token.
        heads: It divides ``width``.
        dropout: Share of the attention weights that is left out of a training step.
    """

    causal = False

    def __init__(self, width: int, heads: int, dropout: float = 0.0):
        super().__init__(width, heads, dropout=dropout, batch_first=True)

    def forward(self, x: Tensor, keep: Tensor | None = None) -> Tensor:
        """Attend from every position to those that ``keep`` (N, T) names, or to all."""
        packed = F.linear(x, self.in_proj_weight, self.in_proj_bias).unflatten(-1, (3, self.num_heads, -1))
        query, key, value = packed.permute(2, 0, 3, 1, 4)  # (N, heads, T, width / heads) each
        mask = None if keep is None else keep[:, None, None, :]
        rate = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(query, key, value, mask, dropout_p=rate, is_causal=self.causal)
        return F.linear(y.transpose(1, 2).flatten(2), self.out_proj.weight, self.out_proj.bias)


class CausalAttention(SelfAttention):
    """The same, of each position to itself and those before it."""

    causal = True
