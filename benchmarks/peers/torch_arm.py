"""PyTorch's peers: the models of ``transformers``, from their configurations, with attention by SDPA."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch
import transformers
from torch import Tensor, nn

from benchmarks.peers.carry import Book, Rule, one, plus, transposed
from harness.contract import Setup, TensorSpec, Workload
from models_torch.arm import TorchArm, TorchSession

if TYPE_CHECKING:
    from harness.contract import Array

EPSILON = 1e-5  # of batch norm, as in ours


class PublishedSession(TorchSession):
    """One published model under training. It can be loaded, dumped, trained and evaluated: what a race asks for."""

    def __init__(self, setup: Setup, workload: Workload):
        with torch.device("meta"):
            self.specs = TorchSession(setup, workload).describe()
        super().__init__(setup, workload)
        shapes = {name: spec.shape for name, spec in self.specs.items()}
        published = {name: tuple(tensor.shape) for name, tensor in self._tensors().items()}
        self.book = Book(RULES[workload.architecture.file], shapes, published)

    def describe(self) -> dict[str, TensorSpec]:
        """Return what our half says of its tensors."""
        return self.specs

    def load(self, tensors: Mapping[str, Array], seed: int = 0) -> None:
        """Overwrite all tensors, given under canonical names."""
        super().load(self.book.there(tensors), seed)

    def dump(self) -> dict[str, Array]:
        """Return a copy of all tensors under canonical names."""
        return self.book.here(super().dump())

    def settings(self) -> dict[str, Any]:
        """Return what is in force, and which model that is."""
        model = self.model.published
        return super().settings() | {
            "model": f"transformers.{type(model).__name__}",
            "attention": model.config._attn_implementation,
        }

    def _build(self) -> nn.Module:
        return Published(*MAKERS[self.workload.architecture.file](**self.workload.architecture.arguments))


class PublishedArm(TorchArm):
    """PyTorch in this process, with published models in place of ours."""

    session = PublishedSession


class Published(nn.Module):
    """A published model that takes what ours takes and returns logits."""

    def __init__(self, published: nn.Module, arguments: Callable[[Tensor], dict[str, Any]]):
        super().__init__()
        self.published = published
        self.arguments = arguments

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        return self.published(**self.arguments(x)).logits


Made = tuple[nn.Module, Callable[[Tensor], dict[str, Any]]]


def _pixels(x: Tensor) -> dict[str, Any]:
    return {"pixel_values": x}


def _resnet(depth: int, in_channels: int, num_classes: int) -> Made:
    basic = depth < 50
    widths = (64, 128, 256, 512)
    config = transformers.ResNetConfig(
        num_channels=in_channels,
        num_labels=num_classes,
        layer_type="basic" if basic else "bottleneck",
        hidden_sizes=list(widths if basic else (4 * width for width in widths)),
        depths={18: [2, 2, 2, 2], 50: [3, 4, 6, 3]}[depth],
    )
    return transformers.ResNetForImageClassification(config), _pixels


def _mobilenet(in_channels: int, num_classes: int, dropout: float) -> Made:
    """Return MobileNetV2 padded as in ours and in the paper's checkpoints for PyTorch, not as in TensorFlow's."""
    config = transformers.MobileNetV2Config(
        num_channels=in_channels,
        num_labels=num_classes,
        tf_padding=False,
        layer_norm_eps=EPSILON,
        classifier_dropout_prob=dropout,
    )
    model = transformers.MobileNetV2ForImageClassification(config)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.1  # .997 there: the weight of the old value, in TensorFlow's sense
    return model, _pixels


def _vit(
    image_size: int,
    patch_size: int,
    in_channels: int,
    width: int,
    depth: int,
    heads: int,
    mlp_width: int,
    num_classes: int,
) -> Made:
    config = transformers.ViTConfig(
        image_size=image_size,
        patch_size=patch_size,
        num_channels=in_channels,
        hidden_size=width,
        num_hidden_layers=depth,
        num_attention_heads=heads,
        intermediate_size=mlp_width,
        num_labels=num_classes,
        layer_norm_eps=1e-6,
        attn_implementation="sdpa",
    )
    return transformers.ViTForImageClassification(config), _pixels


def _bert(
    vocabulary: int,
    length: int,
    width: int,
    depth: int,
    heads: int,
    mlp_width: int,
    segments: int,
    pooling: str,
    num_classes: int,
) -> Made:
    if pooling != "token":
        raise ValueError(f"BERT of transformers has no pooling {pooling!r}")
    config = transformers.BertConfig(
        vocab_size=vocabulary,
        max_position_embeddings=length,
        hidden_size=width,
        num_hidden_layers=depth,
        num_attention_heads=heads,
        intermediate_size=mlp_width,
        type_vocab_size=segments,
        num_labels=num_classes,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        attn_implementation="sdpa",
    )
    model = transformers.BertForSequenceClassification(config)
    return model, lambda ids: {"input_ids": ids, "attention_mask": (ids != 0).long()}


def _gpt(vocabulary: int, length: int, width: int, depth: int, heads: int) -> Made:
    """Return GPT-2 with GELU's tanh form as one operation; its configuration's own writes it out, and is slower."""
    config = transformers.GPT2Config(
        vocab_size=vocabulary,
        n_positions=length,
        n_embd=width,
        n_layer=depth,
        n_head=heads,
        activation_function="gelu_pytorch_tanh",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        attn_implementation="sdpa",
    )
    return transformers.GPT2LMHeadModel(config), lambda ids: {"input_ids": ids, "use_cache": False}


MAKERS: Mapping[str, Callable[..., Made]] = {
    "resnet": _resnet,
    "mobilenet": _mobilenet,
    "vit": _vit,
    "transformer": _bert,
    "gpt": _gpt,
}


def _within(before: str, after: str, *, stage: int = 0, layer: int = 0) -> Callable[..., list[str]]:
    """Return names of a ResNet's stage, block and layer, which are counted from elsewhere there."""

    def names(of_stage: str, block: str, *rest: str) -> list[str]:
        numbers = [str(plus(rest[0], layer)), *rest[1:]] if layer else list(rest)
        return [f"{before}{plus(of_stage, stage)}.layers.{block}.{after.format(*numbers)}"]

    return names


