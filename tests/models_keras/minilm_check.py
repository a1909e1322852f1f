"""MiniLM-L6 with its published weights, on the backend that ``KERAS_BACKEND`` names.

Prints one JSON object: the embeddings and the pooled vectors of the sentences given as arguments, and the size of the
model with its pooler.
"""

import json
import sys

import keras

from benchmarks.pretrained import minilm
from models_keras.architectures.transformer import BERT, SentenceEncoder
from models_keras.bridge import Bridge


def outputs(model, tensors, ids):
    model(keras.Input((minilm.ARGUMENTS["length"],), dtype="int32"))
    Bridge(model).load(tensors)
    return model.predict(ids.astype("int32"), verbose=0).tolist()


if __name__ == "__main__":
    ids = minilm.ids(sys.argv[1:])
    bert = BERT(**minilm.ARGUMENTS)
    found = {
        "embeddings": outputs(SentenceEncoder(**minilm.ARGUMENTS), minilm.tensors(), ids),
        "pooled": outputs(bert, minilm.tensors(pooler=True), ids),
        "parameters": bert.count_params(),
    }
    sys.stdout.write(json.dumps(found))
