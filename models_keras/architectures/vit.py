"""Vision transformer (Dosovitskiy et al., "An image is worth 16×16 words", 2020)."""

import keras
from keras import KerasTensor, layers, ops

from models_keras.inputs import check_image
from models_keras.techniques.activations import gelu
from models_keras.techniques.attention import ExactAttention
from models_keras.techniques.embeddings import ClassToken, PositionEmbedding

EPSILON = 1e-6  # of every layer norm, as in the paper's code


class Block(layers.Layer):
    """Encoder block (figure 1, right): layer norm comes before attention and before the MLP, a shortcut around each."""

    def __init__(self, width: int, heads: int, mlp_width: int):
        super().__init__()
        self.norm1 = layers.LayerNormalization(epsilon=EPSILON)
        self.attn = ExactAttention(heads, key_dim=width // heads)
        self.norm2 = layers.LayerNormalization(epsilon=EPSILON)
        self.fc1 = layers.Dense(mlp_width)
        self.fc2 = layers.Dense(width)

    def call(self, x: KerasTensor) -> KerasTensor:
        y = self.norm1(x)
        y = self.attn(y, y)
        x = x + y
        y = gelu(self.fc1(self.norm2(x)))
        return x + self.fc2(y)


class ViT(keras.Model):
    """The image in patches, each a token; a class token; a pre-norm encoder; a linear head on the class token.

    Input (N, image_size, image_size, in_channels); output (N, num_classes): logits.

    Args:
        image_size: Of a side, in pixels.
        patch_size: Of a side, in pixels; it divides ``image_size``.
        in_channels: 3 for colour.
        width: Of a token.
        depth: Number of blocks.
        heads: Of attention; it divides ``width``.
        mlp_width: Hidden units of a block's MLP.
        num_classes: Width of the output.
    """

    def __init__(
        self,
        image_size: int = 28,
        patch_size: int = 7,
        in_channels: int = 1,
        width: int = 64,
        depth: int = 6,
        heads: int = 4,
        mlp_width: int = 128,
        num_classes: int = 10,
    ):
        super().__init__()
        self.in_channels, self.image_size = in_channels, image_size
        patches = (image_size // patch_size) ** 2
        self.patch = layers.Conv2D(width, kernel_size=patch_size, strides=patch_size)
        self.token = ClassToken(width)
        self.position = PositionEmbedding(1 + patches, width)
        self.blocks = [Block(width, heads, mlp_width) for _ in range(depth)]
        self.norm = layers.LayerNormalization(epsilon=EPSILON)
        self.head = layers.Dense(num_classes)
        self.tokens = (patches, width)

    def call(self, x: KerasTensor) -> KerasTensor:
        check_image(x, self.in_channels, exactly=self.image_size)
        x = ops.reshape(self.patch(x), (-1, *self.tokens))  # (N, patches, width)
        x = self.position(self.token(x))
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        return self.head(x[:, 0])
