"""Sources of items and labels, the kinds of `[data]`: one file a kind, named as in TOML."""

from typing import TYPE_CHECKING, Annotated, Any

from snnc.spec.base import Bare
from snnc.spec.kinds import ByKind, Folder
from snnc.spec.sources.base import SourceKind

KINDS = Folder(__name__, __path__, "Source")

if TYPE_CHECKING:
    Source = SourceKind
else:
    Source = Annotated[Any, ByKind(KINDS), Bare]
