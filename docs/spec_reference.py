"""Writes the pages about the spec language, from the models and from what the compiler makes of them.

A field's type, bounds, default and meaning are those of its model. What it becomes is shown, not told: a small spec is
compiled with and without a change to the field, and the lines of the scripts that differ are printed.
"""

from __future__ import annotations

import copy
import difflib
import importlib
import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic.fields import FieldInfo

from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.pipeline import check_document, scripts
from snnc.spec import write_toml
from snnc.spec.base import Model
from snnc.spec.json_schema import WithKinds
from snnc.spec.kinds import by_kind, tables_in
from snnc.spec.study import Range, Study
from snnc.spec.tables import Spec

Data = dict[str, Any]

#: What fields are changed in.
BASE: Data = {
    "network": {"name": "small"},
    "data": {"kind": "npz", "path": "data.npz"},
    "input": {"shape": [8, 8, 1]},
    "neurons": {"kind": "lif"},
    "layers": [
        {"kind": "dense", "name": "first", "units": 32},
        {"kind": "dense", "name": "second", "units": 16},
    ],
    "output": {"classes": 10},
}

#: Digests of a script and of what its parameters are for.
DIGEST = re.compile(r"\b[0-9a-f]{8}\b(?=[\]\"])")

#: Of a longer diff only the beginning is shown.
LONGEST = 12


@dataclass(frozen=True)
class Example:
    """A value to show a field with, and what else the spec then needs, before the change too.

    `start` is what a required field is before.
    """

    value: Any
    beside: Data = field(default_factory=dict)
    start: Any = None


_SPLIT = {name: name for name in ("x_train", "y_train", "x_test", "y_test")}
#: In the other scripts, an item is flat and a class a number.
_PLOTS: Data = {"scripts": {"plots": True}}
_VALIDATION: Data = {"train": {"validation_fraction": 0.1}}

#: The address of a key that varies in a study.
VARIED = "neurons.max_rate"

