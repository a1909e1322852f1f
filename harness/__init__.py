"""How pairs are run, measured and judged. ``contract.py`` is the file to read first."""
