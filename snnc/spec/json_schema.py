"""A JSON schema of the spec language, for completion and help in editors. `snnc check` also finds errors that a schema can't express."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from snnc.diagnostics.pages import page, summary
from snnc.spec.base import Bare, WithKind, pair
from snnc.spec.kinds import Choice, Later
from snnc.spec.layers import KINDS
from snnc.spec.layers.base import NeuronLayer
from snnc.spec.neurons import Neurons
from snnc.spec.tables import Spec

#: The dialect of JSON schema that editors' TOML servers read.
DIALECT = "http://json-schema.org/draft-07/schema#"


def schema(allowable: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a whole spec, in which the codes of some warnings can be allowed."""
    root = _inlined(Spec.model_json_schema(schema_generator=_Generator))
    tables = root["properties"]
    tables["allow"] |= {
        "properties": {code: _reason(code) for code in allowable},
        "additionalProperties": False,
    }
    for layer in tables["layers"]["items"]["anyOf"]:
        if issubclass(KINDS[_kind(layer)], NeuronLayer):
            keys = layer["properties"]
            keys["neurons"] = _override(keys["neurons"]["description"])
            if KINDS[_kind(layer)].may_be_linear:
                keys["neurons"]["anyOf"].append({"const": "none"})
    title = "A spec of a spiking network for snnc"
    whole: dict[str, Any] = _for_editors({"$schema": DIALECT, "title": title, **root})
    return whole


def _for_editors(node: Any) -> Any:
    """Return a schema that says the same in a way that language servers follow.

    Tombi takes a number for one with a point: integers are numbers too. It offers the keys of those kinds alone that a table may
    be, so what a kind can't do without stands beside the kinds: a table that is still being written is of its kind already.
    """
    if isinstance(node, list):
        return [_for_editors(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _for_editors(value) for key, value in node.items()}
    if node.get("type") == "number":
        node["type"] = ["number", "integer"]
    return _told_apart(node) if "anyOf" in node else node


def _told_apart(node: dict[str, Any]) -> dict[str, Any]:
    """Return a choice between kinds in which `kind` alone tells them apart; which other keys each requires follows."""
    if sum(_kind(table) is not None for table in node["anyOf"]) < 2:
        return node
    tables, rules = [], []
    for table in node["anyOf"]:
        kind, required = _kind(table), table.get("required", ())
        others = [key for key in required if key != "kind"]
        if kind and others and "kind" in required:
            of_kind = {"properties": {"kind": {"const": kind}}, "required": ["kind"]}
            rules.append({"if": of_kind, "then": {"required": others}})
            tables.append({**table, "required": ["kind"]})
        else:
            tables.append(table)
    # Unknown keys are refused by each kind; a server that looks at the rules alone knows none.
    beside = {"allOf": rules, "additionalProperties": True} if rules else {}
    return {**node, "anyOf": tables, **beside}


def _reason(code: str) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "description": summary(page(code))}


def _override(description: str) -> dict[str, Any]:
    """Return the schema of one layer's neurons: a kind, or the keys that differ from [neurons]."""
    kinds = _inlined(TypeAdapter(Neurons).json_schema(schema_generator=_Generator))["anyOf"]
    for table in kinds:
        table.pop("required", None)
    return {"anyOf": kinds, "description": description}


class WithKinds(GenerateJsonSchema):
    """Adds the kinds of each choice to pydantic's schema."""

    def function_plain_schema(
        self, schema: core_schema.PlainValidatorFunctionSchema
    ) -> JsonSchemaValue:
        validated: Any = schema["function"]["function"]
        choice: Choice | Later = validated.__self__  # nothing else has plain validators
        return self.generate_inner(choice.whole.core_schema)


class _Generator(WithKinds):
    """Adapts pydantic's schema to TOML, and to the short forms of this language."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False  # the key says the same

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        table = super().model_schema(schema)
        table.pop("title", None)
        if "kind" in table["properties"]:
            table["properties"]["kind"]["description"] = table["description"]
        return table

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])  # TOML has no null

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default") in (None, {}):
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        return {"anyOf": [self.generate_inner(choice) for choice in schema["choices"].values()]}

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        function = schema["function"]["function"]
        if function is pair:
            number, _ = inner.pop("prefixItems")  # unknown in draft 7
            return {"anyOf": [number, {**inner, "items": number}]}
        if isinstance(function, WithKind):
            return {**inner, "default-kind": function.kind}
        return {**inner, "bare": True} if function is Bare.func else inner


def _inlined(root: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without references: draft 7 ignores a description beside a reference."""
    definitions = root.pop("$defs", {})

    def inlined(node: Any) -> Any:
        if isinstance(node, list):
            return [inlined(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            name = node.pop("$ref").rpartition("/")[2]
            return inlined({**definitions[name], **node})
        return _shorthands({key: inlined(value) for key, value in node.items()})

    whole: dict[str, Any] = inlined(root)
    return whole


def _shorthands(node: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a choice between kinds with its short forms: a table without a kind, or a bare kind."""
    default = node.pop("default-kind", None)
    bare = node.pop("bare", False)
    tables = node.get("anyOf", ())
    if default:
        for table in tables:
            if _kind(table) == default:
                table["required"] = [key for key in table["required"] if key != "kind"]
    if bare and tables:
        words = [
            {"const": _kind(table), "description": table["description"]}
            for table in tables
            if table["required"] in ([], ["kind"])
        ]
        node = {**node, "anyOf": [*words, *tables]}
    return node


def _kind(table: dict[str, Any]) -> Any:
    """Return the kind of a table's schema; None for any other schema."""
    return table.get("properties", {}).get("kind", {}).get("const")