#: For fields whose type doesn't say what a sensible value is, by kind or model, and key.
EXAMPLES: dict[tuple[str, str], Example] = {
    ("Spec", "targets"): Example(["nengo_dl"]),
    ("Network", "name"): Example("other"),
    ("Input", "shape"): Example([64], _PLOTS, [8, 8, 1]),
    ("Presentation", "gap"): Example(0.02),
    ("Presentation", "read"): Example({"mean_of_last": 0.3}),
    ("MeanOfLast", "mean_of_last"): Example(0.5, start=0.3),
    ("Output", "labels"): Example(list("abcdefghij"), _PLOTS),
    ("Output", "from"): Example(["first", "second"]),
    ("npz", "path"): Example("other.npz", start="data.npz"),
    ("npz", "x"): Example("x_train"),
    ("npz", "y"): Example("y_train"),
    **{("npz", key): Example(f"other_{key}", {"data": _SPLIT}, key) for key in _SPLIT},
    # As the file isn't there, its labels may be either.
    ("npz", "one_hot"): Example(True, {"data": {"path": "elsewhere.npz"}}),
    ("Source", "missing"): Example([-999]),
    ("csv", "ignore"): Example(["number"]),
    ("csv", "path"): Example("other.csv", start="data.csv"),
    ("csv", "label"): Example("class"),
    ("sklearn", "name"): Example("digits", start="digits"),
    ("keras", "name"): Example("fashion_mnist", start="mnist"),
    ("openml", "name"): Example("pendigits"),
    ("openml", "data_id"): Example(32, {"data": {"data_id": 28}}),
    ("Train", "class_weight"): Example("balanced"),
    ("Train", "early_stopping"): Example({"patience": 3}, _VALIDATION),
    ("Train", "firing_rates"): Example({"max": 100}),
    ("EarlyStopping", "patience"): Example(5, start=3),
    ("Study", "vary"): Example({VARIED: [100, 200, 400]}),
    ("Range", "low"): Example(50),
    ("Range", "high"): Example(400),
    ("FiringRates", "min"): Example(10),
    ("FiringRates", "max"): Example(100),
    ("Schedule", "initial_learning_rate"): Example(0.002, start=0.001),
    ("Schedule", "decay_steps"): Example(500, start=1000),
    ("Schedule", "min_lr"): Example(0.0001),
    ("piecewise_constant_decay", "boundaries"): Example([500], start=[1000]),
    ("piecewise_constant_decay", "values"): Example([0.01, 0.002], start=[0.01, 0.001]),
    ("Layer", "name"): Example("other"),
    ("Layer", "firing_rates"): Example({"max": 100}),
    ("Layer", "neurons"): Example({"max_rate": 100}),
    ("Layer", "from"): Example(["input"], {"output": {"from": ["first", "second", "here"]}}),
    ("add", "from"): Example(["look", "input"]),
    ("concatenate", "from"): Example(["look", "input"]),
    ("conv2d", "from"): Example(["eye", "input"]),
    ("depthwise_conv2d", "from"): Example(["eye", "input"]),
    ("depthwise_conv2d", "kernel_size"): Example(2, start=3),
    ("depthwise_conv2d", "strides"): Example(2),
    ("depthwise_conv2d", "depth_multiplier"): Example(2),
    ("depthwise_conv2d", "block_shape"): Example([3, 3, 1]),
    ("add", "block_shape"): Example([4, 4, 1]),
    ("avg_pool2d", "from"): Example(["input"], {"output": {"from": ["eye", "second"]}}),
    ("global_avg_pool2d", "from"): Example(["input"], {"output": {"from": ["eye", "second"]}}),
    ("batch_norm", "from"): Example(["input"], {"output": {"from": ["eye", "second"]}}),
    ("conv2d", "filters"): Example(8, start=4),
    ("conv2d", "kernel_size"): Example(2, start=3),
    ("conv2d", "strides"): Example(2),
    ("conv2d", "block_shape"): Example([3, 3, 4]),
    ("dense", "block_shape"): Example([16]),
    ("conv1d", "from"): Example(["eye", "input"]),
    ("conv1d", "filters"): Example(8, start=4),
    ("conv1d", "kernel_size"): Example(2, start=3),
    ("conv1d", "strides"): Example(2),
    ("conv1d", "block_shape"): Example([3, 4]),
    ("avg_pool1d", "from"): Example(["input"], {"output": {"from": ["eye", "second"]}}),
    ("global_avg_pool1d", "from"): Example(["input"], {"output": {"from": ["eye", "second"]}}),
    ("avg_pool1d", "pool_size"): Example(4),
    ("avg_pool1d", "strides"): Example(1),
    ("max_pool2d", "from"): Example(["input"], {"output": {"from": ["eye", "second"]}}),
    ("max_pool2d", "pool_size"): Example(4),
    ("max_pool2d", "strides"): Example(1),
    ("avg_pool2d", "pool_size"): Example(4),
    ("avg_pool2d", "strides"): Example(1),
}

#: Layers that look along series, and those that look at images: here they follow an encoder, which has a neuron a value.
SERIES = ("conv1d", "avg_pool1d", "global_avg_pool1d")
IMAGES = (
    *("add", "concatenate", "conv2d", "depthwise_conv2d", "avg_pool2d", "global_avg_pool2d"),
    *("max_pool2d", "batch_norm", *SERIES),
)
#: Layers that read several others.
SEVERAL = ("add", "concatenate")

#: What else a spec needs for a table to stand in it, by kind or model.
BESIDE: dict[str, Data] = {
    **{kind: {"input": {"shape": [16, 4]}} for kind in SERIES},
    "max_pool2d": {"neurons": {"kind": "relu"}},
    "keras": {"input": {"shape": [28, 28]}},
    "openml": {"data": {"name": "optdigits"}},
    "EarlyStopping": _VALIDATION,
}

#: Why a field changes no script.
REASONS: dict[tuple[str, str], str] = {
    ("encoder", "from"): "An encoder follows the input, and nothing else.",
    ("encoder", "synapse"): "It reads the input, which has no spikes to filter.",
    ("encoder", "on_chip"): "It runs on the host, where it makes the spikes.",
    ("encoder", "block_shape"): "It runs on the host.",
    ("encoder", "pop_type"): "It runs on the host.",
    ("dense", "pop_type"): "It is for convolutions.",
    ("add", "pop_type"): "It is for convolutions.",
    ("depthwise_conv2d", "pop_type"): "It is for convolutions whose channels mix.",
    ("Spec", "snnc"): "There is one version so far.",
    ("Spec", "allow"): "It silences warnings of `snnc check`; no script depends on it.",
    ("sklearn", "name"): "Another data set has another shape and other classes, too.",
    **{
        ("Study", key): "It is for `snnc study`; no script depends on it."
        for key in Study.model_fields
    },
    **{
        ("Range", key): "It is for `snnc study`; no script depends on it."
        for key in Range.model_fields
    },
}


