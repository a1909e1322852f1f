"""GPT-2 (Radford et al., "Language models are unsupervised multitask learners", 2019)."""

import torch.nn.functional as F
from torch import Tensor, nn

from models_torch.inputs import check_tokens
from models_torch.techniques.activations import gelu_tanh
from models_torch.techniques.attention import CausalAttention
from models_torch.techniques.embeddings import PositionEmbedding

EPSILON = 1e-5  # of every layer norm, as in the paper's code


class Block(nn.Module):
    """Decoder block: layer norm comes before attention and before the MLP, a shortcut around each."""

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=EPSILON)
        self.attn = CausalAttention(width, heads, dropout)
        self.norm2 = nn.LayerNorm(width, eps=EPSILON)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        y = self.attn(self.norm1(x))
        x = x + self.dropout(y)
        y = gelu_tanh(self.fc1(self.norm2(x)))
        return x + self.dropout(self.fc2(y))


class GPT(nn.Module):
    """Tokens and their positions, embedded; a causal pre-norm decoder; the embedding once more, as the head.

    The activation is the tanh form of GELU, and the head has no tensor of its own: both as in GPT-2.
    Input (N, T) ids of tokens, T at most ``length``; output (N, T, vocabulary): logits of the token that comes next.

    Args:
        vocabulary: Number of tokens.
        length: Most tokens of a sequence.
        width: Of a token's vector; the MLPs are four times as wide.
        depth: Number of blocks.
        heads: Of attention; it divides ``width``.
        dropout: Share of the embedding, of attention's weights and of each branch that a training step leaves out.
    """

    def __init__(
        self,
        vocabulary: int = 50257,
        length: int = 1024,
        width: int = 768,
        depth: int = 12,
        heads: int = 12,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.token = nn.Embedding(vocabulary, width)
        self.position = PositionEmbedding(length, width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=EPSILON)
        self.vocabulary, self.length = vocabulary, length

    def forward(self, ids: Tensor) -> Tensor:
        check_tokens(ids, self.vocabulary, self.length)
        x = self.dropout(self.position(self.token(ids)))
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.token.weight)
