"""A sketch as the TOML of a spec, with a comment where something isn't as in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from snnc.importing.sketch import Layer, Sketch
from snnc.spec.base import INPUT
from snnc.spec.write_toml import key, value

#: Where comments begin, as in the specs of snnc.
COLUMN = 43
#: Longer ones stand in a line of their own.
LONGEST = 80


def line(name: str, data: Any, comment: str = "") -> str:
    """Return a key with its value, and a comment behind it."""
    written = f"{key(name)} = {value(data)}"
    return f"{written:<{COLUMN - 1}} # {comment}" if comment else written


def block(header: str, pairs: Mapping[str, Any], comments: Mapping[str, str] | None = None) -> str:
    """Return a table; comments stand behind the keys that they name, that of "" behind the header."""
    said = comments or {}
    head = f"{header:<{COLUMN - 1}} # {said['']}" if said.get("") else header
    return "\n".join([head, *(line(k, v, said.get(k, "")) for k, v in pairs.items())])


def layer_blocks(sketch: Sketch, comments: Mapping[str, str]) -> Iterator[str]:
    """Yield the tables of all layers; long comments stand above theirs."""
    before: tuple[str, ...] = (INPUT,)
    for layer in sketch.layers:
        pairs: dict[str, Any] = {"kind": layer.kind, "name": layer.name}
        if layer.sources != before:
            pairs["from"] = list(layer.sources)
        said = comments.get(layer.name, "")
        is_short = len(said) <= LONGEST
        table = block(
            "[[layers]]", pairs | dict(layer.settings), {"kind": said if is_short else ""}
        )
        yield table if is_short else f"# {said}\n{table}"
        before = (layer.name,)


def output_block(sketch: Sketch, labels: Sequence[str] = ()) -> str:
    """Return the table of the readout."""
    output = sketch.output
    pairs: dict[str, Any] = {"classes": output.classes}
    if labels:
        pairs["labels"] = list(labels)
    if output.sources != (_last(sketch.layers),):
        pairs["from"] = list(output.sources)
    if not output.has_bias:
        pairs["use_bias"] = False
    return block("[output]", pairs)


def _last(layers: Sequence[Layer]) -> str:
    return layers[-1].name if layers else INPUT


def commented(lines: Iterable[str]) -> str:
    """Return lines as comments."""
    return "\n".join(f"# {each}".rstrip() for each in lines)
