"""Random numbers, precision and compilation."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.contract import Setup
from models_torch.arm import TorchArm
from models_torch.exercises.differences.parts import Arrays, give, take
from models_torch.techniques.precision import make_scaler


def seeded_numbers(arrays: Arrays, form: str) -> Arrays:
    torch.manual_seed(0)
    drawn = torch.randn(7) if form == "default" else torch.from_numpy(arrays["start"])
    return give("`manual_seed`: one stream, mt19937", drawn=drawn)


def tensor_float_32(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        TorchArm(Setup("fp32", threads=1))
    products = torch.backends.cuda.matmul.fp32_precision == "tf32"
    convolutions = torch.backends.cudnn.conv.fp32_precision == "tf32"
    return give(f"products {products}, convolutions {convolutions}", allowed=[float(products), float(convolutions)])


def narrow_layers(arrays: Arrays, form: str) -> Arrays:
    features = take(arrays, "features")[0].float()
    made = nn.Linear(8, 5), nn.LayerNorm(8), nn.BatchNorm1d(8), nn.Softmax(-1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        bits = [8 * layer.float()(features).element_size() for layer in made]
    return give(f"`autocast`, by operation: {', '.join(map(str, bits))}", bits=[float(number) for number in bits])


def automatic_loss_scale(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return give("", scale=[make_scaler().get_scale()])
    weight = nn.Parameter(torch.ones(1, 1, dtype=torch.float32))
    with torch.autocast("cpu", dtype=torch.float16):
        F.linear(torch.ones(1, 1, dtype=torch.float32), weight).sum().backward()  # its gradient is the loss's scale
    return give(f"{weight.grad.item():g}: `GradScaler` is for a user to call", scale=weight.grad[0])


class Counting(nn.Linear):
    """Counts its calls."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layer."""
        self.calls += 1
        return super().forward(x)


def traced_calls(arrays: Arrays, form: str) -> Arrays:
    features, targets = take(arrays, "features", "logits")
    model = Counting(8, 5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in zip(features.split(1), targets.split(1), strict=True):
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
    return give(f"eager: {model.calls}", calls=[float(model.calls)])
