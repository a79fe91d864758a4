"""What layers of an ONNX file are called: as modules of the network that was exported, where the file says so."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

#: Of PyTorch, for parameters of a module.
_PARAMETER = re.compile(r"(.+)\.(weight|bias|running_mean|running_var)$")


def layer_name(node: Any, weights: Container[str]) -> str:
    """Return the name of the module that a node was: by its weights, by the exporter's notes, or by its own name."""
    for name in node.input:
        parameter = _PARAMETER.match(name)
        if name in weights and parameter:
            return parameter[1]
    notes = {entry.key: entry.value for entry in getattr(node, "metadata_props", ())}
    # A list of modules, the outermost first, then the operator.
    scopes = re.findall(r"'([^']*)'", notes.get("pkg.torch.onnx.name_scopes", ""))
    modules = [scope for scope in scopes[:-1] if scope]
    if modules:
        return str(modules[-1])
    # The other exporter writes /module/module.module/Operator.
    parts = [part for part in str(node.name).split("/") if part]
    if len(parts) > 1 and parts[-1].startswith(node.op_type):
        return parts[-2]
    return parts[-1] if parts else f"{node.op_type.lower()}_of_{node.output[0]}"
