"""Suites: which cells to run, as YAML (``harness.schema.Suite``)."""
