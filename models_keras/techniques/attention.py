"""Attention, with a float64 path on every backend."""

from typing import Any

import numpy as np
from keras import KerasTensor, layers


class ExactAttention(layers.MultiHeadAttention):
    """Multi-head attention (Vaswani et al., 2017) that computes in float64 where that is asked.

    Below float64 it is Keras' own, to the bit. In float64 Keras' fused form leaves the type in two places: on JAX the
    softmax is always taken in float32 (``jax.nn``, ``_dot_product_attention_core``); on TensorFlow the scale, a Python
    float, becomes a float32 tensor before it is cast (``_dot_product_attention_xla`` in Keras' backend). So here the
    scale is a NumPy float64, and Keras, asked for the attention weights, computes them step by step.
    """

    def __init__(self, num_heads: int, key_dim: int, **options: Any):
        super().__init__(num_heads, key_dim, **options)
        self.in_float64 = self.compute_dtype == "float64"
        if self.in_float64:
            self._inverse_sqrt_key_dim = np.float64(self._inverse_sqrt_key_dim)

    def call(
        self,
        query: KerasTensor,
        value: KerasTensor,
        key: KerasTensor | None = None,
        attention_mask: KerasTensor | None = None,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> KerasTensor:
        """Attend from ``query`` (N, T, width) to ``key`` and ``value`` (N, S, width); return (N, T, width)."""
        options = {"attention_mask": attention_mask, "training": training, "use_causal_mask": use_causal_mask}
        if not self.in_float64:
            return super().call(query, value, key, **options)
        outputs, _ = super().call(query, value, key, return_attention_scores=True, **options)
        return outputs
