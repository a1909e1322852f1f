"""One file per family of training techniques; the same names as in ``models_torch.techniques``."""
