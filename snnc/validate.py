"""Document to Spec: pydantic decides."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from snnc.complaints import complaints
from snnc.diagnostics import CompileError, Diagnostic
from snnc.document import Document
from snnc.layers.base import NeuronLayer
from snnc.neurons import Neurons, overridden
from snnc.spec import Spec


def validate(document: Document) -> Spec:
    """Return the spec that a document says, or raise a CompileError with all that is wrong with it."""
    try:
        spec = Spec.model_validate(document.data)
    except ValidationError as error:
        raise CompileError(document, complaints(error, document.data, Spec)) from error
    wrong = list(_wrong_overrides(spec, document))
    if wrong:
        raise CompileError(document, wrong)
    return spec


def _wrong_overrides(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    """Yield what is wrong with the neurons of single layers, once merged into those of all layers."""
    for index, layer in enumerate(spec.layers):
        if not isinstance(layer, NeuronLayer) or layer.neurons is None:
            continue
        try:
            overridden(spec.neurons, layer.neurons)
        except ValidationError as error:
            at = ("layers", index, "neurons")
            yield from complaints(error, document.data, Neurons, at)