@dataclass(frozen=True)
class Table:
    """A table of the language, and where it first stands in a spec."""

    model: type[Model]
    at: KeyPath

    @property
    def kind(self) -> str | None:
        """What its key `kind` says, if it is one of several kinds."""
        return next(iter(by_kind([self.model])), None)

    @property
    def schema(self) -> Data:
        return self.model.model_json_schema(schema_generator=WithKinds)

    @property
    def meaning(self) -> str:
        return _prose(inspect.cleandoc(self.model.__doc__ or ""))

    @property
    def fields(self) -> dict[str, FieldInfo]:
        """By their keys in TOML; the kind is none of them."""
        found = self.model.model_fields.items()
        return {f.alias or name: f for name, f in found if name != "kind"}


@dataclass(frozen=True)
class Effect:
    """What a change makes of the scripts: the lines that differ, by the scripts that they are in."""

    before: Any
    after: Any
    lines: dict[str, list[str]]


def tables() -> list[Table]:
    """Return every table of the language once, in the order of the language."""
    found: dict[type[Model], Table] = {}
    # What stands in a layer overrides what stands elsewhere.
    for table in sorted(_walk(Spec, ()), key=lambda table: table.at[:-1] == ("layers",)):
        found.setdefault(table.model, table)
    return list(found.values())


def _walk(model: type[Model], at: KeyPath) -> Iterator[Table]:
    yield Table(model, at)
    for name, info in model.model_fields.items():
        path = (*at, info.alias or name)
        if name == "vary":  # its tables stand behind addresses
            path = (*path, VARIED)
        for each in tables_in((info.annotation, *info.metadata)):
            yield from _walk(each, path)


class Compiler:
    """Compiles small specs in a folder that has their data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = ["x", *_SPLIT, *(f"other_{name}" for name in _SPLIT)]
        arrays = {
            n: np.zeros((500, 64) if "x" in n.split("_") else 500, int) for n in [*names, "y"]
        }
        for name in ("data", "other"):
            np.savez(folder / f"{name}.npz", **arrays)

    def texts(self, spec: Data) -> dict[str, str] | None:
        """Return the scripts of a spec, without the digests in them, or None if it can't work."""
        if spec["data"]["kind"] == "csv":
            _write_table(self.folder, **spec["data"])
        try:
            found = check_document(Document(self.folder / "small.toml", "", spec))
        except CompileError:
            return None
        texts = scripts(found.program, self.folder)
        return {path.name: DIGEST.sub("…", text) for path, text in texts.items()}

    def effect(self, table: Table, key: str) -> Effect | None:
        """Return what changing a field changes, of the first change that changes anything."""
        named = _of(EXAMPLES, table, key)
        info = table.fields[key]
        values = [named.value] if named else list(_values(table.schema, key))
        for before in self.starts(table, named.beside if named else {}):
            texts = self.texts(before)
            here = _at(before, table.at)
            for value in values if texts else ():
                after = copy.deepcopy(before)
                _at(after, table.at)[key] = value
                changed = self.texts(after)
                if changed and (lines := _difference(texts, changed)):
                    return Effect(here.get(key, info.get_default()), value, lines)
        return None

    def becomes(self, table: Table) -> dict[str, list[str]]:
        """Return what a kind makes of the scripts: against those of the spec that has another kind, or no such layer."""
        for spec in self.starts(table, {}):
            base = {**copy.deepcopy(BASE), "targets": spec.get("targets", ["nengo_dl", "loihi"])}
            texts, without = self.texts(spec), self.texts(base)
            if texts and without:
                return _difference(without, texts)
        return {}

    def starts(self, table: Table, beside: Data) -> Iterator[Data]:
        """Yield specs that have a table with what it must have, the most usual first."""
        own: Data = {"kind": table.kind} if table.kind else {}
        for key, info in table.fields.items():
            if info.is_required() and table.at:
                named = _of(EXAMPLES, table, key)
                own[key] = (named and named.start) or next(_values(table.schema, key), None)
        for targets in ({}, {"targets": ["nengo_dl"]}):
            for position in range(2) if table.at == ("layers",) else (None,):
                spec = {**copy.deepcopy(BASE), **targets}
                if position is None:
                    _put(spec, table, own)
                else:
                    spec["layers"].insert(1 - position, {"name": "here", **own})
                    if table.kind in IMAGES:
                        spec["layers"].insert(1 - position, {"name": "eye", "kind": "encoder"})
                    if table.kind in SEVERAL:
                        look = {"name": "look", "kind": "conv2d", "filters": 1, "kernel_size": 1}
                        spec["layers"].insert(2 - position, look)
                        spec["layers"][3 - position]["from"] = ["eye", "look"]
                for name, values in {**_beside(table), **beside}.items():
                    spec[name] = {**spec.get(name, {}), **values}
                yield spec


