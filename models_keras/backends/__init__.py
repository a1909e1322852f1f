"""What differs between Keras' backends: configuring them, placing batches, waiting for the device.

Each module has the functions of ``models_keras.backends.tensorflow``; ``models_keras.arm`` imports the one that
Keras runs on.
"""