_STAGES = "published.resnet.encoder.stages."
_STEM = "published.resnet.embedder.embedder."
_RESNET = (
    one(r"conv1\.weight", f"{_STEM}convolution.weight"),
    one(r"bn1\.(\w+)", f"{_STEM}normalization.{{}}"),
    Rule(r"layer(\d)\.(\d)\.conv(\d)\.weight", _within(_STAGES, "layer.{}.convolution.weight", stage=-1, layer=-1)),
    Rule(r"layer(\d)\.(\d)\.bn(\d)\.(\w+)", _within(_STAGES, "layer.{}.normalization.{}", stage=-1, layer=-1)),
    Rule(r"layer(\d)\.(\d)\.downsample\.0\.weight", _within(_STAGES, "shortcut.convolution.weight", stage=-1)),
    Rule(r"layer(\d)\.(\d)\.downsample\.1\.(\w+)", _within(_STAGES, "shortcut.normalization.{}", stage=-1)),
    one(r"fc\.(\w+)", "published.classifier.1.{}"),
)

_NAMED = {"expand": "expand_1x1", "depthwise": "conv_3x3", "project": "reduce_1x1"}
_NORMS = {"1": "expand_1x1", "2": "conv_3x3", "3": "reduce_1x1"}
_NET = "published.mobilenet_v2."


def _place(block: str) -> str:
    return f"{_NET}layer.{plus(block, -1)}." if block != "0" else f"{_NET}conv_stem."


_MOBILENET = (
    one(r"conv1\.weight", f"{_NET}conv_stem.first_conv.convolution.weight"),
    one(r"bn1\.(\w+)", f"{_NET}conv_stem.first_conv.normalization.{{}}"),
    Rule(
        r"blocks\.(\d+)\.(expand|depthwise|project)\.weight",
        lambda block, layer: [f"{_place(block)}{_NAMED[layer]}.convolution.weight"],
    ),
    Rule(
        r"blocks\.(\d+)\.bn(\d)\.(\w+)",
        lambda block, norm, own: [f"{_place(block)}{_NORMS[norm]}.normalization.{own}"],
    ),
    one(r"conv2\.weight", f"{_NET}conv_1x1.convolution.weight"),
    one(r"bn2\.(\w+)", f"{_NET}conv_1x1.normalization.{{}}"),
    one(r"fc\.(\w+)", "published.classifier.{}"),
)


