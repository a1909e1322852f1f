"""Early stopping (Prechelt, 1998): PyTorch has none, so this is the definition."""

import torch
from torch import nn


class EarlyStopping:
    """Ends training after ``patience`` epochs in a row without progress of the held-out loss.

    Args:
        model: What is trained.
        patience: At least 1.
        min_delta: Progress is a loss lower than the best by more than this; the first loss is the best so far.
        restore_best: At the end give the model back the parameters that it had at the best loss.
    """

    def __init__(self, model: nn.Module, patience: int, min_delta: float = 0.0, restore_best: bool = False):
        self.model, self.patience, self.min_delta = model, patience, min_delta
        self.best: float | None = None
        self.waited = 0
        self.kept: dict[str, torch.Tensor] | None = None
        self.restore_best = restore_best

    def step(self, loss: float) -> bool:
        """Take the held-out loss of an epoch, and return whether it is time to stop."""
        if self.best is None or loss + self.min_delta < self.best:
            self.best, self.waited = loss, 0
            if self.restore_best:
                self.kept = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}
        else:
            self.waited += 1
        return self.waited >= self.patience

    def end(self) -> None:
        """Restore what was best, if that is wanted; call it whether or not training was stopped."""
        if self.kept is not None:
            self.model.load_state_dict(self.kept)
