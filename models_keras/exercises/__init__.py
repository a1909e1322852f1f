"""Techniques by themselves, for the parity gates: the same functions as in ``models_torch.exercises``.

Each takes NumPy arrays by name and returns NumPy arrays by name, in PyTorch's layouts.
"""
