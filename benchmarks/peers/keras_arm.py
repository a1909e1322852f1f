"""Keras' peers on whichever backend ``KERAS_BACKEND`` names: models of keras-hub and of ``keras.applications``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import keras_hub
import numpy as np
from keras import layers, ops

from benchmarks.peers.carry import Book, Rule, one, plus, transposed
from harness.contract import TensorSpec, Workload
from models_keras.arm import KerasArm, KerasSession
from models_keras.bridge import Bridge

if TYPE_CHECKING:
    from harness.contract import Array

TOKENS = "int32"


class PublishedArm(KerasArm):
    """Keras in this process, with published models in place of ours."""

    def open(self, workload: Workload, sample_shape: tuple[int, ...], outputs: int) -> PublishedSession:
        """Build the published model of the workload's architecture."""
        return PublishedSession(workload, sample_shape)


class PublishedSession(KerasSession):
    """One published model under training. It can be loaded, dumped, trained and evaluated: what a race asks for."""

    def settings(self) -> dict[str, Any]:
        """Return what is in force, and where the model is from."""
        return super().settings() | {"model": SOURCES[self.workload.architecture.file]}

    def _build(self) -> keras.Model:
        architecture = self.workload.architecture
        return MAKERS[architecture.file](self.sample_shape, **architecture.arguments)

    def _bridge(self) -> PublishedBridge:
        specs = Bridge(super()._build()).describe()
        return PublishedBridge(self.model, specs, RULES[self.workload.architecture.file])

    def _channel_last(self, x: Array) -> Array:
        # See ``_mobilenet``: its images stand on their heads, with left and right exchanged.
        turned = super()._channel_last(x)
        return turned[:, ::-1, ::-1] if self.workload.architecture.file == "mobilenet" else turned


class PublishedBridge:
    """Carries tensors between a published model's variables and our canonical names."""

    def __init__(self, model: keras.Model, specs: Mapping[str, TensorSpec], rules: Sequence[Rule]):
        self.specs = dict(specs)
        self.variables = {variable.path: variable for variable in model.weights}
        shapes = {name: spec.shape for name, spec in specs.items()}
        self.book = Book(rules, shapes, {path: tuple(variable.shape) for path, variable in self.variables.items()})

    def describe(self) -> dict[str, TensorSpec]:
        """Return what our half says of its tensors."""
        return self.specs

    def load(self, tensors: Mapping[str, Array]) -> None:
        """Assign canonical tensors to the variables."""
        for path, array in self.book.there(tensors).items():
            self.variables[path].assign(array)

    def dump(self) -> dict[str, Array]:
        """Return copies of all variables under canonical names."""
        return self.book.here({path: ops.convert_to_numpy(variable) for path, variable in self.variables.items()})


def _resnet(shape: Sequence[int], depth: int, in_channels: int, num_classes: int) -> keras.Model:
    backbone = keras_hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64, 128, 256, 512],
        stackwise_num_blocks={18: [2, 2, 2, 2], 50: [3, 4, 6, 3]}[depth],
        stackwise_num_strides=[1, 2, 2, 2],
        block_type="basic_block" if depth < 50 else "bottleneck_block",
        use_pre_activation=False,
        image_shape=tuple(shape),
    )
    return _bare(keras_hub.models.ResNetImageClassifier(backbone=backbone, num_classes=num_classes))


def _mobilenet(shape: Sequence[int], in_channels: int, num_classes: int, dropout: float) -> keras.Model:
    """Return MobileNetV2 with the numbers of our batch norm, and without its softmax.

    It pads strided convolutions below and to the right, where ours pads all around; on maps of even sides that is the
    same network on images turned by half a circle with kernels turned likewise, so both are given it turned.
    """
    if dropout:
        raise ValueError("MobileNetV2 of keras.applications has no dropout")
    model = keras.applications.MobileNetV2(
        input_shape=tuple(shape), weights=None, classes=num_classes, classifier_activation=None
    )
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.epsilon, layer.momentum = 1e-5, 0.9
    return model


def _vit(
    shape: Sequence[int],
    image_size: int,
    patch_size: int,
    in_channels: int,
    width: int,
    depth: int,
    heads: int,
    mlp_width: int,
    num_classes: int,
) -> keras.Model:
    backbone = keras_hub.models.ViTBackbone(
        image_shape=tuple(shape),
        patch_size=patch_size,
        num_layers=depth,
        num_heads=heads,
        hidden_dim=width,
        mlp_dim=mlp_width,
        layer_norm_epsilon=1e-6,
    )
    classifier = keras_hub.models.ViTImageClassifier(backbone=backbone, num_classes=num_classes, pooling="token")
    return _bare(classifier)


