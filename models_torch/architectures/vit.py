"""Vision transformer (Dosovitskiy et al., "An image is worth 16×16 words", 2020)."""

import torch.nn.functional as F
from torch import Tensor, nn

from models_torch.inputs import check_image
from models_torch.techniques.attention import SelfAttention
from models_torch.techniques.embeddings import ClassToken, PositionEmbedding

EPSILON = 1e-6  # of every layer norm, as in the paper's code


class Block(nn.Module):
    """Encoder block (figure 1, right): layer norm comes before attention and before the MLP, a shortcut around each."""

    def __init__(self, width: int, heads: int, mlp_width: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=EPSILON)
        self.attn = SelfAttention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=EPSILON)
        self.fc1 = nn.Linear(width, mlp_width)
        self.fc2 = nn.Linear(mlp_width, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        y = F.gelu(self.fc1(self.norm2(x)))
        return x + self.fc2(y)


class ViT(nn.Module):
    """The image in patches, each a token; a class token; a pre-norm encoder; a linear head on the class token.

    Input (N, in_channels, image_size, image_size); output (N, num_classes): logits.

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
        self.patch = nn.Conv2d(in_channels, width, kernel_size=patch_size, stride=patch_size)
        self.token = ClassToken(width)
        self.position = PositionEmbedding(1 + patches, width)
        self.blocks = nn.ModuleList(Block(width, heads, mlp_width) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=EPSILON)
        self.head = nn.Linear(width, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, self.in_channels, exactly=self.image_size)
        x = self.patch(x).flatten(2).transpose(1, 2)  # (N, patches, width)
        x = self.position(self.token(x))
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        return self.head(x[:, 0])
