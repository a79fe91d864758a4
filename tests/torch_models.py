"""PyTorch models of the kinds that people have, small and with random weights, as both exporters of ONNX write them.

    python3.11 -m venv V; V/bin/pip install torch onnx onnxscript; V/bin/python tests/torch_models.py FOLDER

Writes each model beside items and PyTorch's answers, for `python -m tests.foreign_imports FOLDER`. Each function returns a model
and the shape of an item.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import relu

Made = tuple[nn.Module, tuple[int, ...]]

MODELS: dict[str, Callable[[], Made]] = {}


def model(function: Callable[[], Made]) -> Callable[[], Made]:
    MODELS[f"torch_{function.__name__}"] = function
    return function


def conv_bn(before: int, after: int, kernel: Any, stride: Any = 1, **settings: Any) -> nn.Module:
    padding = kernel // 2 if isinstance(kernel, int) else tuple(side // 2 for side in kernel)
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, padding, bias=False, **settings),
        nn.BatchNorm2d(after),
    )


class Residual(nn.Module):
    """Two convolutions and a shortcut, which has a window and strides of its own where the shape changes."""

    def __init__(self, before: int, after: int, kernel: Any, stride: Any) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv_bn(before, after, kernel, stride), nn.ReLU(), conv_bn(after, after, kernel)
        )
        same = before == after and stride == 1
        self.shortcut = nn.Identity() if same else conv_bn(before, after, 1, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return relu(self.body(x) + self.shortcut(x))


class Inverted(nn.Module):
    """MobileNet V2's block: wider, depthwise, and narrow without an activation, so that sums are of linear layers."""

    def __init__(self, channels: int, wide: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv_bn(channels, wide, 1),
            nn.ReLU6(),
            conv_bn(wide, wide, 3, groups=wide),
            nn.ReLU6(),
            conv_bn(wide, channels, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x)


class Fire(nn.Module):
    """SqueezeNet's module: two convolutions side by side."""

    def __init__(self, before: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(before, squeeze, 1)
        self.one = nn.Conv2d(squeeze, expand, 1)
        self.three = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = relu(self.squeeze(x))
        return torch.cat([relu(self.one(x)), relu(self.three(x))], 1)


class Lstm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(6, 8, batch_first=True)
        self.head = nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.lstm(x)[0][:, -1])


class Quickstart(nn.Module):
    """pytorch.org's quickstart."""

    def __init__(self) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.stack = nn.Sequential(
            nn.Linear(28 * 28, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 10)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.stack(self.flatten(x))


def ended(body: list[nn.Module], features: int, classes: int) -> nn.Sequential:
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, classes))


@model
def quickstart() -> Made:
    return Quickstart(), (1, 28, 28)


@model
def jets() -> Made:
    sizes = (16, 64, 32, 32)
    layers = [
        part
        for before, after in pairwise(sizes)
        for part in (nn.Linear(before, after), nn.ReLU(), nn.Dropout(0.25))
    ]
    return nn.Sequential(*layers, nn.Linear(32, 5)), (16,)


@model
def jets_batch_norm() -> Made:
    """hls4ml's three_layer_bn_pytorch."""
    sizes = (16, 64, 32, 32)
    layers = [
        part
        for before, after in pairwise(sizes)
        for part in (nn.Linear(before, after), nn.BatchNorm1d(after), nn.ReLU())
    ]
    return nn.Sequential(*layers, nn.Linear(32, 5), nn.Softmax(1)), (16,)


@model
def ann2snn() -> Made:
    """SpikingJelly's README: convolutions with norms and average pools."""
    layers: list[nn.Module] = []
    for before, after in ((1, 8), (8, 8), (8, 8)):
        layers += [
            nn.Conv2d(before, after, 3, 1),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.AvgPool2d(2),
        ]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(8, 10)), (1, 28, 28)


@model
def pytorch_mnist() -> Made:
    """pytorch/examples: max pooling, and log_softmax."""
    return nn.Sequential(
        *(nn.Conv2d(1, 8, 3, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Dropout(0.25), nn.Flatten(), nn.Linear(8 * 12 * 12, 16), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Linear(16, 10), nn.LogSoftmax(1)),
    ), (1, 28, 28)


@model
def lenet_tanh() -> Made:
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(6 * 14 * 14, 10)),
    ), (1, 28, 28)


