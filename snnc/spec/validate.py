"""Document to Spec: pydantic decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.spec.neurons import Neurons, overridden, shared
from snnc.spec.pydantic_errors import complaints
from snnc.spec.tables import Spec


def validate(document: Document) -> Spec:
    """Return the spec that a document says, or raise a CompileError with all that is wrong with it."""
    wrong: list[Diagnostic] = []
    try:
        spec = Spec.model_validate(document.data)
    except ValidationError as error:
        wrong += _complaints(error, document, Spec)
    wrong += _wrong_overrides(document)
    if wrong:
        raise CompileError(document, wrong)
    return spec


def _wrong_overrides(document: Document) -> Iterator[Diagnostic]:
    """Yield what is wrong with the neurons of single layers, once merged into those of all layers."""
    layers = document.data.get("layers")
    tables = layers if isinstance(layers, list) else []
    overrides = {
        i: _override(t) for i, t in enumerate(tables) if isinstance(t, dict) and "neurons" in t
    }
    if not overrides:
        return
    try:
        base = shared(document.data.get("neurons", {}))
    except ValidationError:
        return  # there is nothing to merge into
    for index, override in overrides.items():
        try:
            overridden(base, override)
        except ValidationError as error:
            yield from _complaints(error, document, Neurons, ("layers", index, "neurons"))


def _complaints(
    error: ValidationError, document: Document, root: Any, start: KeyPath = ()
) -> list[Diagnostic]:
    return complaints(error, document.data, root, start)


def _override(layer: dict[str, Any]) -> dict[str, Any]:
    """Return the neurons of a layer's own as a table; what is no table has an error already."""
    written = layer["neurons"]
    if isinstance(written, str):
        return {"kind": written}
    return written if isinstance(written, dict) else {}
