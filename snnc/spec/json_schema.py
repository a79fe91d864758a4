"""A JSON schema of the spec language, for completion and help in editors. What it can't express, `snnc check` knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from snnc.diagnostics.pages import page, summary
from snnc.spec.base import Bare, WithKind, pair
from snnc.spec.kinds import Choice
from snnc.spec.layers import KINDS
from snnc.spec.layers.base import NeuronLayer
from snnc.spec.neurons import Neurons
from snnc.spec.tables import Spec

#: What editors' TOML servers understand.
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
    return {"$schema": DIALECT, "title": "A spec of a spiking network for snnc", **root}


def _reason(code: str) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "description": summary(page(code))}


def _override(description: str) -> dict[str, Any]:
    """Return the schema of the neurons of one layer: a kind, or what differs, key by key."""
    found = _inlined(TypeAdapter(Neurons).json_schema(schema_generator=_Generator))
    for table in found["anyOf"]:
        table.pop("required", None)
    return {"anyOf": found["anyOf"], "description": description}


class WithKinds(GenerateJsonSchema):
    """pydantic's schema, told what kinds there are."""

    def function_plain_schema(
        self, schema: core_schema.PlainValidatorFunctionSchema
    ) -> JsonSchemaValue:
        validated: Any = schema["function"]["function"]
        choice: Choice = validated.__self__  # there is no other such function
        return self.generate_inner(choice.whole.core_schema)


class _Generator(WithKinds):
    """pydantic's schema, with what TOML and this language have of their own."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False  # a key is title enough

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        found = super().model_schema(schema)
        found.pop("title", None)
        if "kind" in found["properties"]:
            found["properties"]["kind"]["description"] = found["description"]
        return found

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
            number, _ = inner.pop("prefixItems")  # a newer dialect's word
            return {"anyOf": [number, {**inner, "items": number}]}
        if isinstance(function, WithKind):
            return {**inner, "default-kind": function.kind}
        return {**inner, "bare": True} if function is Bare.func else inner


def _inlined(root: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without references: beside one, an older dialect takes no description of its own."""
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

    found: dict[str, Any] = inlined(root)
    return found


def _shorthands(node: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a choice between kinds with what may be left out of it: the kind, or all but the kind."""
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
    """Return the kind of a table, or None for what is no table."""
    return table.get("properties", {}).get("kind", {}).get("const")
