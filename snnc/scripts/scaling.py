"""How a script scales items: the statements, and constants of numbers that are many."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from snnc.program.program import Program
from snnc.scripts.code import WIDTH, Group, layout, literal
from snnc.spec.scale import Given

#: What is named after a key of a spec's given numbers: the constant, and the variable.
_NAMES = {"subtract": ("SUBTRACT", "shift"), "divide": ("DIVIDE", "scale")}
#: Where the statements of a script begin that scale.
MARGIN = 4
#: More numbers than this are a constant, in lines of text.
MANY = 8


def scaling(program: Program) -> tuple[str, ...]:
    """Return the statements that fit shift and scale on the training items, or take the given ones."""
    if isinstance(program.data.scale, Given):
        return _given(program.data.scale, program.network.input_size)
    x = "x" if program.validates else "x_train"
    return {
        "none": ("shift, scale = 0.0, 1.0",),
        "standard": (
            f"shift, scale = {x}.mean(axis=0), {x}.std(axis=0)",
            "scale[scale == 0] = 1  # a feature that never varies",
        ),
        "unit": (f"shift, scale = {x}.min(), {x}.max() - {x}.min()",),
        "signed": (
            f"low, high = {x}.min(), {x}.max()",
            "shift, scale = (high + low) / 2, (high - low) / 2",
        ),
    }[program.data.scale]


def scaling_constants(program: Program) -> Iterator[str]:
    """Yield a constant for given numbers that are many: a list of them would take a line each."""
    if isinstance(program.data.scale, Given):
        for key, (constant, _) in _NAMES.items():
            numbers = getattr(program.data.scale, key)
            if _are_many(numbers):
                text = textwrap.fill(" ".join(map(literal, numbers)), WIDTH)
                yield f'{constant} = """\n{text}\n"""'


def _given(scale: Given, size: int) -> tuple[str, ...]:
    if not isinstance(scale.subtract, tuple) and not isinstance(scale.divide, tuple):
        return (f"shift, scale = {literal(scale.subtract)}, {literal(scale.divide)}",)
    return tuple(
        _statement(variable, constant, getattr(scale, key), size)
        for key, (constant, variable) in _NAMES.items()
    )


def _statement(variable: str, constant: str, numbers: float | tuple[float, ...], size: int) -> str:
    """Return the statement that assigns one number, or one for each value of an item."""
    if not isinstance(numbers, tuple):
        return f"{variable} = {literal(numbers)}"
    array = Group("np.array(", (_listed(constant, numbers), "float"), ")")
    times = size // len(numbers)
    if times == 1:
        return _dedented(layout(array, f"{variable} = ", indent=MARGIN))
    tiled = Group("np.tile(", (array, literal(times)), ")")
    return _dedented(layout(tiled, f"{variable} = ", indent=MARGIN))


def _listed(constant: str, numbers: tuple[float, ...]) -> str | Group:
    if _are_many(numbers):
        return f"{constant}.split()"
    return Group("[", tuple(map(literal, numbers)), "]")


def _are_many(numbers: float | tuple[float, ...]) -> bool:
    return isinstance(numbers, tuple) and len(numbers) > MANY


def _dedented(text: str) -> str:
    """Return a statement without the margin that the template gives it."""
    return text.removeprefix(" " * MARGIN)