@model
def resnet8() -> Made:
    body = [conv_bn(3, 8, 3), nn.ReLU()]
    body += [Residual(8, 8, 3, 1), Residual(8, 12, 3, 2), Residual(12, 16, 3, 2)]
    return ended(body, 16, 10), (3, 32, 32)


@model
def ds_cnn() -> Made:
    body = [nn.Conv2d(1, 8, (10, 4), (2, 2), (5, 1), bias=False), nn.BatchNorm2d(8), nn.ReLU()]
    for _ in range(2):
        body += [conv_bn(8, 8, 3, groups=8), nn.ReLU(), conv_bn(8, 8, 1), nn.ReLU()]
    return ended(body, 8, 12), (1, 49, 10)


@model
def tc_resnet8() -> Made:
    body = [nn.Conv2d(40, 8, (3, 1), 1, (1, 0), bias=False)]
    body += [Residual(8, 12, (9, 1), (2, 1)), Residual(12, 16, (9, 1), (2, 1))]
    return ended(body, 16, 12), (40, 33, 1)


@model
def mobilenet() -> Made:
    body = [conv_bn(3, 8, 3, 2), nn.ReLU6()]
    for before, after, stride in ((8, 12, 1), (12, 16, 2)):
        body += [conv_bn(before, before, 3, stride, groups=before), nn.ReLU6()]
        body += [conv_bn(before, after, 1), nn.ReLU6()]
    return ended(body, 16, 7), (3, 32, 32)


@model
def mobilenet_v2() -> Made:
    body = [conv_bn(3, 6, 3, 2), nn.ReLU6(), Inverted(6, 12), conv_bn(6, 16, 1), nn.ReLU6()]
    return ended(body, 16, 7), (3, 16, 16)


@model
def squeezenet() -> Made:
    body = [nn.Conv2d(3, 8, 3, 2), nn.ReLU(), Fire(8, 4, 6), Fire(12, 4, 8), nn.Conv2d(16, 10, 1)]
    return nn.Sequential(*body, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()), (3, 24, 24)


@model
def all_cnn() -> Made:
    body: list[nn.Module] = []
    for before, after, kernel, stride in ((3, 8, 3, 1), (8, 8, 3, 2), (8, 10, 1, 1)):
        body += [nn.Conv2d(before, after, kernel, stride, kernel // 2), nn.ReLU()]
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten()), (3, 16, 16)


@model
def padding_of_its_own() -> Made:
    """A window of 5 with one row of zeros around: neither as much comes out as with `same` nor as with `valid`."""
    return nn.Sequential(
        *(nn.Conv2d(2, 6, 5, 1, 1), nn.ReLU(), nn.Conv2d(6, 6, 3, 2, 2), nn.LeakyReLU(0.1)),
        *(nn.AvgPool2d(3, 2, 1), nn.Flatten(), nn.Linear(6 * 9, 4)),
    ), (2, 12, 12)


@model
def series() -> Made:
    return nn.Sequential(
        *(nn.Conv1d(4, 8, 5, padding=2), nn.BatchNorm1d(8), nn.ReLU(), nn.AvgPool1d(2)),
        *(nn.Conv1d(8, 8, 3, dilation=2), nn.Hardtanh(0, 6), nn.AdaptiveAvgPool1d(1)),
        *(nn.Flatten(), nn.Linear(8, 5)),
    ), (4, 40)


@model
def lstm() -> Made:
    return Lstm(), (10, 6)


@model
def transformer() -> Made:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    return nn.Sequential(layer, nn.Flatten(), nn.Linear(80, 4)), (10, 8)


def trained(network: nn.Module) -> nn.Module:
    """Return a network whose statistics aren't those that it begins with."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.3)
    return network.eval()


def main() -> None:
    folder = Path(sys.argv[1]) / f"torch-{torch.__version__.partition('+')[0]}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in MODELS.items():
        torch.manual_seed(0)
        network, shape = make()
        items = (torch.randn(4, *shape),)
        with torch.no_grad():
            answers = trained(network)(*items).numpy()
        np.savez(folder / f"{name}.npz", x=items[0].numpy(), y=answers)
        one = (items[0][:1],)
        torch.onnx.export(network, one, folder / f"{name}.dynamo.onnx", verbose=False)
        torch.onnx.export(network, one, folder / f"{name}.legacy.onnx", dynamo=False)


if __name__ == "__main__":
    main()
