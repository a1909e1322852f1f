"""One file per family of training techniques: what is the same for every framework."""
