"""Models in other forms than their framework's own: written, run by another runtime, and compared; told beside runs."""
