"""Techniques by themselves, for the parity gates: the same functions as in ``models_torch.exercises``."""