def _write_table(
    folder: Path,
    path: str,
    delimiter: str = ",",
    header: bool = True,
    ignore: Sequence[str] = (),
    **_: Any,
) -> None:
    """Write the csv file that a source describes."""
    names = [*ignore, *(f"pixel{n}" for n in range(64)), "class"]
    lines = [names] if header else []
    lines += [["0"] * len(names)] * 500
    text = "\n".join(delimiter.join(line) for line in lines)
    (folder / path).write_text(text, encoding="utf-8")


def _put(spec: Data, table: Table, own: Data) -> None:
    """Put a table where it belongs, over what the spec has there."""
    inner: Any = spec
    *around, _ = _path(table.at) or [None]
    for key in around:
        inner = inner[key] if isinstance(inner, list) else inner.setdefault(key, {})
    for key in table.at[-1:]:
        there = inner.get(key, {})
        keeps = not table.kind or there.get("kind") == table.kind
        inner[key] = {**own, **there} if keeps else own


def _beside(table: Table) -> Data:
    """Return what else a spec needs for a table to stand in it."""
    return BESIDE.get(table.kind or "") or BESIDE.get(table.model.__name__, {})


def _of(found: dict[tuple[str, str], Any], table: Table, key: str) -> Any:
    """Return what is said of a key, of this kind of layer or of all."""
    return found.get((table.kind or "", key)) or found.get((table.model.__name__, key))


def _at(spec: Data, at: KeyPath) -> Any:
    if at == ("layers",):
        return next(layer for layer in spec["layers"] if layer["name"] == "here")
    for key in _path(at):
        spec = spec[key]
    return spec


def _in_header(key: str | int) -> str:
    return f'"{key}"' if "." in str(key) else str(key)


def _path(at: KeyPath) -> KeyPath:
    """Return where a table stands in a spec: one within a layer, in the first."""
    return ("layers", 0, *at[1:]) if at[:1] == ("layers",) else at


def _values(schema: Data, key: str) -> Iterator[Any]:
    """Yield values of a field's type, other than its default."""
    default = schema["properties"][key].get("default")
    named = schema.get("$defs", {})
    for found in _parts(schema["properties"][key]):
        part = named.get(found.get("$ref", "").rpartition("/")[2], found)
        kind = part.get("properties", {}).get("kind", {}).get("const")
        if part.get("type") == "integer":
            low, high = part.get("minimum", 0), part.get("maximum", 10**9)
            yield from (n for n in (2 * (default or 8), low + 1, 1) if low <= n <= high)
        elif part.get("type") == "number":
            yield from (2 * default, default / 2) if default else (0.5, 0.01)
        elif part.get("type") == "boolean":
            yield from (value for value in (True, False) if value != default)
        else:
            yield from (v for v in [kind, *part.get("enum", [])] if v not in (None, default))


def _parts(schema: Data) -> list[Data]:
    """Return the types that a field may have, but for none."""
    parts = schema.get("anyOf") or schema.get("oneOf") or [schema]
    flat = [p for part in parts for p in (_parts(part) if "oneOf" in part else [part])]
    return [part for part in flat if part.get("type") != "null"]


def _difference(before: dict[str, str], after: dict[str, str]) -> dict[str, list[str]]:
    """Return the lines that differ, by the scripts that they are in; lines that are the same in all stand once."""
    gone = [f"-{name}" for name in before if name not in after]
    new = [f"+{name}" for name in after if name not in before]
    found: dict[str, list[str]] = {"the scripts": [*gone, *new]} if gone or new else {}
    for name in (name for name in before if name in after):
        if changed := _changed_lines(before[name], after[name]):
            found[name] = changed
    if len(found) > 1 and len({tuple(lines) for lines in found.values()}) == 1:
        return {" and ".join(found): next(iter(found.values()))}
    return found


