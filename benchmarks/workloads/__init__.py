"""One module per workload: its name is the workload's name, its ``WORKLOAD`` says what is trained."""
