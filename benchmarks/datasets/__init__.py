"""One module per dataset: its name is the dataset's name, its ``load()`` returns the arrays.

Importing a module costs nothing beyond NumPy; the distribution that carries the samples is imported in ``load()``.
One that takes an extra of this project has a ``missing()`` too: why it cannot be loaded here, or None. A run leaves out
what is to be trained on it, while any other dataset that cannot be loaded stops the run before it begins.
``preparation`` has no ``load`` and is no dataset: it holds what they share.
"""
