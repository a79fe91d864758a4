"""What layers of an ONNX file are called: as modules of the network that was exported, where the file says so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Sequence
from typing import Any

#: Of PyTorch, for parameters of a module.
_PARAMETER = re.compile(r"(.+)\.(weight|bias|running_mean|running_var)$")


def layer_names(nodes: Sequence[Any], weights: Container[str]) -> list[str]:
    """Return a name for each node: that of the module which it was, with the operator behind it where the module was several."""
    modules = [_module(node) for node in nodes]
    several = Counter(
        module
        for node, module in zip(nodes, modules, strict=True)
        if node.op_type not in ("Constant", "Shape", "Cast")
    )
    names = []
    for node, module in zip(nodes, modules, strict=True):
        if owner := _owner(node, weights):
            names.append(owner)
        elif module and several[module] == 1:
            names.append(module)
        else:
            own = _own_name(node)
            names.append(f"{module}.{own}" if module else own)
    return names


def _owner(node: Any, weights: Container[str]) -> str:
    """Return the module whose weights a node has, which are named after it."""
    for name in node.input:
        parameter = _PARAMETER.match(name)
        if name in weights and parameter:
            return parameter[1]
    return ""


def _module(node: Any) -> str:
    """Return the module that a node was a part of, as either exporter notes it."""
    notes = {entry.key: entry.value for entry in getattr(node, "metadata_props", ())}
    # A list of modules, the outermost first, then the operator.
    scopes = re.findall(r"'([^']*)'", notes.get("pkg.torch.onnx.name_scopes", ""))
    if scopes:
        return str(next((scope for scope in reversed(scopes[:-1]) if scope), ""))
    # The other exporter writes /block/layers/layers.0/Conv for block.layers.0.
    path: list[str] = []
    for part in str(node.name).strip("/").split("/")[:-1]:
        if path and part.startswith(f"{path[-1]}."):
            path.pop()
        path.append(part)
    return ".".join(path)


def _own_name(node: Any) -> str:
    last = str(node.name).rstrip("/").split("/")[-1].removeprefix("node_")
    return last.lower() if last.startswith(node.op_type) else last or node.op_type.lower()