def _changed_lines(before: str, after: str) -> list[str]:
    """Return the lines of a diff that have a sign and a text."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[:2] not in ("--", "++", "@@") and line[1:].strip()]


# What is written.


def pages(folder: Path) -> dict[str, str]:
    """Return the pages by file name; `folder` is for the data of the small specs."""
    compiler = Compiler(folder)
    plain = [table for table in tables() if not table.kind]
    kinds: dict[str, list[Table]] = {}
    for table in tables():
        if table.kind:
            kinds.setdefault(_vocabulary(table), []).append(table)
    written = {"tables.md": _plain_page(plain, compiler)}
    for name, found in kinds.items():
        written[f"{name}.md"] = _kinds_page(name, found, compiler)
    return {"index.md": _index(list(written), compiler.texts(BASE) or {}), **written}


def unexplained(folder: Path) -> list[str]:
    """Return every field that changes no script and has no reason, or has one and changes a script."""
    compiler = Compiler(folder)
    return [
        f"{table.model.__name__}.{key}"
        for table in tables()
        for key in table.fields
        if not _is_table(table, key)
        and (compiler.effect(table, key) is None) != (_of(REASONS, table, key) is not None)
    ]


def _vocabulary(table: Table) -> str:
    """Return the module that a kind is one of."""
    return table.model.__module__.split(".")[2]


def _is_table(table: Table, key: str) -> bool:
    """Whether a key is that of a table that has a section of its own."""
    info = table.fields[key]
    return table.model is Spec and bool(tables_in((info.annotation, *info.metadata)))


def _index(names: list[str], texts: dict[str, str]) -> str:
    becomes = "".join(f"### `{name}`\n\n{_block('python', text)}" for name, text in texts.items())
    toctree = "\n".join(names)
    return f"""# The spec language

