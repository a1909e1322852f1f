"""What PyTorch does by default where Keras does otherwise: a function for each line of ``docs/differences.md``.

Each takes arrays and a form, ``default`` (the layer, loss or optimizer as a user writes it who gives only what both
frameworks ask for) or ``reconciled`` (as the pairs have it), and returns what it computes. The default form adds
``says``: the default in words, its numbers read from the framework. What a framework refuses ends in its error.
What the pairs leave as it is has the default form alone; what is in ``alike`` has no forms.
"""
