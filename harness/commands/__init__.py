"""The commands of ``twinbench``, one file for each thing that they are about."""