{_block("toml", write_toml.text(BASE))}Every table, every kind and every key. Types, bounds, defaults and meanings come from the models that check a spec; the
lines below a key are what changing it changes in the scripts of this small spec, found by compiling it twice. The scripts themselves are [below](#what-it-becomes).
Each section begins with its table, as it is with all of its defaults.

A kind stands for its whole table where the others have their defaults: `kind = "lif"` in `[neurons]`, or
`probe = "alpha"` in `[synapses]`. Times are in seconds, rates in hertz.

```{{toctree}}
:maxdepth: 2

{toctree}
```

(what-it-becomes)=
## What it becomes

{becomes}"""


def _plain_page(found: list[Table], compiler: Compiler) -> str:
    parts = ["# Tables\n"]
    for table in found:
        name = "The spec" if table.model is Spec else f"`[{'.'.join(map(_in_header, table.at))}]`"
        title = f"({_target(table.model)})=\n## {name}\n\n{_snippet(table)}{table.meaning}\n"
        keys = [key for key in table.fields if not _is_table(table, key)]
        parts += [title, *(_field(table, key, compiler) for key in keys)]
    return "\n".join(parts)


def _kinds_page(name: str, found: list[Table], compiler: Compiler) -> str:
    module = importlib.import_module(f"snnc.spec.{name}")
    common = _common(found)
    first = found[0]
    parts = [f"# {name.capitalize()}\n\n{module.__doc__}\n"]
    if common:
        parts += ["## All kinds\n", *(_field(first, key, compiler) for key in common)]
    for table in found:
        doc = (
            f'({_target(table.model)})=\n## `"{table.kind}"`\n\n{_snippet(table)}{table.meaning}\n'
        )
        own = [key for key in table.fields if key not in common]
        parts += [doc, *(_field(table, key, compiler) for key in own)]
        if becomes := compiler.becomes(table):
            parts.append(f'**`"{table.kind}"` in the scripts**\n\n{_lines(becomes)}')
    return "\n".join(parts)


def with_defaults(table: Table) -> Data:
    """Return a table as it may stand in a spec, with what it must have first, then all defaults."""
    needed: Data = {"kind": table.kind} if table.kind else {}
    defaults: Data = {}
    for key, info in table.fields.items():
        named = _of(EXAMPLES, table, key)
        if info.is_required():
            given = named and (named.start or named.value)
            needed[key] = given or next(_values(table.schema, key), None)
        elif (value := table.schema["properties"][key].get("default")) not in (None, {}):
            defaults[key] = value
    return {**needed, **defaults}


def _snippet(table: Table) -> str:
    """Return a table with all of its defaults as TOML; the whole spec is on another page."""
    text: Any = with_defaults(table)
    if not (table.at and text):
        return ""
    for key in reversed([key for key in table.at if isinstance(key, str)]):
        text = {key: [text] if key == "layers" else text}
    return _block("toml", write_toml.text(text))


def _common(found: list[Table]) -> list[str]:
    """Return the keys that are the same in all of several kinds."""
    first = found[0].fields
    return [
        key
        for key, info in first.items()
        if len(found) > 1 and all(repr(t.fields.get(key)) == repr(info) for t in found)
    ]


def _field(table: Table, key: str, compiler: Compiler) -> str:
    info = table.fields[key]
    text = f"({_target(table.model)}-{key})=\n### `{key}`\n\n{_prose(str(info.description))}\n\n{_facts(table, key)}\n"
    effect = compiler.effect(table, key)
    reason = _of(REASONS, table, key)
    if effect:
        text += f"\n`{key} = {write_toml.value(effect.after)}` instead of {_default(effect.before)}:\n\n{_lines(effect.lines)}"
    elif reason:
        text += f"\n{reason}\n"
    return text


def _lines(found: dict[str, list[str]]) -> str:
    blocks = []
    for name, lines in found.items():
        shown = lines[:LONGEST]
        if len(lines) > LONGEST:
            shown = [*lines[: LONGEST - 1], f" … and {len(lines) - LONGEST + 1} lines more"]
        blocks.append("\n".join([f"```{{code-block}} diff\n:caption: {name}\n", *shown, "```\n"]))
    return "\n".join(blocks)


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```\n\n"


def _prose(text: str) -> str:
    """Return a docstring or a description as Markdown."""
    return re.sub(r"([<*])", r"\\\1", text)


def _facts(table: Table, key: str) -> str:
    """Return the type of a field, its bounds and its default."""
    info = table.fields[key]
    schema = table.schema["properties"][key]
    models = dict.fromkeys(tables_in((info.annotation, *info.metadata)))
    types = [_type(part) for part in _parts(schema) if "$ref" not in part]
    types += [f"[{_called(model)}](#{_target(model)})" for model in models]
    facts = [_alternatives(types)]
    if info.is_required():
        facts.append("required")
    elif schema.get("default") not in (None, {}):
        facts.append(f"default {_default(schema['default'])}")
    return f"*{'; '.join(facts)}*"


def _type(schema: Data) -> str:
    """Return a type as people say it."""
    if "const" in schema:
        return _literal(schema["const"])
    if "enum" in schema:
        return _alternatives([_literal(value) for value in schema["enum"]])
    kind = schema.get("type")
    if "minimum" in schema and schema["minimum"] == schema.get("maximum"):
        return _literal(schema["minimum"])
    if kind in ("integer", "number"):
        return f"{'an integer' if kind == 'integer' else 'a number'}{_bounds(schema)}"
    if kind == "array" and "prefixItems" in schema:
        number = _type(schema["prefixItems"][0])
        return f"{number}, or an array of two: down and across"
    if kind == "array":
        return f"an array; each item is {_alternatives([_type(part) for part in _parts(schema['items'])])}"
    if kind == "string" and "pattern" in schema:
        return "a lower-case letter, then up to 31 lower-case letters, digits or `_`, in quotes"
    return {"boolean": "`true` or `false`", "string": "a string", "object": "a table"}[str(kind)]


def _bounds(schema: Data) -> str:
    words = {
        "exclusiveMinimum": "more than",
        "minimum": "at least",
        "exclusiveMaximum": "less than",
        "maximum": "at most",
    }
    found = [
        f"{said} {schema[key]:,}".replace(",", " ") for key, said in words.items() if key in schema
    ]
    return f", {' and '.join(found)}" if found else ""


def _alternatives(types: list[str]) -> str:
    *first, last = types
    return f"{', '.join(first)} or {last}" if first else last


def _called(model: type[Model]) -> str:
    kind = Table(model, ()).kind
    return f'`"{kind}"`' if kind else f"`{{ {', '.join(model.model_fields)} }}`"


def _target(model: type[Model]) -> str:
    """Return what links to a table's section."""
    return f"{model.__module__}-{model.__name__}".replace(".", "-").lower()


def _default(value: Any) -> str:
    return "nothing" if value is None else _literal(value)


def _literal(value: Any) -> str:
    return f"`{write_toml.value(value)}`"
