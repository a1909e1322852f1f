"""Weights that others trained, under canonical names, and the ids that they were trained on. Imports no framework.

One module per model: ``ARGUMENTS`` of its architecture, ``tensors()`` and ``ids(texts)``. What they need is the extra
``pretrained``; ``missing()`` says what of it is not installed.
"""
