"""The address of a key, by which a study says what varies: neurons.max_rate, or layers.hidden1.units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from snnc.diagnostics.diagnostic import KeyPath

#: Times that are whole numbers of steps.
IN_STEPS: tuple[KeyPath, ...] = (("presentation", "time"), ("presentation", "gap"))
_LAYERS = "layers"


def key_path(address: str, names: Sequence[str]) -> KeyPath | None:
    """Return the path of a key, given the names of all layers; None if there is no such layer."""
    first, *others = address.split(".")
    if first != _LAYERS:
        return (first, *others)
    if len(others) < 2 or others[0] not in names:
        return None
    return (first, names.index(others[0]), *others[1:])


def addresses(paths: Sequence[Sequence[str]], names: Sequence[str]) -> Iterator[str]:
    """Yield the addresses of keys whose paths leave out which layer they are of."""
    for path in paths:
        first, *others = path
        if first != _LAYERS:
            yield ".".join(path)
        elif others:
            yield from (".".join((first, name, *others)) for name in names)
