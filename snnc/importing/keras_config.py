"""What a Keras model says of itself: its layers and which reads which, in the words of Keras 2 and of Keras 3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snnc.diagnostics.errors import Refusal

#: Classes of models whose layers stand in their configuration.
MODELS = ("Sequential", "Functional", "Model")
#: Keras 2 has one class for all of TensorFlow's functions.
_OPERATIONS = (
    "TFOpLambda",
    "SlicingOpLambda",
    "TensorFlowOpLayer",
    "ClassMethod",
    "InstanceMethod",
)
#: Of models within models; real ones have three.
DEEPEST = 16
#: Of all models together.
MOST_LAYERS = 10_000


@dataclass(frozen=True)
class Source:
    """One of the values that a layer returned: which layer, which of its uses, which of its values."""

    layer: str
    use: int = 0
    value: int = 0


@dataclass(frozen=True)
class Use:
    """A call of a layer: the values that it reads, and what else it was given."""

    sources: tuple[Source, ...]
    #: Numbers and flags in the call, by name; those without a name by their place.
    others: Mapping[str, Any]


@dataclass(frozen=True)
class Layer:
    """A layer of a configuration, or a model within it, which has `layers` of its own."""

    name: str
    kind: str
    #: Where Keras 3 would import it from, and the name that it was registered by; both empty in older files.
    module: str
    registered: str
    config: Mapping[str, Any]
    uses: tuple[Use, ...] = ()
    layers: tuple[Layer, ...] = ()

    @property
    def is_model(self) -> bool:
        return self.kind in MODELS

    @property
    def is_sequential(self) -> bool:
        return self.kind == "Sequential"

    @property
    def is_operation(self) -> bool:
        """Whether it is a function of the framework, such as x + y, which stands among the layers."""
        return self.kind in _OPERATIONS or ".ops" in self.module or set(self.config) == {"name"}

    @property
    def is_custom(self) -> bool:
        """Whether somebody's own class goes by this name."""
        own = not self.module.startswith(("keras", "tf_keras", "tensorflow", "builtins"))
        return (bool(self.module) and own) or ">" in self.registered

    @property
    def inputs(self) -> tuple[Source, ...]:
        return tuple(_sources(self.config.get("input_layers")))

    @property
    def outputs(self) -> tuple[Source, ...]:
        return tuple(_sources(self.config.get("output_layers")))

    @property
    def input_shape(self) -> tuple[int | None, ...] | None:
        """The shape of an item, where the layer says it; None in it is a length that varies."""
        shape = self.config.get("batch_input_shape") or self.config.get("batch_shape")
        if shape is None and self.is_model:
            inner = self.layers[0].input_shape if self.layers else None
            shape = self.config.get("build_input_shape")
            if inner is not None or shape is None:
                return inner
        if not isinstance(shape, Sequence) or isinstance(shape, str):
            return None
        return tuple(size if isinstance(size, int) else None for size in shape[1:])


def parsed(described: Any, name: str) -> Layer:
    """Return a model from its configuration, read as JSON.

    Raises:
        Refusal: If it isn't that of a Keras model.
    """
    model = _Reader(name).layer(described, "the model", 0)
    if not model.is_model:
        raise Refusal(
            f"{name} holds a model of a class of its own, {model.kind}, whose layers are in its Python alone: "
            "build the same layers as keras.Sequential or keras.Model(inputs, outputs), "
            "copy the weights with set_weights, and save that"
        )
    return model


@dataclass
class _Reader:
    name: str
    count: int = 0

    def layer(self, described: Any, place: str, depth: int) -> Layer:
        if not isinstance(described, dict) or not isinstance(described.get("class_name"), str):
            raise self.wrong(f"{place} has no class_name")
        self.count += 1
        if depth > DEEPEST or self.count > MOST_LAYERS:
            raise self.wrong(
                f"models are nested more than {DEEPEST} deep, or hold {MOST_LAYERS:,} layers"
            )
        config = described.get("config")
        if isinstance(config, list):  # Sequential until Keras 2.2.2
            config = {"layers": config}
        if not isinstance(config, dict):
            raise self.wrong(f"{place} has no config")
        kind = described["class_name"]
        name = described.get("name") or config.get("name") or kind.lower()
        layers: tuple[Layer, ...] = ()
        if kind in MODELS:
            inner = config.get("layers")
            if not isinstance(inner, list):
                raise self.wrong(f"{place} is a {kind} without layers")
            layers = tuple(
                self.layer(one, f"layer {number} of {name}", depth + 1)
                for number, one in enumerate(inner, 1)
            )
        return Layer(
            name=str(name),
            kind=kind,
            module=str(described.get("module") or ""),
            registered=str(described.get("registered_name") or ""),
            config=config,
            uses=tuple(_uses(described.get("inbound_nodes"))),
            layers=layers,
        )

    def wrong(self, what: str) -> Refusal:
        return Refusal(
            f"the architecture in {self.name} isn't Keras': {what}. Save the model again with model.save"
        )


def _uses(nodes: Any) -> Iterator[Use]:
    for node in nodes if isinstance(nodes, list) else []:
        yield _use_of_keras_3(node) if isinstance(node, dict) else _use_of_keras_2(node)


def _use_of_keras_3(node: Mapping[str, Any]) -> Use:
    arguments = node.get("args")
    sources = list(_tensors(arguments))
    others = {}
    for number, value in enumerate(arguments if isinstance(arguments, list) else []):
        if not list(_tensors(value)):
            others[str(number)] = value
    named = node.get("kwargs")
    for key, value in named.items() if isinstance(named, dict) else ():
        found = list(_tensors(value))
        sources += found
        if not found:
            others[key] = value
    return Use(tuple(sources), others)


def _tensors(value: Any) -> Iterator[Source]:
    if isinstance(value, list):
        for one in value:
            yield from _tensors(one)
    elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        config = value.get("config")
        yield from _sources(config.get("keras_history") if isinstance(config, dict) else None)


def _use_of_keras_2(node: Any) -> Use:
    if not isinstance(node, list):
        return Use((), {})
    # One value alone stands without a list around it.
    values = [node] if node and isinstance(node[0], str) else node
    sources: list[Source] = []
    others: dict[str, Any] = {}
    for value in values:
        sources += _sources(value[:3] if isinstance(value, list) else None)
        named = value[3] if isinstance(value, list) and len(value) > 3 else None
        for key, other in named.items() if isinstance(named, dict) else ():
            found = list(_sources(other))
            sources += found
            if not found:
                others[key] = other
    return Use(tuple(sources), others)


def _sources(value: Any) -> Iterator[Source]:
    """Yield what lists of [layer, use, value] name, however deep they stand in lists and dictionaries."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return
    if len(value) == 3 and isinstance(value[0], str):
        name, use, number = value
        if isinstance(use, int) and isinstance(number, int):
            yield Source(name, use, number)
        return
    for one in value:
        yield from _sources(one)
