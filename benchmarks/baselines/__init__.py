"""What a workload is worth: simple methods without a framework, on the same arrays."""
