"""Write the ONNX files beside this script, and what PyTorch answers: `python tests/cases/imported/make_onnx.py`.

It takes torch, onnx, onnxscript and keras, which snnc's own environments don't have. Written with torch 2.14.1, onnx 1.23.2,
onnxscript 0.7.2 and keras 3.15.1.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import onnx
import torch
from torch import nn
from torch.nn.functional import log_softmax, max_pool2d, relu, silu

FOLDER = Path(__file__).parent
#: What PyTorch calls the note of where an operator was called.
TRACE = "pkg.torch.onnx.stack_trace"


class Block(nn.Module):
    """A residual block, its shortcut with a window and strides of its own."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))))
        return relu(y + self.shortcut(x))


class Lenet(nn.Module):
    """Max pooling, and a shape that is asked for while it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 5, padding=2)
        self.fc = nn.Linear(4 * 4 * 4, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = max_pool2d(relu(self.conv(x)), 2)
        return log_softmax(self.fc(x.view(x.size(0), -1)), dim=1)


class Series(nn.Module):
    """Series of [length, channels], normalised inside of the network."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.5, -0.25, 1.0]))
        self.register_buffer("std", torch.tensor([2.0, 0.5, 1.5]))
        self.layers = nn.Sequential(
            nn.Conv1d(3, 6, 5, padding=2, dilation=1),
            nn.LeakyReLU(0.1),
            nn.AvgPool1d(2),
            nn.Conv1d(6, 8, 3, 2, 1),
            nn.ReLU(),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
            nn.Linear(8, 3),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(((x - self.mean) / self.std).permute(0, 2, 1))


class Refused(nn.Module):
    """Four layers that no spec has, and two heads."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.norm = nn.InstanceNorm2d(2)
        self.lstm = nn.LSTM(12, 4, batch_first=True)
        self.head, self.other = nn.Linear(4, 3), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.tanh(self.norm(self.conv(x)))
        last = self.lstm(x.flatten(2).reshape(-1, 6, 12))[0][:, -1]
        return self.head(last), self.other(silu(last))


def depthwise(before: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, before, 3, stride, 1, groups=before, bias=False),
        nn.BatchNorm2d(before),
        nn.ReLU6(),
        nn.Conv2d(before, after, 1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU6(),
    )


def networks() -> dict[str, tuple[nn.Module, tuple[int, ...]]]:
    """Return networks by name, with the shape of an item."""
    plain = nn.Sequential(
        nn.Conv2d(2, 4, 3, 2, 1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AvgPool2d(2, 2, 1),
        nn.Flatten(),
        nn.Dropout(0.25),
        nn.Linear(36, 8),
        nn.ReLU(),
        nn.BatchNorm1d(8),
        nn.Linear(8, 4),
        nn.Softmax(1),
    )
    mobile = nn.Sequential(
        nn.Conv2d(1, 4, 3, 2, 1),
        nn.ReLU6(),
        depthwise(4, 6, 1),
        depthwise(6, 8, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 3),
    )
    residual = nn.Sequential(
        nn.Conv2d(1, 4, 3, 1, 1),
        nn.ReLU(),
        Block(4, 6, 2),
        nn.AvgPool2d(4),
        nn.Flatten(),
        nn.Linear(6, 3),
    )
    return {
        "plain": (plain, (2, 9, 9)),
        "mobile": (mobile, (1, 8, 8)),
        "residual": (residual, (1, 8, 8)),
        "lenet": (Lenet(), (1, 8, 8)),
        "series": (Series(), (20, 3)),
    }


def trained(network: nn.Module) -> nn.Module:
    """Return a network whose statistics aren't those that it begins with."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.5)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.3)
    return network.eval()


def export(network: nn.Module, shape: tuple[int, ...], name: str, dynamic: bool) -> None:
    """Write a network by both exporters, for one item or for any number of them."""
    example = (torch.randn(2 if dynamic else 1, *shape),)
    names = ["items"]
    if name != "mobile":  # which has the most layers, each with long notes
        torch.onnx.export(
            network,
            example,
            FOLDER / f"torch_{name}.onnx",
            input_names=names,
            dynamic_shapes=({0: torch.export.Dim("n")},) if dynamic else None,
        )
        without_traces(FOLDER / f"torch_{name}.onnx")
    torch.onnx.export(
        network,
        example,
        FOLDER / f"torch_{name}_legacy.onnx",
        dynamo=False,
        input_names=names,
        dynamic_axes={"items": {0: "n"}} if dynamic else None,
    )


def without_traces(path: Path) -> None:
    """Leave out where on this machine each operator was called: nobody else has those files."""
    model = onnx.load(path, load_external_data=False)
    for node in model.graph.node:
        kept = [note for note in node.metadata_props if note.key != TRACE]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
    onnx.save(model, path)


def main() -> None:
    torch.manual_seed(0)
    answers = {}
    for number, (name, (network, shape)) in enumerate(networks().items()):
        export(trained(network), shape, name, dynamic=number % 2 == 1)
        items = torch.randn(3, *shape).double()
        with torch.no_grad():
            answers[f"{name}_out"] = network.double()(items).numpy()
        answers[f"{name}_in"] = items.numpy()
    np.savez_compressed(FOLDER / "torch_answers.npz", **answers)
    refused = Refused().eval()
    torch.onnx.export(
        refused, (torch.randn(1, 1, 8, 8),), FOLDER / "torch_refused.onnx", dynamo=False
    )
    of_keras = keras.Sequential(
        [
            keras.layers.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, padding="same", activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )
    of_keras.predict(np.zeros((1, 8, 8, 1), np.float32), verbose=0)
    of_keras.export(FOLDER / "keras.onnx", format="onnx", verbose=False)


if __name__ == "__main__":
    main()
