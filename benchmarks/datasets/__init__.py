"""One module per dataset: its name is the dataset's name, its ``load()`` returns the arrays.

Importing a module costs nothing beyond NumPy; the distribution that carries the samples is imported in ``load()``.
``preparation`` has no ``load`` and is no dataset: it holds what they share.
"""
