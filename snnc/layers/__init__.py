"""Layer kinds: one file a kind, named as in TOML. A file added to this folder is a kind of its own."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Discriminator

from snnc.layers.base import LayerKind

KINDS: dict[str, type[LayerKind]] = {
    module.name: importlib.import_module(f"{__name__}.{module.name}").Layer
    for module in pkgutil.iter_modules(__path__)
    if module.name != "base"
}

if TYPE_CHECKING:
    Layer = LayerKind
else:
    Layer = Annotated[Union[tuple(KINDS.values())], Discriminator("kind")]  # noqa: UP007
