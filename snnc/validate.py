"""Document to Spec: pydantic decides, and every complaint of its is said in the words of TOML, with its place."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from snnc.diagnostics import CompileError, Diagnostic, KeyPath
from snnc.document import Document
from snnc.layers.base import NeuronLayer
from snnc.model import Model
from snnc.neurons import Neurons, overridden
from snnc.spec import Spec


def validate(document: Document) -> Spec:
    """Return the spec that a document says, or raise a CompileError with all that is wrong with it."""
    try:
        spec = Spec.model_validate(document.data)
    except ValidationError as error:
        raise CompileError(document, _translated(error, document.data, Spec, ())) from error
    wrong = list(_wrong_overrides(spec, document))
    if wrong:
        raise CompileError(document, wrong)
    return spec


def _wrong_overrides(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    """Yield what is wrong with the neurons of single layers, once merged into those of all layers."""
    for index, layer in enumerate(spec.layers):
        if not isinstance(layer, NeuronLayer) or layer.neurons is None:
            continue
        try:
            overridden(spec.neurons, layer.neurons)
        except ValidationError as error:
            at = ("layers", index, "neurons")
            yield from _translated(error, document.data, Neurons, at)


def _translated(
    error: ValidationError, data: dict[str, Any], root: Any, start: KeyPath
) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each of pydantic's errors; `start` is where the validated part stands."""
    for detail in error.errors(include_url=False):
        loc = (*start, *detail["loc"])
        yield _diagnostic(detail, _path(loc, data), data, _keys(root, detail["loc"]))


