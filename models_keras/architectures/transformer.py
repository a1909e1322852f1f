"""Transformer encoders of text: BERT (Devlin et al., 2018), in its own form and with layer norm first."""

import keras
from keras import KerasTensor, layers, ops

from models_keras.inputs import check_tokens
from models_keras.techniques.activations import gelu
from models_keras.techniques.attention import ExactAttention
from models_keras.techniques.embeddings import PositionEmbedding
from models_keras.techniques.recomputation import recomputed

EPSILON = 1e-12  # of every layer norm, as in the paper's code


class Block(layers.Layer):
    """Encoder block (Vaswani et al., 2017, figure 1, left): attention and an MLP, a shortcut around each.

    Layer norm follows the sum (post-norm), or comes before attention and before the MLP (pre-norm, Xiong et al., 2020).
    """

    def __init__(self, width: int, heads: int, mlp_width: int, norm_first: bool, dropout: float):
        super().__init__()
        self.norm1 = layers.LayerNormalization(epsilon=EPSILON)
        self.attn = ExactAttention(heads, key_dim=width // heads, dropout=dropout)
        self.norm2 = layers.LayerNormalization(epsilon=EPSILON)
        self.fc1 = layers.Dense(mlp_width)
        self.fc2 = layers.Dense(width)
        self.dropout = layers.Dropout(dropout)
        self.norm_first = norm_first

    def call(self, x: KerasTensor, keep: KerasTensor, training: bool | None = None) -> KerasTensor:
        if self.norm_first:
            x = x + self.attend(self.norm1(x), keep, training)
            return x + self.transform(self.norm2(x), training)
        x = self.norm1(x + self.attend(x, keep, training))
        return self.norm2(x + self.transform(x, training))

    def attend(self, x: KerasTensor, keep: KerasTensor, training: bool | None) -> KerasTensor:
        """Attend from every token to the tokens that ``keep`` (N, T) names."""
        y = self.attn(x, x, attention_mask=keep[:, None, :], training=training)  # here True means kept
        return self.dropout(y, training=training)

    def transform(self, x: KerasTensor, training: bool | None) -> KerasTensor:
        """Apply the MLP to every token."""
        return self.dropout(self.fc2(gelu(self.fc1(x))), training=training)


class Encoder(keras.Model):
    """Token, position and segment embeddings, summed (figure 2 of BERT), then blocks.

    Input (N, T) ids; output (N, T, width): a vector for each token, without meaning where the id is ``padding``, which
    no token attends to.

    Args:
        vocabulary: Number of ids.
        length: Most tokens in a sequence.
        width: Of a token.
        depth: Number of blocks.
        heads: Of attention; it divides ``width``.
        mlp_width: Hidden units of a block's MLP.
        segments: Number of segment (token type) embeddings; 0 for none.
        norm_first: Pre-norm, with a last norm behind the blocks; otherwise post-norm, with one before them.
        dropout: Share left out of a training step: of embeddings, attention weights and both branches of a block.
        padding: The id that fills up short sequences.
        recompute: Train steps keep of a block its input alone, and compute what is inside once more.
    """

    def __init__(
        self,
        vocabulary: int = 30522,
        length: int = 512,
        width: int = 384,
        depth: int = 6,
        heads: int = 12,
        mlp_width: int = 1536,
        segments: int = 2,
        norm_first: bool = False,
        dropout: float = 0.0,
        padding: int = 0,
        recompute: bool = False,
    ):
        super().__init__()
        self.token = layers.Embedding(vocabulary, width)
        self.position = PositionEmbedding(length, width)
        self.segment = layers.Embedding(segments, width) if segments else None
        self.norm = layers.LayerNormalization(epsilon=EPSILON)
        self.dropout = layers.Dropout(dropout)
        self.blocks = [Block(width, heads, mlp_width, norm_first, dropout) for _ in range(depth)]
        self.vocabulary, self.length = vocabulary, length
        self.norm_first = norm_first
        self.padding, self.recompute = padding, recompute

    def call(self, ids: KerasTensor, training: bool | None = None) -> KerasTensor:
        check_tokens(ids, self.vocabulary, self.length)
        keep = ids != self.padding  # (N, T)
        x = self.position(self.token(ids))
        if self.segment is not None:
            x = x + self.segment(ops.zeros((1, 1), ids.dtype))  # one sentence: all tokens are of the first segment
        x = self.dropout(x if self.norm_first else self.norm(x), training=training)
        for block in self.blocks:
            x = recomputed(block, x, keep, training=training) if self.recompute else block(x, keep, training=training)
        return self.norm(x) if self.norm_first else x


class BERT(Encoder):
    """An encoder and one vector for the whole text, with a linear head on it or without. Input (N, T) ids.

    Output (N, num_classes): logits or regression values; (N, width) without a head.

    Args:
        pooling: ``token``: BERT's pooler, an affine map and tanh on the first token; ``mean``: of all tokens.
        num_classes: Width of the head, None for no head.
        **encoder: As for ``Encoder``.
    """

    def __init__(self, pooling: str = "token", num_classes: int | None = None, **encoder):
        super().__init__(**encoder)
        width = self.token.output_dim
        self.pooler = layers.Dense(width) if pooling == "token" else None
        self.head = layers.Dense(num_classes) if num_classes else None

    def call(self, ids: KerasTensor, training: bool | None = None) -> KerasTensor:
        x = super().call(ids, training)
        x = ops.tanh(self.pooler(x[:, 0])) if self.pooler else masked_mean(x, ids != self.padding)
        return self.head(self.dropout(x, training=training)) if self.head else x


class SentenceEncoder(Encoder):
    """Sentence-BERT (Reimers and Gurevych, 2019): the mean of all tokens at unit length, so that cosines are products.

    Input (N, T) ids; output (N, width). Arguments as for ``Encoder``.
    """

    def call(self, ids: KerasTensor, training: bool | None = None) -> KerasTensor:
        return ops.normalize(masked_mean(super().call(ids, training), ids != self.padding))


def masked_mean(x: KerasTensor, keep: KerasTensor) -> KerasTensor:
    """Return the mean (N, width) of those tokens of x (N, T, width) that ``keep`` (N, T) names."""
    weights = ops.cast(keep, x.dtype)[:, :, None]
    return ops.sum(x * weights, axis=1) / ops.sum(weights, axis=1)
