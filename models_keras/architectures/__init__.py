"""One file per architecture; the same file, class and parameter names as in ``models_torch.architectures``.

Attributes are named after their PyTorch counterparts, so that parameters can be carried across by name. No file here
names a backend: each runs on TensorFlow, JAX and torch.
"""
