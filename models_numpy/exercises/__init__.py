"""Techniques by themselves, for the parity gates: the functions of ``models_torch.exercises`` that the witness has."""
