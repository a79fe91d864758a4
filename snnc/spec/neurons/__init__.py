"""Neuron kinds: one file a kind, named as in TOML."""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import TypeAdapter

from snnc.spec.base import Bare
from snnc.spec.kinds import ByKind, Folder
from snnc.spec.neurons.base import NeuronKind

KINDS = Folder(__name__, __path__, "Neurons")

if TYPE_CHECKING:
    Neurons = NeuronKind
else:
    Neurons = Annotated[Any, ByKind(KINDS), Bare]


@cache
def _adapter() -> TypeAdapter[NeuronKind]:
    return TypeAdapter(Neurons)


def shared(written: Any) -> NeuronKind:
    """Return the neurons of the table [neurons], which all layers share."""
    return _adapter().validate_python(
        {"kind": "lif", **written} if isinstance(written, dict) else written
    )


def overridden(base: NeuronKind, override: dict[str, Any]) -> NeuronKind:
    """Return neurons with some settings replaced. Raises a ValidationError for wrong ones.

    If the kind changes, only the settings that all kinds have carry over. A derived amplitude is derived anew.
    """
    inherited = base.model_dump(include=base.model_fields_set)
    if override.get("kind", base.kind) != base.kind:
        inherited = {key: inherited[key] for key in inherited if key in NeuronKind.model_fields}
    return _adapter().validate_python({**inherited, **override})
