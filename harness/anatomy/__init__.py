"""An architecture taken apart: the sources of its halves side by side, its layers as a table and as a diagram."""
