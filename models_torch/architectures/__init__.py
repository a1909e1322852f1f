"""One file per architecture; the same file, class and parameter names as in ``models_keras.architectures``."""
