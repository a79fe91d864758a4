"""Which functions of a network's own remember something, and a copy of it for each of several networks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nengo.builder.operator import SimPyFunc

from snnc.emulator.asked import Asked
from snnc.emulator.errors import NotEmulatedError
from snnc.emulator.memory import CannotCopyError, Copies, Place, memories
from snnc.emulator.operators import running
from snnc.emulator.users import called_by, owner_of


@dataclass(frozen=True, eq=False)
class Memory:
    """The operators of a run that call something with a memory: with the places of it, and the object that each belongs to."""

    places: Mapping[Any, frozenset[Place]]
    owners: Mapping[Any, Any]
    #: The operators that call what a person wrote, with or without a memory, but for what all items share.
    called: Mapping[Any, Any]

    @classmethod
    def of(cls, models: Iterable[Any], asked: Asked) -> Memory:
        """Look at what is called in a run now: it may be something else than in the run before."""
        called, owners = {}, {}
        for model in models:
            outputs = {model.sig[node]["out"] for node in asked.items if node in model.sig}
            for operator in running(model, outputs):
                if (its := called_by(operator)) is not None:
                    called[operator], owners[operator] = its, owner_of(operator, model)
        places = {op: its for op, its in memories(called).items() if its}
        kept = {op: its for op, its in called.items() if owners[op] not in asked.shared}
        return cls(places, owners, kept)

    @property
    def sharing(self) -> dict[Any, int]:
        """The operators whose memories have something in common with another one's, and a number for each such group."""
        return _groups(self.places)

    def copies(self) -> Copies | None:
        """Return copies for networks beside each other, or None if nothing remembers; a NotEmulatedError names what can't be copied."""
        remembering = [op for op in self.called if op in self.places]
        if not remembering:
            return None
        for operator in remembering:
            owner = self.owners[operator]
            if isinstance(operator, SimPyFunc) and operator.output is None:
                _refuse(owner, "what it writes down would be lost in copies")
            try:
                Copies.of({operator: self.called[operator]})
            except CannotCopyError as error:
                _refuse(owner, str(error))
        return Copies.of(self.called)


def _refuse(owner: Any, why: str) -> None:
    raise NotEmulatedError(
        f"several items beside each other where {owner} calls a function that remembers: {why}",
        "run one item at a time, or one chain; or name it in shared=[...] if it may be called for all items, in no fixed order",
    )


def _groups(places: Mapping[Any, frozenset[Place]]) -> dict[Any, int]:
    groups: list[tuple[set[Any], set[Place]]] = []
    for operator, its in places.items():
        joined = [group for group in groups if not group[1].isdisjoint(its)]
        groups = [group for group in groups if group not in joined]
        members = {operator}.union(*(group[0] for group in joined))
        groups.append((members, set(its).union(*(group[1] for group in joined))))
    several = [members for members, _ in groups if len(members) > 1]
    return {op: number for number, members in enumerate(several) for op in places if op in members}