def _packed(template: str, names: tuple[str, str, str]) -> Callable[..., list[str]]:
    return lambda block, own: [template.format(block, name, own) for name in names]


_VIT = (
    one(r"patch\.(\w+)", "published.vit.embeddings.patch_embeddings.projection.{}"),
    one(r"token\.weight", "published.vit.embeddings.cls_token"),
    one(r"position\.weight", "published.vit.embeddings.position_embeddings"),
    one(r"blocks\.(\d+)\.norm1\.(\w+)", "published.vit.layers.{}.layernorm_before.{}"),
    one(r"blocks\.(\d+)\.norm2\.(\w+)", "published.vit.layers.{}.layernorm_after.{}"),
    Rule(
        r"blocks\.(\d+)\.attn\.in_proj_(\w+)",
        _packed("published.vit.layers.{}.attention.{}.{}", ("q_proj", "k_proj", "v_proj")),
    ),
    one(r"blocks\.(\d+)\.attn\.out_proj\.(\w+)", "published.vit.layers.{}.attention.o_proj.{}"),
    one(r"blocks\.(\d+)\.(fc\d)\.(\w+)", "published.vit.layers.{}.mlp.{}.{}"),
    one(r"norm\.(\w+)", "published.vit.layernorm.{}"),
    one(r"head\.(\w+)", "published.classifier.{}"),
)

_LAYER = "published.bert.encoder.layer.{}."
_BERT = (
    one(r"token\.weight", "published.bert.embeddings.word_embeddings.weight"),
    one(r"position\.weight", "published.bert.embeddings.position_embeddings.weight"),
    one(r"segment\.weight", "published.bert.embeddings.token_type_embeddings.weight"),
    one(r"norm\.(\w+)", "published.bert.embeddings.LayerNorm.{}"),
    Rule(
        r"blocks\.(\d+)\.attn\.in_proj_(\w+)",
        _packed(_LAYER + "attention.self.{}.{}", ("query", "key", "value")),
    ),
    one(r"blocks\.(\d+)\.attn\.out_proj\.(\w+)", _LAYER + "attention.output.dense.{}"),
    one(r"blocks\.(\d+)\.norm1\.(\w+)", _LAYER + "attention.output.LayerNorm.{}"),
    one(r"blocks\.(\d+)\.norm2\.(\w+)", _LAYER + "output.LayerNorm.{}"),
    one(r"blocks\.(\d+)\.fc1\.(\w+)", _LAYER + "intermediate.dense.{}"),
    one(r"blocks\.(\d+)\.fc2\.(\w+)", _LAYER + "output.dense.{}"),
    one(r"pooler\.(\w+)", "published.bert.pooler.dense.{}"),
    one(r"head\.(\w+)", "published.classifier.{}"),
)

_H = "published.transformer.h.{}."
_GPT = (
    one(r"token\.weight", "published.transformer.wte.weight"),
    one(r"position\.weight", "published.transformer.wpe.weight"),
    one(r"blocks\.(\d+)\.norm(\d)\.(\w+)", _H + "ln_{}.{}"),
    one(r"blocks\.(\d+)\.attn\.in_proj_weight", _H + "attn.c_attn.weight", transposed, transposed),
    one(r"blocks\.(\d+)\.attn\.in_proj_bias", _H + "attn.c_attn.bias"),
    one(r"blocks\.(\d+)\.attn\.out_proj\.weight", _H + "attn.c_proj.weight", transposed, transposed),
    one(r"blocks\.(\d+)\.attn\.out_proj\.bias", _H + "attn.c_proj.bias"),
    one(r"blocks\.(\d+)\.fc1\.weight", _H + "mlp.c_fc.weight", transposed, transposed),
    one(r"blocks\.(\d+)\.fc1\.bias", _H + "mlp.c_fc.bias"),
    one(r"blocks\.(\d+)\.fc2\.weight", _H + "mlp.c_proj.weight", transposed, transposed),
    one(r"blocks\.(\d+)\.fc2\.bias", _H + "mlp.c_proj.bias"),
    one(r"norm\.(\w+)", "published.transformer.ln_f.{}"),
)

RULES: Mapping[str, tuple[Rule, ...]] = {
    "resnet": _RESNET,
    "mobilenet": _MOBILENET,
    "vit": _VIT,
    "transformer": _BERT,
    "gpt": _GPT,
}
