"""Validate a document with pydantic: Document -> Spec."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.spec.layers import KINDS
from snnc.spec.layers.base import WITHOUT
from snnc.spec.neurons import Neurons, overridden, shared
from snnc.spec.tables import Spec


def validate(document: Document) -> Spec:
    """Return the spec in a document. Raises a CompileError with all errors."""
    errors: list[Diagnostic] = []
    try:
        spec = Spec.model_validate(document.data)
    except ValidationError as error:
        errors += _diagnostics(error, document, Spec)
    errors += _wrong_overrides(document)
    if errors:
        raise CompileError(document, errors)
    return spec


def _wrong_overrides(document: Document) -> Iterator[Diagnostic]:
    """Yield the errors in the neurons of single layers, after merging each with [neurons]."""
    layers = document.data.get("layers")
    tables = layers if isinstance(layers, list) else []
    overrides = {
        i: _override(t)
        for i, t in enumerate(tables)
        if isinstance(t, dict) and "neurons" in t and not _is_linear(t)
    }
    if not overrides:
        return
    try:
        base = shared(document.data.get("neurons", {}))
    except ValidationError:
        return  # [neurons] itself has errors: nothing to merge with
    for index, override in overrides.items():
        try:
            overridden(base, override)
        except ValidationError as error:
            yield from _diagnostics(error, document, Neurons, ("layers", index, "neurons"))


def _diagnostics(
    error: ValidationError, document: Document, root: Any, start: KeyPath = ()
) -> list[Diagnostic]:
    from snnc.spec.pydantic_errors import diagnostics  # most specs have no errors

    return diagnostics(error, document.data, root, start)


def _is_linear(layer: dict[str, Any]) -> bool:
    """Whether a layer has weights alone, and may have."""
    kind = layer.get("kind")
    known = isinstance(kind, str) and kind in KINDS
    return (
        known and getattr(KINDS[str(kind)], "may_be_linear", False) and _override(layer) == WITHOUT
    )


def _override(layer: dict[str, Any]) -> dict[str, Any]:
    """Return a layer's own neurons as a table; pydantic reports any other type."""
    written = layer["neurons"]
    if isinstance(written, str):
        return {"kind": written}
    return written if isinstance(written, dict) else {}
