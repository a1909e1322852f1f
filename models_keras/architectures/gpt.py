"""GPT-2 (Radford et al., "Language models are unsupervised multitask learners", 2019)."""

import keras
from keras import KerasTensor, layers, ops

from models_keras.inputs import check_tokens
from models_keras.techniques.activations import gelu_tanh
from models_keras.techniques.attention import ExactAttention
from models_keras.techniques.embeddings import PositionEmbedding

EPSILON = 1e-5  # of every layer norm, as in the paper's code


class Block(layers.Layer):
    """Decoder block: layer norm comes before attention and before the MLP, a shortcut around each."""

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.norm1 = layers.LayerNormalization(epsilon=EPSILON)
        self.attn = ExactAttention(heads, key_dim=width // heads, dropout=dropout)
        self.norm2 = layers.LayerNormalization(epsilon=EPSILON)
        self.fc1 = layers.Dense(4 * width)
        self.fc2 = layers.Dense(width)
        self.dropout = layers.Dropout(dropout)

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        y = self.norm1(x)
        y = self.attn(y, y, use_causal_mask=True, training=training)
        x = x + self.dropout(y, training=training)
        y = gelu_tanh(self.fc1(self.norm2(x)))
        return x + self.dropout(self.fc2(y), training=training)


class GPT(keras.Model):
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
        self.token = layers.Embedding(vocabulary, width)
        self.position = PositionEmbedding(length, width)
        self.dropout = layers.Dropout(dropout)
        self.blocks = [Block(width, heads, dropout) for _ in range(depth)]
        self.norm = layers.LayerNormalization(epsilon=EPSILON)
        self.vocabulary, self.length = vocabulary, length

    def call(self, ids: KerasTensor, training: bool | None = None) -> KerasTensor:
        check_tokens(ids, self.vocabulary, self.length)
        x = self.dropout(self.position(self.token(ids)), training=training)
        for block in self.blocks:
            x = block(x, training=training)
        return ops.matmul(self.norm(x), ops.transpose(self.token.embeddings))