def _path(loc: tuple[int | str, ...], data: Any) -> KeyPath:
    """Return pydantic's location as a path in the document: without the kinds that it passes through."""
    path: KeyPath = ()
    for index, part in enumerate(loc):
        if isinstance(data, dict):
            if part in data:
                data = data[part]
            elif part == data.get("kind") or index < len(loc) - 1:
                continue
            else:
                data = None
            path = (*path, part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
            path = (*path, part)
    return path


def _keys(root: Any, loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the table at a location may have, if it is clear which table is meant."""
    models = _models(root)
    for part in loc[:-1]:
        fields = [f for m in models for n, f in m.model_fields.items() if part == (f.alias or n)]
        if fields:
            models = [m for field in fields for m in _models((field.annotation, *field.metadata))]
        elif isinstance(part, str):
            tagged = [m for m in models if part in _kinds(m)]
            models = tagged or models
    if len(models) != 1:
        return []
    return [field.alias or name for name, field in models[0].model_fields.items()]


def _models(annotation: Any) -> list[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return [annotation]
    parts = annotation if isinstance(annotation, tuple) else get_args(annotation)
    return [model for part in parts for model in _models(part)]


def _kinds(model: type[Model]) -> tuple[Any, ...]:
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field else ()


_EXPECTED = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "string_type": "a string",
    "bool_type": "true or false",
    "tuple_type": "an array",
    "list_type": "an array",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}

_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def _diagnostic(
    detail: ErrorDetails, path: KeyPath, data: dict[str, Any], keys: list[str]
) -> Diagnostic:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    key = path[-1] if path else ""
    name = f"item {key + 1} of '{path[-2]}'" if isinstance(key, int) else f"'{key}'"
    if kind == "extra_forbidden":
        where = place(path[:-1], data)
        return Diagnostic("unknown-key", f"{where} has no key {name}", path, "key", near(key, keys))
    if kind == "missing":
        return _missing(path, data)
    if kind in _EXPECTED:
        message = f"{name} is {_EXPECTED[kind]}, not {_toml_type(value)}"
        return Diagnostic("wrong-type", message, path)
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        message = f"{name} is {words} {_number(context[bound])}, not {_number(value)}"
        return Diagnostic("out-of-range", message, path)
    if kind == "finite_number":
        return Diagnostic("out-of-range", f"{name} is a finite number, not {value}", path)
    if kind in ("too_short", "string_too_short"):
        return Diagnostic("out-of-range", f"{name} is not empty", path)
    if kind == "literal_error":
        allowed = _quoted_words(context["expected"])
        message = f"{name} can't be {_shown(value)}"
        return Diagnostic(
            "unknown-value", message, path, hint=near(value, allowed, context["expected"])
        )
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _wrong_kind(detail, path, data)
    if kind == "string_pattern_mismatch":
        message = f"{_shown(value)} is no name"
        hint = "a lower-case letter, then up to 31 lower-case letters, digits or _"
        return Diagnostic("bad-name", message, path, hint=hint)
    at = (*path, context["key"]) if "key" in context else path
    return Diagnostic(
        kind.replace("_", "-"), detail["msg"], at, "key" if "key" in context else "value"
    )


def _wrong_kind(detail: ErrorDetails, path: KeyPath, data: dict[str, Any]) -> Diagnostic:
    value, context = detail["input"], detail["ctx"]
    if detail["type"] == "union_tag_invalid":
        kinds = _quoted_words(context["expected_tags"])
        message = f"there is no {_noun(path)} kind {_shown(context['tag'])}"
        return Diagnostic(
            "unknown-kind", message, (*path, "kind"), hint=near(context["tag"], kinds)
        )
    if isinstance(value, dict):
        message = f"{place(path, data)} has no 'kind'"
        return Diagnostic("missing-key", message, path, "key", f"write which {_noun(path)} it is")
    message = f"'{path[-1]}' is a table, or a kind in quotes, not {_toml_type(value)}"
    return Diagnostic("wrong-type", message, path)


def _missing(path: KeyPath, data: dict[str, Any]) -> Diagnostic:
    key = path[-1]
    if len(path) == 1:
        table = f"[[{key}]]" if key == "layers" else f"[{key}]"
        return Diagnostic("missing-table", f"the spec has no {table}", path)
    return Diagnostic("missing-key", f"{place(path[:-1], data)} has no '{key}'", path, "key")


def place(path: KeyPath, data: dict[str, Any]) -> str:
    """Return how people call the table at a path: "[train]", "layer 'hidden1'", "layer 2"."""
    if not path:
        return "the spec"
    if path[0] == "layers" and len(path) > 1:
        index = path[1]
        layer: Any = data["layers"][index] if isinstance(index, int) else {}
        name = layer.get("name") if isinstance(layer, dict) else None
        called = f"layer '{name}'" if isinstance(name, str) else f"layer {int(index) + 1}"
        rest = ".".join(str(part) for part in path[2:])
        return f"'{rest}' of {called}" if rest else called
    return "[" + ".".join(str(part) for part in path) + "]"


def near(word: object, words: list[str], otherwise: str = "") -> str:
    """Return a hint: the words that are nearest to one, or all that there are."""
    close = get_close_matches(str(word), words, n=2, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(repr(c) for c in close)}?"
    if otherwise:
        return f"write {otherwise}"
    return f"there is {', '.join(words)}" if 0 < len(words) <= 12 else ""


def _quoted_words(text: str) -> list[str]:
    """Return the words of pydantic's list, which are in quotes: 'a', 'b' or 'c'."""
    return text.split("'")[1::2]


def _noun(path: KeyPath) -> str:
    names = [part for part in path if isinstance(part, str)]
    nouns = {"layers": "layer", "neurons": "neuron", "synapses": "synapse"}
    if names[0] == "synapses":
        return "synapse"
    return nouns.get(names[-1], names[-1])


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown(value: object) -> str:
    return (
        repr(value)
        if isinstance(value, str)
        else _number(value)
        if isinstance(value, int | float)
        else _toml_type(value)
    )


def _toml_type(value: object) -> str:
    types: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a float"),
        (str, "a string"),
        (list, "an array"),
        (dict, "a table"),
        ((datetime.date, datetime.time), "a date or time"),
    ]
    return next((name for kind, name in types if isinstance(value, kind)), "that")
