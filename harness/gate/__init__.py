"""The gate for continuous integration: a run held against what its pairs promise and against a baseline."""
