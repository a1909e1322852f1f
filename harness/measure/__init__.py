"""What is read from the machine: its description, and evidence of who else used it."""
