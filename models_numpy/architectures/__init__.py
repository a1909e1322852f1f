"""One file per architecture, named as its PyTorch and Keras halves."""
