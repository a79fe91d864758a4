"""What the code of a function reads and writes beside its own variables."""

from __future__ import annotations

import dis
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

#: Of numpy.random: what makes a generator of one's own.
OWN_CHANCE = frozenset(
    {"RandomState", "default_rng", "Generator", "SeedSequence", "PCG64", "MT19937", "Philox"}
)


@dataclass(frozen=True)
class Code:
    """Names that the code of a function, and of those within it, uses."""

    #: Of its module's variables.
    reads: frozenset[str]
    writes: frozenset[str]
    #: Of variables of the functions around it.
    writes_around: frozenset[str]
    #: In order: several may belong together, as in `np.random.uniform`.
    attributes: tuple[str, ...]
    imports: frozenset[str]
    writes_attributes: bool

    @classmethod
    def of(cls, code: CodeType) -> Code:
        by_kind: dict[str, list[str]] = {}
        for instruction in _instructions(code):
            by_kind.setdefault(instruction.opname, []).append(str(instruction.argval))

        def named(*kinds: str) -> frozenset[str]:
            return frozenset(name for kind in kinds for name in by_kind.get(kind, ()))

        loads = {"LOAD_ATTR", "LOAD_METHOD"}
        return cls(
            reads=named("LOAD_GLOBAL", "LOAD_NAME"),
            writes=named("STORE_GLOBAL", "DELETE_GLOBAL"),
            writes_around=named("STORE_DEREF", "DELETE_DEREF"),
            attributes=tuple(str(i.argval) for i in _instructions(code) if i.opname in loads),
            imports=named("IMPORT_NAME", "IMPORT_FROM"),
            writes_attributes=bool(named("STORE_ATTR", "DELETE_ATTR")),
        )

    def draws_from(self, *values: Iterable[Any]) -> bool:
        """Whether it draws from the random numbers of the process, by way of one of some values or what it imports."""
        if "random" in self.imports:
            return True
        has_numpy = any(value is np for part in values for value in part)
        draws = any(
            name == "random" and following not in OWN_CHANCE
            for name, following in pairwise((*self.attributes, ""))
        )
        return draws and (has_numpy or "numpy" in self.imports)


def uses_variable(code: CodeType, name: str) -> bool:
    """Whether code, or a function within it, reads a variable of its own."""
    return any(
        name in (i.argval if isinstance(i.argval, tuple) else (i.argval,))
        and "LOAD_" in i.opname
        and "ATTR" not in i.opname
        for i in _instructions(code)
    )


def _instructions(code: CodeType) -> Iterator[dis.Instruction]:
    yield from dis.get_instructions(code)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _instructions(constant)


@cache
def is_of_a_library(module: str | None) -> bool:
    """Whether a module was installed, or came with Python: what it holds isn't a network's memory."""
    if module is None:
        return True
    package = module.partition(".")[0]
    if package == "snnc" or package in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(package), "__file__", None)
    installed = {Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib")}
    return file is not None and not installed.isdisjoint(Path(file).resolve().parents)
