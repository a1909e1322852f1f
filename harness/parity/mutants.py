"""Planted faults: each a patch to the source of a real half. A gate must go red, and in the right place.

A mutant lives in a copy of its package that the workers of that package's arms find first; the gates, their inputs
and the installed packages stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        path: The file it is planted in, below the folder of the packages.
        old: What stands there, exactly once.
        new: What is put in its place.
        workload: Whose pair shows it, or the gate of techniques that does.
        located: What the first finding of the red gate must name: a tensor or tap, or the beginning of one.
    """

    name: str
    path: str
    old: str
    new: str
    workload: str
    located: str


_LENET, _MLP = "models_keras/architectures/lenet.py", "models_keras/architectures/mlp.py"
_GRU, _BRIDGE = "models_keras/architectures/recurrent.py", "models_keras/bridge.py"
_STACK, _ONE_BIAS = "models_keras/techniques/recurrent.py", "models_torch/techniques/recurrent.py"
_RESNET, _VIT = "models_keras/architectures/resnet.py", "models_keras/architectures/vit.py"
_VGG, _MOBILENET = "models_keras/architectures/vgg.py", "models_keras/architectures/mobilenet.py"
_NORMALIZATION, _EMBEDDINGS = "models_keras/techniques/normalization.py", "models_keras/techniques/embeddings.py"
_ACTIVATIONS = "models_keras/techniques/activations.py"
_OPTIMIZERS, _ARM = "models_keras/techniques/optimizers.py", "models_keras/arm.py"
_LOSSES, _CLIPPING = "models_keras/techniques/losses.py", "models_keras/techniques/clipping.py"
_SCHEDULES, _INITIALIZERS = "models_keras/techniques/schedules.py", "models_keras/techniques/initializers.py"
_REGULARIZERS, _TORCH_REGULARIZERS = (
    "models_keras/techniques/regularizers.py",
    "models_torch/techniques/regularizers.py",
)
_AUGMENTATION, _TORCH_AUGMENTATION = (
    "models_keras/techniques/augmentation.py",
    "models_torch/techniques/augmentation.py",
)
_POOLING = "models_keras/techniques/pooling.py"
_TORCH_LOSSES, _TORCH_ARM = "models_torch/techniques/losses.py", "models_torch/arm.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant("missing ReLU", _LENET, "ops.relu(self.fc1(x))", "self.fc1(x)", "lenet_mnist5k", "fc2"),
    Mutant(
        "extra ReLU on the logits",
        _LENET,
        "return self.fc3(x)",
        "return ops.relu(self.fc3(x))",
        "lenet_mnist5k",
        "output",
    ),
    Mutant("tanh GELU for ReLU", _ACTIVATIONS, '"relu": ops.relu', '"relu": ops.gelu', "mlp_digits", "fc.1"),
    Mutant(
        "softmax before the loss", _MLP, "return head(x)", "return keras.ops.softmax(head(x))", "mlp_digits", "output"
    ),
    Mutant(
        "average for max pooling", _LENET, "layers.MaxPooling2D", "layers.AveragePooling2D", "lenet_mnist5k", "conv2"
    ),
    Mutant(
        "average pooling counts padding",
        _POOLING,
        "return self.pool(self.pad(x)) / self.pool(self.pad(within))",
        "return self.pool(self.pad(x))",
        "layer",
        "output",
    ),
    Mutant("max pooling pads with zeros", _POOLING, '-float("inf")', "0.0", "layer", "output"),
    Mutant("L2 off by 2", _REGULARIZERS, "l2 * ops.sum(", "l2 / 2 * ops.sum(", "layer", "value"),
    Mutant("valid for same padding", _LENET, 'kernel_size=5, padding="same"', "kernel_size=5", "lenet_mnist5k", ""),
    Mutant(
        "padding on the wrong side",
        _LENET,
        "layers.ZeroPadding1D(1)",
        "layers.ZeroPadding1D((2, 0))",
        "cnn_mnist1d",
        "conv1",
    ),
    Mutant(
        "unpermuted flatten",
        _LENET,
        'self.flattened = {"fc1": (5, 5, 16)}',
        "self.flattened = {}",
        "lenet_mnist5k",
        "fc1",
    ),
    Mutant("dropped bias", _LENET, "layers.Dense(84)", "layers.Dense(84, use_bias=False)", "lenet_mnist5k", "fc2.bias"),
    Mutant("swapped GRU gates", _BRIDGE, "[update, reset, new]", "[reset, update, new]", "gru_mnist1d", "gru"),
    Mutant(
        "GRU resets before the product",
        _GRU,
        "layers.GRU(hidden_size,",
        "layers.GRU(hidden_size, reset_after=False,",
        "gru_mnist1d",
        "",
    ),
    Mutant(
        "GRU without its sigmoid",
        _GRU,
        "layers.GRU(hidden_size,",
        'layers.GRU(hidden_size, recurrent_activation="hard_sigmoid",',
        "gru_mnist1d",
        "gru",
    ),
    Mutant(
        "LSTM forget gate with a bias of 1 more",
        _BRIDGE,
        'f"{path}.bias_ih{suffix}", "recurrent", _same, _same)',
        'f"{path}.bias_ih{suffix}", "recurrent", _same, lambda b: b + np.repeat([0, 1, 0, 0], len(b) // 4))',
        "lstm_mnist1d",
        "rnn",
    ),
    Mutant(
        "LSTM gates in another order",
        _BRIDGE,
        '"recurrent", np.transpose, np.transpose)',
        '"recurrent", np.transpose, lambda weight: np.roll(weight, len(weight) // 4, axis=0).T)',
        "lstm_mnist1d",
        "rnn",
    ),
    Mutant(
        "stacked layers exchanged",
        _BRIDGE,
        'suffix=f"_l{number}")',
        'suffix=f"_l{len(stack.stacked) - 1 - number}")',
        "lstm_mnist1d",
        "rnn.weight_ih_l0",
    ),
    Mutant(
        "stacked layers under one name",
        _BRIDGE,
        'suffix=f"_l{number}")',
        'suffix="_l0")',
        "lstm_mnist1d",
        "",
    ),
    Mutant(
        "the backward units' first step for their last",
        _GRU,
        "x[:, 0, self.hidden_size :]",
        "x[:, -1, self.hidden_size :]",
        "lstm_mnist1d",
        "rnn.weight_hh_l1_reverse",
    ),
    Mutant(
        "the forward units' first step for their last",
        _GRU,
        "x[:, -1, : self.hidden_size]",
        "x[:, 0, : self.hidden_size]",
        "rnn_mnist1d",
        "rnn.weight_hh_l0",
    ),
    Mutant(
        "dropout above the layers instead of between them",
        _STACK,
        "layer(self.dropout(x, training=training))",
        "self.dropout(layer(x), training=training)",
        "lstm_mnist1d",
        "",
    ),
    Mutant(
        "one dropout mask for all steps",
        _STACK,
        "layers.Dropout(dropout)",
        "layers.SpatialDropout1D(dropout)",
        "lstm_mnist1d",
        "",
    ),
    Mutant(
        "ReLU in the simple RNN",
        _STACK,
        "layer(units,",
        'layer(units, activation="relu",',
        "rnn_mnist1d",
        "rnn",
    ),
    Mutant(
        "PyTorch's second bias trained",
        _ONE_BIAS,
        'name.startswith("bias_hh")',
        'name.startswith("bias_hr")',
        "rnn_mnist1d",
        "rnn.bias_hh_l0",
    ),
    Mutant(
        "Adam epsilon in Keras' place",
        _OPTIMIZERS,
        "self._epsilon * math.sqrt(",
        "self._epsilon * max(1, ",
        "mlp_digits",
        "fc",
    ),
    Mutant("Adam beta_2 of .99", _OPTIMIZERS, "number(spec.beta_2)", "0.99", "mlp_digits", "fc"),
    Mutant(
        "momentum squared",
        _OPTIMIZERS,
        '"SGD", mixins, {"momentum": spec.momentum,',
        '"SGD", mixins, {"momentum": spec.momentum**2,',
        "softmax_breast_cancer",
        "fc",
    ),
    Mutant(
        "coefficients through float32",
        _OPTIMIZERS,
        '"beta_1": number(spec.beta_1)',
        '"beta_1": float(np.float32(spec.beta_1))',
        "optimizer",
        "exp_avg of 0.weight after 1 steps",
    ),
    Mutant(
        "float32 where float64 was asked",
        _ARM,
        'dtypes.BIT64_TO_BIT32_DTYPE.pop("float64", None)',
        "pass",
        "mlp_digits",
        "fc",
    ),
    Mutant(
        "loss summed over the batch",
        _LOSSES,
        "from_logits=True, ignore_class=ignored)",
        'from_logits=True, ignore_class=ignored, reduction="sum")',
        "mlp_digits",
        "loss",
    ),
    Mutant(
        "probabilities taken for logits",
        _LOSSES,
        "from_logits=True, ignore_class",
        "from_logits=False, ignore_class",
        "mlp_digits",
        "loss",
    ),
    Mutant(
        "channels exchanged with columns",
        _ARM,
        "return np.moveaxis(x, 1, -1) if",
        "return np.swapaxes(x, 1, -1) if",
        "lenet_mnist5k",
        "conv1",
    ),
    Mutant(
        "batch norm momentum of .9",
        _NORMALIZATION,
        "momentum: float = 0.1",
        "momentum: float = 0.9",
        "mlp_norm_digits",
        "norm.0.running_mean",
    ),
    Mutant(
        "batch norm epsilon of 1e-3",
        _NORMALIZATION,
        "epsilon: float = 1e-5",
        "epsilon: float = 1e-3",
        "mlp_norm_digits",
        "norm.0",
    ),
    Mutant(
        "biased running variance",
        _NORMALIZATION,
        "added * unbiased",
        "added * variance",
        "mlp_norm_digits",
        "norm.0.running_var",
    ),
    Mutant(
        "running statistics in training",
        _MLP,
        "norm(y, training=training)",
        "norm(y, training=False)",
        "mlp_norm_digits",
        "loss",
    ),
    Mutant("dropped residual", _MLP, "x = x + y if", "x = y if", "mlp_norm_digits", "fc.2"),
    Mutant(
        "layer norm over the positions too",
        _VIT,
        "self.norm1 = layers.LayerNormalization(",
        "self.norm1 = layers.LayerNormalization(axis=(1, 2), ",
        "vit_mnist5k",
        "blocks.0.norm1",
    ),
    Mutant("layer norm epsilon of 1e-3", _VIT, "EPSILON = 1e-6", "EPSILON = 1e-3", "vit_mnist5k", "blocks.0.norm1"),
    Mutant("tanh GELU for the exact one", _VIT, "y = gelu(", "y = ops.gelu(", "vit_mnist5k", "blocks.0.fc2"),
    Mutant("class token behind the patches", _EMBEDDINGS, "width)), x]", "width)), x][::-1]", "vit_mnist5k", "token"),
    Mutant(
        "heads of half the size",
        _VIT,
        "key_dim=width // heads",
        "key_dim=width // heads // 2",
        "vit_mnist5k",
        "blocks.0",
    ),
    Mutant(
        "strided convolution padded on one side",
        _RESNET,
        "layers.ZeroPadding2D(1)",
        "layers.ZeroPadding2D(((0, 1), (0, 1)))",
        "resnet20_mnist5k",
        "blocks.3.conv1",
    ),
    Mutant(
        "zero channels in front of the shortcut",
        _RESNET,
        "(0, self.added)",
        "(self.added, 0)",
        "resnet20_mnist5k",
        "blocks.4.conv1",
    ),
    Mutant(
        "pooling that drops an odd edge",
        _VGG,
        'layers.MaxPooling2D(2, padding="same")',
        "layers.MaxPooling2D(2)",
        "vgg11_mnist5k",
        "features.15",
    ),
    Mutant(
        "a stack that keeps its training to itself",
        _VGG,
        "layer(x, training=training) if differs",
        "layer(x, training=False) if differs",
        "vgg11_mnist5k",
        "loss",
    ),
    Mutant(
        "average for max pooling in a stack",
        _VGG,
        "yield layers.MaxPooling2D",
        "yield layers.AveragePooling2D",
        "vgg11_mnist5k",
        "features.4",
    ),
    Mutant(
        "ReLU for ReLU6",
        _MOBILENET,
        "y = ops.relu6(self.bn2(self.depthwise",
        "y = ops.relu(self.bn2(self.depthwise",
        "mobilenet_mnist5k",
        "blocks.",
    ),
    Mutant(
        "dropped inverted residual",
        _MOBILENET,
        "return x + y if",
        "return y if",
        "mobilenet_mnist5k",
        "blocks.3.expand",
    ),
    Mutant(
        "ReLU6 after the linear bottleneck",
        _MOBILENET,
        "y = self.bn3(self.project(y), training=training)",
        "y = ops.relu6(self.bn3(self.project(y), training=training))",
        "mobilenet_mnist5k",
        "blocks.1.expand",
    ),
    Mutant(
        "stride on the projection",
        _MOBILENET,
        "strides=stride, use_bias=False)\n        self.bn2 = UnbiasedBatchNormalization()\n"
        "        self.project = layers.Conv2D(channels, kernel_size=1,",
        "strides=1, use_bias=False)\n        self.bn2 = UnbiasedBatchNormalization()\n"
        "        self.project = layers.Conv2D(channels, kernel_size=1, strides=stride,",
        "mobilenet_mnist5k",
        "blocks.1.depthwise",
    ),
    Mutant(
        "depthwise convolution padded on one side",
        _MOBILENET,
        "layers.ZeroPadding2D(1)\n        self.depthwise",
        "layers.ZeroPadding2D(((0, 2), (0, 2)))\n        self.depthwise",
        "mobilenet_mnist5k",
        "blocks.0.depthwise",
    ),
    Mutant(
        "one batch norm with a momentum of .01",
        _MOBILENET,
        "self.bn1 = UnbiasedBatchNormalization()\n        self.blocks",
        "self.bn1 = UnbiasedBatchNormalization(momentum=0.01)\n        self.blocks",
        "mobilenet_mnist5k",
        "bn1.running_mean",
    ),
    Mutant(
        "Adam's epsilon on the uncorrected root",
        _OPTIMIZERS,
        "return self._epsilon * math.sqrt(1 - self.beta_2 ** (int(self.iterations.value) + 1))",
        "return self._epsilon",
        "optimizer",
        "parameters of 0.weight after 1 steps",
    ),
    Mutant(
        "decoupled decay",
        _OPTIMIZERS,
        '(CoupledDecay, *mixins), arguments | {"coupled_decay": spec.weight_decay}',
        'mixins, arguments | {"weight_decay": spec.weight_decay}',
        "optimizer",
        "momentum_buffer of 0.weight after 1 steps",
    ),
    Mutant(
        "learning rate within the momentum",
        _OPTIMIZERS,
        "buffer += g\n        p -= learning_rate * (g + self.momentum * buffer if self.nesterov else buffer)",
        "buffer += learning_rate * g\n        p -= buffer",
        "optimizer",
        "momentum_buffer of 0.weight after 1 steps",
    ),
    Mutant(
        "each tensor clipped by its own norm",
        _CLIPPING,
        '"global_norm": clip_global_norm',
        '"global_norm": clip_each_norm',
        "optimizer",
        "parameters of 0.weight after",
    ),
    Mutant(
        "a norm without PyTorch's 1e-6",
        _CLIPPING,
        "STABILISER = 1e-6",
        "STABILISER = 0.0",
        "optimizer",
        "parameters of 0.weight after",
    ),
    Mutant(
        "RMSprop's epsilon under the root",
        _OPTIMIZERS,
        "g / (backend.sqrt(square) + self.epsilon)",
        "g / backend.sqrt(square + self.epsilon)",
        "optimizer",
        "parameters of 0.weight after 1 steps",
    ),
    Mutant(
        "Adagrad's epsilon under the root",
        _OPTIMIZERS,
        "(backend.sqrt(total) + self.epsilon)",
        "backend.sqrt(total + self.epsilon)",
        "optimizer",
        "parameters of 0.weight after",
    ),
    Mutant(
        "Adamax's norm without epsilon",
        _OPTIMIZERS,
        "abs(g) + self.epsilon)",
        "abs(g))",
        "optimizer",
        "parameters of 0.weight after 1 steps",
    ),
    Mutant(
        "NAdam's next momentum a step late",
        _OPTIMIZERS,
        "self.mu(step), self.mu(step + 1)",
        "self.mu(step), self.mu(step)",
        "optimizer",
        "parameters of 0.weight after 1 steps",
    ),
    Mutant(
        "bias correction subtracted in float32",
        "models_keras/backends/torch.py",
        "return one_minus_power(beta, step) / float(1 - power)",
        "return 1.0",
        "optimizer",
        "parameters of 0.",
    ),
    Mutant(
        "an epsilon that float32 loses",
        _OPTIMIZERS,
        "return self._epsilon * math.sqrt(",
        "return (float(np.asarray(0.25 + self._epsilon, keras.config.floatx())) - 0.25) * math.sqrt(",
        "optimizer",
        "parameters of",
    ),
    Mutant(
        "a momentum that float32 forgets",
        _OPTIMIZERS,
        "buffer *= self.momentum\n        buffer += g",
        "buffer *= float(np.asarray(self.momentum - 1000, keras.config.floatx())) + 1000\n        buffer += g",
        "optimizer",
        "parameters of 0.weight after 2 steps",
    ),
    Mutant("a cosine one step ahead", _SCHEDULES, "ops.cast(step,", "ops.cast(step + 1,", "schedule", "step 0"),
    Mutant("a plateau one epoch early", _SCHEDULES, "wait > self", "wait >= self", "schedule", "step"),
    Mutant("a threshold not relative", _SCHEDULES, "best * (1 - self", "best - (self", "schedule", "step"),
    Mutant(
        "class weights by N",
        _LOSSES,
        "ops.sum(kept * ops.sum(weights * true, axis=-1))",
        "ops.sum(kept)",
        "loss",
        "value",
    ),
    Mutant(
        "smoothing over the other classes",
        _LOSSES,
        "smoothing / number_of_classes",
        "smoothing / (number_of_classes - 1) * (1 - true)",
        "loss",
        "value",
    ),
    Mutant(
        "padding counted in the mean",
        _LOSSES,
        "kept = ops.cast(kept, y_pred.dtype)",
        "kept = ops.ones_like(y_pred[..., 0])",
        "loss",
        "value",
    ),
    Mutant("Huber's delta forgotten", _LOSSES, "Huber(delta=np.float64(delta))", "Huber()", "loss", "value"),
    Mutant(
        "PyTorch's class weights left out",
        _TORCH_LOSSES,
        "weight=None if weights is None else",
        "weight=None if True else",
        "loss",
        "value",
    ),
    Mutant(
        "labels in the order of the file", _ARM, "targets[order], batch_size", "targets, batch_size", "loss", "losses"
    ),
    Mutant(
        "last batch dropped",
        _TORCH_ARM,
        "torch.from_numpy(order).split(batch_size)",
        "torch.from_numpy(order).split(batch_size)[:-1]",
        "loss",
        "losses",
    ),
    Mutant(
        "an epoch's loss by full batches",
        _TORCH_ARM,
        "losses.append(total.item() / len(order))",
        "losses.append(total.item() / batch_size / -(-len(order) // batch_size))",
        "loss",
        "losses",
    ),
    Mutant(
        "bfloat16 where float32 was asked",
        _ARM,
        'if setup.precision == "bf16"',
        'if setup.precision in ("bf16", "fp32")',
        "mlp_digits",
        "fc.0",
    ),
    Mutant(
        "pictures turned clockwise",
        _AUGMENTATION,
        "middle_row + cos * down + sin * right, middle_column + cos * right - sin * down",
        "middle_row + cos * down - sin * right, middle_column + cos * right + sin * down",
        "augmentation",
        "rotation: x",
    ),
    Mutant(
        "the partner's share for one's own",
        _AUGMENTATION,
        "of_pictures, of_targets = share[:, None, None, None], share[:, None]",
        "of_pictures, of_targets = share[:, None, None, None], 1 - share[:, None]",
        "augmentation",
        "mixup: y",
    ),
    Mutant(
        "a shift off by one",
        _AUGMENTATION,
        "rows - offset[:, 0, None, None], columns - offset[:, 1, None, None]",
        "rows - offset[:, 0, None, None] - 1, columns - offset[:, 1, None, None]",
        "augmentation",
        "shift: x",
    ),
    Mutant(
        "a border drawn out for zeros",
        _AUGMENTATION,
        "found + (weight * ops.cast(inside, x.dtype))[..., None] * value",
        "found + weight[..., None] * value",
        "augmentation",
        "shift: x",
    ),
    Mutant(
        "pictures shrunk for enlarged",
        _AUGMENTATION,
        "middle_row + (rows - middle_row) / times, middle_column",
        "middle_row + (rows - middle_row) * times, middle_column",
        "augmentation",
        "zoom: x",
    ),
    Mutant(
        "PyTorch's squares from their middle on",
        _TORCH_AUGMENTATION,
        "first = centre - size // 2",
        "first = centre",
        "augmentation",
        "cutout: x",
    ),
    Mutant(
        "fan_out for fan_in",
        _INITIALIZERS,
        '2.0, "fan_in", "untruncated_normal"',
        '2.0, "fan_out", "untruncated_normal"',
        "randomness",
        "dense.weight",
    ),
    Mutant(
        "truncated for untruncated",
        _INITIALIZERS,
        '"fan_avg", "untruncated_normal"',
        '"fan_avg", "truncated_normal"',
        "randomness",
        "dense.weight",
    ),
    Mutant(
        "gain of 1 for He's 2",
        _INITIALIZERS,
        '"he_truncated_normal": partial(TruncatedNormal, 2.0)',
        '"he_truncated_normal": partial(TruncatedNormal, 1.0)',
        "randomness",
        "dense.weight",
    ),
    Mutant(
        "dropout without rescaling",
        _REGULARIZERS,
        "layers.Dropout(rate)",
        'type("D", (layers.Dropout,), {"call": lambda self, x, training=False: '
        "layers.Dropout.call(self, x, training=training) * (1 - rate * training)})(rate)",
        "randomness",
        "training: scale",
    ),
    Mutant(
        "alpha dropout for dropout",
        _REGULARIZERS,
        "layers.Dropout(rate)",
        "layers.AlphaDropout(rate)",
        "randomness",
        "",
    ),
    Mutant(
        "PyTorch's dropout by channel", _TORCH_REGULARIZERS, "nn.Dropout(rate)", "nn.Dropout1d(rate)", "randomness", ""
    ),
)
