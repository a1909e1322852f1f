"""What is compared: workloads, datasets and suites. Imports no framework."""
