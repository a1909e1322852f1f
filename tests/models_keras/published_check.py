"""Names and shapes of the halves of published networks beside each other. Arguments: names of networks.

Prints one JSON object: network -> parameters of the Keras half, and the tensors that the halves do not have alike.
"""

import json
import sys

import keras
import torch

from models_keras.architectures import mobilenet, resnet, vgg
from models_keras.bridge import Bridge
from models_torch.architectures import mobilenet as torch_mobilenet
from models_torch.architectures import resnet as torch_resnet
from models_torch.architectures import vgg as torch_vgg

NETWORKS = {
    "ResNet-18": (resnet.ResNet, torch_resnet.ResNet, {"depth": 18}),
    "ResNet-50": (resnet.ResNet, torch_resnet.ResNet, {"depth": 50}),
    "MobileNetV2": (mobilenet.MobileNetV2, torch_mobilenet.MobileNetV2, {}),
    "VGG-11": (vgg.VGG, torch_vgg.VGG, {}),
}


def check(ours, theirs, arguments):
    model = ours(**arguments)
    model(keras.Input((224, 224, 3)))
    found = {(name, spec.shape) for name, spec in Bridge(model).describe().items()}
    with torch.device("meta"):
        state = theirs(**arguments).state_dict()
    expected = {(name, tuple(t.shape)) for name, t in state.items() if not name.endswith("num_batches_tracked")}
    parameters = sum(variable.value.numel() for variable in model.trainable_variables)
    return {"parameters": parameters, "unlike": sorted(name for name, _ in found ^ expected)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps({name: check(*NETWORKS[name]) for name in sys.argv[1:]}))