def _bert(
    shape: Sequence[int],
    vocabulary: int,
    length: int,
    width: int,
    depth: int,
    heads: int,
    mlp_width: int,
    segments: int,
    pooling: str,
    num_classes: int,
) -> keras.Model:
    """Return BERT with exact GELU, as published and as in ours; keras-hub takes the tanh form."""
    if pooling != "token":
        raise ValueError(f"BERT of keras-hub has no pooling {pooling!r}")
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=vocabulary,
        num_layers=depth,
        num_heads=heads,
        hidden_dim=width,
        intermediate_dim=mlp_width,
        dropout=0.0,
        max_sequence_length=length,
        num_segments=segments,
    )
    for block in backbone.transformer_layers:
        block._feedforward_intermediate_dense.activation = keras.activations.get("gelu")
    ids = keras.Input(tuple(shape), dtype=TOKENS)
    mask = ops.cast(ops.not_equal(ids, 0), TOKENS)
    vectors = backbone({"token_ids": ids, "segment_ids": ops.zeros_like(ids), "padding_mask": mask})
    return keras.Model(ids, layers.Dense(num_classes, name="logits")(vectors["pooled_output"]))


def _gpt(shape: Sequence[int], vocabulary: int, length: int, width: int, depth: int, heads: int) -> keras.Model:
    backbone = keras_hub.models.GPT2Backbone(
        vocabulary_size=vocabulary,
        num_layers=depth,
        num_heads=heads,
        hidden_dim=width,
        intermediate_dim=4 * width,
        dropout=0.0,
        max_sequence_length=length,
    )
    ids = keras.Input(tuple(shape), dtype=TOKENS)
    vectors = backbone({"token_ids": ids, "padding_mask": ops.ones_like(ids)})
    return keras.Model(ids, backbone.token_embedding(vectors, reverse=True))


def _bare(task: keras.Model) -> keras.Model:
    """Return the functional model of a task, without the preprocessing and the training that it brings."""
    return keras.Model(task.input, task.output)


MAKERS: Mapping[str, Callable[..., keras.Model]] = {
    "resnet": _resnet,
    "mobilenet": _mobilenet,
    "vit": _vit,
    "transformer": _bert,
    "gpt": _gpt,
}
SOURCES = {
    "resnet": "keras_hub.models.ResNetImageClassifier",
    "mobilenet": "keras.applications.MobileNetV2",
    "vit": "keras_hub.models.ViTImageClassifier",
    "transformer": "keras_hub.models.BertBackbone",
    "gpt": "keras_hub.models.GPT2Backbone",
}


def _to_kernel(weight: Array) -> Array:  # (out, in, h, w) -> (h, w, in, out)
    return np.moveaxis(weight, (0, 1), (-1, -2))


def _from_kernel(kernel: Array) -> Array:
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def _to_depthwise(weight: Array) -> Array:  # (channels, 1, h, w) -> (h, w, channels, 1)
    return np.moveaxis(weight, (0, 1), (-2, -1))


def _from_depthwise(kernel: Array) -> Array:
    return np.moveaxis(kernel, (-2, -1), (0, 1))


