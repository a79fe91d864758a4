"""Leave out of a document what is wrong beside its layers, so that those can be shown."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace

from snnc.diagnostics.codes import UNKNOWN_KEY
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.document import Document
from snnc.spec.located_errors import value_at

#: Tables that say nothing of the size of layers.
_BESIDE = ("network", "data", "presentation", "synapses", "train", "loihi", "scripts", "allow")
#: What has to stand in some of them.
_LEAST = {"network": {"name": "unnamed"}, "data": {"kind": "npz", "path": "unnamed.npz"}}


def with_layers_alone(document: Document, errors: Iterable[Diagnostic]) -> Document:
    """Return a document without what is wrong beside the layers, and without keys that are to be left out."""
    data = copy.deepcopy(document.data)
    for error in errors:
        table, *rest = error.at or ("",)
        if table in _BESIDE:
            written = data.get(table) if table != "data" and rest else None
            kept = written if isinstance(written, dict) else {}
            kept = {k: v for k, v in kept.items() if k not in rest[:1]}
            data[str(table)] = {**_LEAST.get(str(table), {}), **kept}
        elif error.code == UNKNOWN_KEY and error.hint.startswith("leave it out"):
            value_at(data, error.at[:-1]).pop(error.at[-1])
    return replace(document, data=data)
