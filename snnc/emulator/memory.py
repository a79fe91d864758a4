"""What functions of a network's own remember from call to call, and copies of it for networks beside each other.

Whatever a function reaches is walked by pickling it: objects, the variables around functions, and those of their modules. What
may change is copied, and what is the same in all networks (modules, classes, what libraries define) is not.
"""

from __future__ import annotations

import io
import pickle
import random
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import nengo
import numpy as np

from snnc.emulator.code import Code, is_of_a_library

#: Arrays of more bytes are lent to all copies, which can't write to them.
LENT = 1 << 16
#: Random numbers that the whole process shares.
COMMON_CHANCE = (random, np.random, getattr(random, "_inst", random), np.random.mtrand._rand)
#: What never changes, or only together with something that is walked anyway.
STEADY = (
    *(int, float, complex, str, bytes, range, slice, tuple, frozenset, type, np.generic),
    *(type(None), type(...), type(NotImplemented)),
    *(types.MethodType, types.BuiltinMethodType, types.MethodWrapperType),
)
#: What Nengo's objects describe isn't a function's to change.
OF_NENGO = nengo.base.NengoObject | nengo.base.ObjView | nengo.Network | nengo.ensemble.Neurons
CACHED = type(lru_cache(lambda: None))

#: Something that may change: an object or a variable by its id, or a variable of a module by that of its dictionary and its name.
Place = int | tuple[int, str]


class CannotCopyError(Exception):
    """Something that a function remembers can't be copied."""


@dataclass(frozen=True, eq=False)
class Reach:
    """What a function reaches: the places that may change, the variables it only looks at, and why no copy can be made."""

    changing: frozenset[Place]
    seen: frozenset[Place]
    obstacle: str | None
    #: Keeps what was walked, so that nothing else gets the id of one of the places.
    walk: Any


def reach_of(function: Any) -> Reach:
    """Walk all that a function reaches."""
    walk = _Walk(io.BytesIO())
    obstacle = walk.try_to_dump(function)
    return Reach(frozenset(walk.changing), frozenset(walk.seen), obstacle, walk)


@dataclass(frozen=True, eq=False)
class Copies:
    """Some functions as they are now, for as many copies as are asked for. What they share, their copies share."""

    keys: list[Any]
    pickled: bytes
    #: What isn't copied, by its number.
    lent: list[Any]

    @classmethod
    def of(cls, functions: Mapping[Any, Any]) -> Copies:
        file = io.BytesIO()
        walk = _Walk(file)
        if obstacle := walk.try_to_dump(tuple(functions.values())):
            raise CannotCopyError(obstacle)
        return cls(list(functions), file.getvalue(), walk.lent)

    def copy(self) -> dict[Any, Any]:
        copies = _Reader(io.BytesIO(self.pickled), self.lent).load()
        return dict(zip(self.keys, copies, strict=True))


def memories(functions: Mapping[Any, Any]) -> dict[Any, frozenset[Place]]:
    """Return the places that each function may change, or that another one changes and it sees; nothing for one that has no memory."""
    reaches = {key: reach_of(function) for key, function in functions.items()}
    # What changes for one of them changes for all that see it.
    changing = frozenset().union(*(reach.changing for reach in reaches.values()))
    return {key: changing & (reach.changing | reach.seen) for key, reach in reaches.items()}