def _turned_to(turn: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Return a turn to Keras' layout, (h, w, …), that also turns each kernel by half a circle."""
    return lambda weight: np.flip(turn(weight), (0, 1))


def _turned_from(turn: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Return the inverse of ``_turned_to`` of the inverse turn."""
    return lambda kernel: turn(np.flip(kernel, (0, 1)))


NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}


def _norm(pattern: str, path: Callable[..., str]) -> Rule:
    """Return a rule for a norm's tensors; ``path`` takes the pattern's groups but the last, the tensor's own name."""
    return Rule(rf"{pattern}\.(\w+)", lambda *groups: [f"{path(*groups[:-1])}/{NORM[groups[-1]]}"])


def _dense(pattern: str, template: str) -> tuple[Rule, Rule]:
    """Return rules for an affine map's weight and bias."""
    weight = one(rf"{pattern}\.weight", f"{template}/kernel", transposed, transposed)
    return weight, one(rf"{pattern}\.bias", f"{template}/bias")


def _attention(template: str) -> tuple[Rule, ...]:
    """Return rules for packed attention; Keras keeps (width, heads, size) for each of query, key and value.

    The last reshape to the variable's own shape splits or joins the heads.
    """
    inputs = ("query", "key", "value")

    def packed(own: str) -> Callable[[str], list[str]]:
        return lambda block: [f"{template.format(block)}/{name}/{own}" for name in inputs]

    before = r"blocks\.(\d+)\.attn\."
    return (
        Rule(before + "in_proj_weight", packed("kernel"), transposed, transposed),
        Rule(before + "in_proj_bias", packed("bias")),
        *_dense(before + "out_proj", template + "/attention_output"),
    )


def _resnet_rules() -> tuple[Rule, ...]:
    def layer(stage: str, block: str, number: str) -> str:
        return f"stack{plus(stage, -1)}_block{block}_{number}"

    return (
        one(r"conv1\.weight", "conv1_conv/kernel", _to_kernel, _from_kernel),
        _norm("bn1", lambda: "conv1_bn"),
        Rule(
            r"layer(\d)\.(\d)\.conv(\d)\.weight",
            lambda *place: [f"{layer(*place)}_conv/kernel"],
            _to_kernel,
            _from_kernel,
        ),
        _norm(r"layer(\d)\.(\d)\.bn(\d)", lambda *place: f"{layer(*place)}_bn"),
        Rule(
            r"layer(\d)\.(\d)\.downsample\.0\.weight",
            lambda *place: [f"{layer(*place, '0')}_conv/kernel"],
            _to_kernel,
            _from_kernel,
        ),
        _norm(r"layer(\d)\.(\d)\.downsample\.1", lambda *place: f"{layer(*place, '0')}_bn"),
        *_dense("fc", "predictions"),
    )


def _mobilenet_rules() -> tuple[Rule, ...]:
    def block(number: str) -> str:
        return "expanded_conv" if number == "0" else f"block_{number}"

    names = {"1": "expand", "2": "depthwise", "3": "project"}
    return (
        one(r"conv1\.weight", "Conv1/kernel", _turned_to(_to_kernel), _turned_from(_from_kernel)),
        _norm("bn1", lambda: "bn_Conv1"),
        Rule(
            r"blocks\.(\d+)\.depthwise\.weight",
            lambda number: [f"{block(number)}_depthwise/kernel"],
            _turned_to(_to_depthwise),
            _turned_from(_from_depthwise),
        ),
        Rule(
            r"blocks\.(\d+)\.(expand|project)\.weight",
            lambda number, name: [f"{block(number)}_{name}/kernel"],
            _to_kernel,
            _from_kernel,
        ),
        _norm(r"blocks\.(\d+)\.bn(\d)", lambda number, norm: f"{block(number)}_{names[norm]}_BN"),
        one(r"conv2\.weight", "Conv_1/kernel", _to_kernel, _from_kernel),
        _norm("bn2", lambda: "Conv_1_bn"),
        *_dense("fc", "predictions"),
    )


def _vit_rules() -> tuple[Rule, ...]:
    embedding = "vit_patching_and_embedding"
    block = "vit_encoder/transformer_block_{}"
    blocks = r"blocks\.(\d+)\."

    def counted(rule: Rule) -> Rule:  # from 1
        return Rule(rule.pattern, lambda number, *rest: rule.names(plus(number, 1), *rest), rule.there, rule.here)

    return (
        one(r"patch\.weight", f"{embedding}/patch_embedding/kernel", _to_kernel, _from_kernel),
        one(r"patch\.bias", f"{embedding}/patch_embedding/bias"),
        one(r"token\.weight", f"{embedding}/class_token"),
        one(r"position\.weight", f"{embedding}/position_embedding/embeddings"),
        *map(
            counted,
            (
                _norm(blocks + r"norm(\d)", lambda number, norm: f"{block.format(number)}/ln_{norm}"),
                *_attention(block + "/mha"),
                *_dense(blocks + "fc1", block + "/mlp/dense_1"),
                *_dense(blocks + "fc2", block + "/mlp/dense_2"),
            ),
        ),
        _norm("norm", lambda: "vit_encoder/ln"),
        *_dense("head", "predictions"),
    )


def _text_rules(attention: str, attention_norm: str) -> tuple[Rule, ...]:
    block = "transformer_layer_{}"
    blocks = r"blocks\.(\d+)\."
    return (
        one(r"token\.weight", "token_embedding/embeddings"),
        one(r"position\.weight", "position_embedding/embeddings"),
        one(r"segment\.weight", "segment_embedding/embeddings"),
        *_attention(f"{block}/{attention}"),
        _norm(blocks + "norm1", lambda number: f"{block.format(number)}/{attention_norm}"),
        _norm(blocks + "norm2", lambda number: f"{block.format(number)}/feedforward_layer_norm"),
        *_dense(blocks + "fc1", block + "/feedforward_intermediate_dense"),
        *_dense(blocks + "fc2", block + "/feedforward_output_dense"),
    )


def _bert_rules() -> tuple[Rule, ...]:
    return (
        *_text_rules("self_attention_layer", "self_attention_layer_norm"),
        _norm("norm", lambda: "embeddings_layer_norm"),
        *_dense("pooler", "pooled_dense"),
        *_dense("head", "logits"),
    )


def _gpt_rules() -> tuple[Rule, ...]:
    return (
        *_text_rules("self_attention", "self_attention_layer_norm"),
        _norm("norm", lambda: "layer_norm"),
    )


RULES: Mapping[str, tuple[Rule, ...]] = {
    "resnet": _resnet_rules(),
    "mobilenet": _mobilenet_rules(),
    "vit": _vit_rules(),
    "transformer": _bert_rules(),
    "gpt": _gpt_rules(),
}
