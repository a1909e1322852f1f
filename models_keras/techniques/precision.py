"""Dynamic loss scaling (Micikevicius et al., 2018): what keeps small gradients of float16 from becoming zero."""

import keras


def make_scaled(
    optimizer: keras.Optimizer, initial: float = 2.0**16, growth_steps: int = 2000
) -> keras.optimizers.LossScaleOptimizer:
    """Return an optimizer that multiplies a loss before its gradient is taken, and divides the gradients it is given.

    The scale is halved, and the step left out, where a gradient is not finite. It is doubled after ``growth_steps``
    finite ones in a row. The initial scale is PyTorch's default; Keras' is half of it.
    """
    return keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=initial, dynamic_growth_steps=growth_steps)