class _Walk(pickle.Pickler):
    """Pickles functions with all that they reach, but for what is lent to copies."""

    def __init__(self, file: io.BytesIO, classes: set[type] | None = None) -> None:
        super().__init__(file, protocol=5)
        self.changing: set[Place] = set()
        self.seen: set[Place] = set()
        self.lent: list[Any] = []
        #: Why there can't be a copy, where that is known before the end of the walk.
        self._obstacles: list[str] = []
        #: The classes that have been looked at.
        self._classes = set() if classes is None else classes
        self._modules: dict[int, _Module] = {}
        #: So that no other object gets the id of one that was walked.
        self._kept: list[Any] = []

    def try_to_dump(self, something: Any) -> str | None:
        """Walk something, and return why it can't be copied."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore", DeprecationWarning
                )  # iterators, from Python 3.12 on
                self.dump(something)
        except Exception as error:  # an object's own pickling may raise anything
            # It reaches something unknown, which may change.
            self.changing.add(id(something))
            self._kept.append(something)
            self._obstacles.append(str(error) or type(error).__name__)
        return self._obstacles[0] if self._obstacles else None

    def persistent_id(self, obj: Any) -> int | None:
        if isinstance(obj, list | dict | set | bytearray):
            self._changes(obj)
        if not self._is_lent(obj):
            return None
        if isinstance(obj, np.ndarray):
            obj = obj.view()
            obj.setflags(write=False)
        self.lent.append(obj)
        return len(self.lent) - 1

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, types.FunctionType):
            return self._function(obj)
        if isinstance(obj, types.CellType):
            self.seen.add(id(obj))
            self._kept.append(obj)
            return types.CellType, (), (_contents(obj),), None, None, _fill
        if isinstance(obj, _Module):
            return dict, (_Lent(obj.variables),)
        if type(obj) is partial and not obj.__dict__:
            return _partial, (obj.func, obj.args, tuple(obj.keywords.items()))
        if isinstance(obj, (_Lent, *STEADY)):
            return NotImplemented
        if isinstance(obj, CACHED):
            self._obstacles.append(f"the cache of {obj!r} can't be copied")
        self._changes(obj)
        self._look_at_class(type(obj))
        if type(obj) is np.ndarray and isinstance(obj.base, np.ndarray):
            place = obj.__array_interface__["data"][0] - obj.base.__array_interface__["data"][0]
            return _view, (obj.base, place, obj.shape, obj.strides, obj.dtype)
        return NotImplemented

    def _changes(self, obj: Any) -> None:
        self.changing.add(id(obj))
        self._kept.append(obj)

    def _is_lent(self, obj: Any) -> bool:
        if any(obj is common for common in COMMON_CHANCE):
            self._common_chance()
        if isinstance(obj, type):
            self._look_at_class(obj)
            return True
        if isinstance(obj, np.ndarray):
            return obj.nbytes > LENT or (not obj.flags.writeable and obj.base is None)
        if isinstance(obj, types.BuiltinFunctionType):
            return obj.__self__ is None or isinstance(obj.__self__, types.ModuleType)
        if _is_a_librarys(obj):
            return True
        return isinstance(
            obj, _Lent | types.ModuleType | types.CodeType | np.ufunc | np.dtype | OF_NENGO
        )

    def _common_chance(self) -> None:
        self.changing.add(id(COMMON_CHANCE))
        self._obstacles.append("it draws from random numbers that the whole process shares")

    def _function(self, function: types.FunctionType) -> Any:
        code = Code.of(function.__code__)
        self._note(function, code)
        variables = function.__globals__
        module = self._modules.setdefault(id(variables), _Module(variables))
        used = {name: variables[name] for name in code.reads if name in variables}
        for value in used.values():
            if isinstance(value, types.ModuleType):
                self._look_into_module(value, code)
        if code.draws_from(used.values(), map(_contents, function.__closure__ or ())):
            self._common_chance()
        made = (
            function.__code__,
            module,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        keywords = (function.__kwdefaults__ or {}).items()
        rest = (tuple(used.items()), tuple(keywords), tuple(function.__dict__.items()))
        return types.FunctionType, made, rest, None, None, _finish

    def _note(self, function: types.FunctionType, code: Code) -> None:
        """Write down the variables that a function sees, and those that it changes."""
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        variables = id(function.__globals__)
        self._kept.append(function)
        self.seen |= {(variables, name) for name in code.reads}
        self.changing |= {(variables, name) for name in code.writes}
        self.changing |= {id(cells[name]) for name in code.writes_around if name in cells}
        knows_itself = function.__name__ in {*code.reads, *cells}
        if function.__dict__ or (knows_itself and code.writes_attributes):
            self.changing.add(id(function))

    def _look_into_module(self, module: types.ModuleType, code: Code) -> None:
        """A module of the user's own is the same for all copies: what is used of it mustn't change."""
        if not is_of_a_library(module.__name__):
            used = [vars(module)[name] for name in code.attributes if name in vars(module)]
            self._look_at(used, f"the module {module.__name__}")

    def _look_at_class(self, kind: type) -> None:
        """A class is the same for all copies: neither its attributes nor what its methods reach may change."""
        if kind in self._classes or is_of_a_library(kind.__module__):
            return
        self._classes.add(kind)
        own = {name: _function_of(value) for name, value in vars(kind).items()}
        self._look_at(
            [value for name, value in own.items() if not _is_pythons(name, value)],
            f"the class {kind.__name__}",
        )
        for base in kind.__mro__[1:]:
            self._look_at_class(base)

    def _look_at(self, values: Iterable[Any], where: str) -> None:
        for value in values:
            walk = _Walk(io.BytesIO(), self._classes)
            obstacle = walk.try_to_dump(value)
            self.seen |= walk.seen
            self._kept.append(walk)
            if walk.changing or obstacle:
                self.changing |= walk.changing
                self._obstacles.append(
                    obstacle or f"{where} holds, or leads to, something that may change"
                )


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, lent: list[Any]) -> None:
        super().__init__(file)
        self._lent = lent

    def persistent_load(self, number: int) -> Any:
        lent = self._lent[number]
        return lent.value if isinstance(lent, _Lent) else lent


@dataclass(frozen=True, eq=False)
class _Lent:
    """Something that is handed to copies as it is."""

    value: Any


@dataclass(frozen=True, eq=False)
class _Module:
    """The variables of a module: copies of its functions have a dictionary of their own."""

    variables: dict[str, Any]


def _is_a_librarys(obj: Any) -> bool:
    """Whether something is known by its name in a library's module, as its functions are."""
    module, name = getattr(obj, "__module__", None), getattr(obj, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or not is_of_a_library(module):
        return False
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is obj


def _contents(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing is in it yet
        return _Empty


class _Empty:
    """The contents of a variable without a value."""


def _fill(cell: types.CellType, state: tuple[Any]) -> None:
    if state[0] is not _Empty:
        cell.cell_contents = state[0]


def _finish(function: types.FunctionType, rest: tuple[Any, Any, Any]) -> None:
    used, keywords, attributes = rest
    function.__globals__.update(used)
    function.__kwdefaults__ = dict(keywords) or None
    function.__dict__.update(attributes)


def _partial(function: Callable[..., Any], arguments: Any, keywords: Any) -> Any:
    return partial(function, *arguments, **dict(keywords))


def _view(base: Any, place: int, shape: Any, strides: Any, dtype: Any) -> Any:
    return np.ndarray(shape, dtype, base, place, strides)


def _function_of(value: Any) -> Any:
    """Return the function behind what a class holds."""
    if isinstance(value, staticmethod | classmethod):
        return value.__func__
    return value.fget if isinstance(value, property) else value


def _is_pythons(name: str, value: Any) -> bool:
    """Whether Python itself put a value into a class: descriptions of its attributes, for one."""
    return name == "_abc_impl" or (
        name.startswith("__") and name.endswith("__") and not isinstance(value, types.FunctionType)
    )
