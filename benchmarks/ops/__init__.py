"""Single operations in every arm, timed by pytest-benchmark: ``make ops``."""
