"""Early stopping (Prechelt, 1998). Keras' own callback means what the PyTorch half, written by hand, does."""

import keras


def make_early_stopping(
    patience: int, min_delta: float = 0.0, restore_best: bool = False
) -> keras.callbacks.EarlyStopping:
    """Return what ends training after ``patience`` epochs in a row without progress of the held-out loss.

    Args:
        patience: At least 1; Keras takes 0 for 1.
        min_delta: Progress is a loss lower than the best by more than this; the first loss is the best so far.
        restore_best: At the end give the model back the parameters that it had at the best loss.
    """
    return keras.callbacks.EarlyStopping(
        "val_loss", mode="min", patience=patience, min_delta=min_delta, restore_best_weights=restore_best
    )
