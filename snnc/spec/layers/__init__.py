"""Layer kinds: one file a kind, named as in TOML. A file added to this folder is a kind of its own."""

from typing import TYPE_CHECKING, Annotated, Any

from snnc.spec.kinds import ByKind, Folder
from snnc.spec.layers.base import LayerKind

KINDS = Folder(__name__, __path__, "Layer")

if TYPE_CHECKING:
    Layer = LayerKind
else:
    Layer = Annotated[Any, ByKind(KINDS)]
