"""The text of a drafted spec, with a comment on each choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from snnc.drafting.draft import Draft, Line
from snnc.spec import write_toml

#: Weights are changed about so often while a network is trained.
UPDATES = 4000
#: Comments begin in this column, or two spaces after what is longer.
MARGIN = 40


class Length(NamedTuple):
    """How long a network is trained on so many items."""

    epochs: int
    batch_size: int
    items: int

    @property
    def updates(self) -> int:
        """How often weights are changed."""
        return self.epochs * max(self.items // self.batch_size, 1)


def length(items: int) -> Length:
    """Return how long to train on a number of items: for about UPDATES changes of the weights."""
    batch = 16 if items < 1000 else 32 if items < 10_000 else 100
    batch = max(1, min(batch, items // 4))
    epochs = max(10, min(200, round(UPDATES * batch / max(items, 1))))
    return Length(epochs, batch, items)


def spec_text(name: str, source: str, draft: Draft) -> str:
    """Return the spec of a network for a file, whose name is said."""
    training = length(draft.to_train)
    head = [
        f"# What snnc new found in {source}, and a first network for it. Each choice has its reason behind it; change what you know better.",
        "# Next: snnc check --data, train, run, predict; `snnc explain` has the rules, `snnc show --full` every other key.",
        "snnc = 1",
    ]
    tables: list[tuple[str, Sequence[Line]]] = [
        ("[network]", [Line("name", name, "")]),
        ("[data]", draft.data),
        ("[input]", draft.input),
        *(("[[layers]]", layer) for layer in draft.layers),
        ("[output]", draft.output),
        (
            "[train]",
            [
                Line(
                    "epochs", training.epochs, f"about {training.updates:,} changes of the weights"
                ),
                Line("batch_size", training.batch_size, f"of {draft.to_train:,} items to train on"),
            ],
        ),
    ]
    blocks = ["\n".join(head)]
    blocks += ["\n".join([title, *map(_line, lines)]) for title, lines in tables]
    return "\n\n".join(blocks) + "\n"


def _line(line: Line) -> str:
    text = f"{line.key} = {write_toml.value(line.value)}"
    # In a comment, too, TOML takes no control characters.
    why = "".join(c if c.isprintable() else " " for c in line.why)
    return f"{text.ljust(MARGIN - 2)}  # {why}" if why else text


def said(lines: Sequence[Line]) -> str:
    """Return the keys of some lines in words, with why they have their values."""
    return "\n".join(
        f"  {line.key} = {write_toml.value(line.value)}: {line.why}" for line in lines if line.why
    )
