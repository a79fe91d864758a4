"""Keras' optimisers, by Keras' names: one file a kind, named as in TOML."""

from typing import TYPE_CHECKING, Annotated, Any

from snnc.spec.base import Bare
from snnc.spec.kinds import ByKind, Folder
from snnc.spec.optimizers.base import OptimizerKind

KINDS = Folder(__name__, __path__, "Optimizer")

if TYPE_CHECKING:
    Optimizer = OptimizerKind
else:
    Optimizer = Annotated[Any, ByKind(KINDS), Bare]
