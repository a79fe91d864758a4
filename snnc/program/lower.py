"""Spec to Program: layers become populations and connections."""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Literal

from snnc.diagnostics.codes import (
    DUPLICATE_NAME,
    FORBIDDEN_NAME,
    LAYER_SHAPE,
    NO_NEURONS,
    TOO_MANY_SOURCES,
    UNKNOWN_LAYER,
    UNUSED_LAYER,
)
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.diagnostics.wording import near
from snnc.operators.dense import Dense
from snnc.operators.linear import NoSeriesError, Operator, ShapeError
from snnc.program.item_shapes import channels_first, image_hint, series_hint
from snnc.program.linear_layers import wrong_linear_layers
from snnc.program.network import Connection, Network, Output, Population
from snnc.program.program import Program
from snnc.program.reserved_names import RESERVED
from snnc.spec import gradients
from snnc.spec.base import INPUT, OUTPUT, free_name
from snnc.spec.gradients import Gradient, Loihi, Smooth
from snnc.spec.layers.base import Flow, LayerKind, NeuronLayer, summed
from snnc.spec.neurons import overridden
from snnc.spec.neurons.base import NeuronKind
from snnc.spec.settings import FiringRates
from snnc.spec.tables import Input, Spec

if TYPE_CHECKING:
    from snnc.program.network import Synapse

#: The keys of windows, and what may be wrong where one doesn't fit an image.
WINDOWS = ("kernel_size", "pool_size")
CHANNELS_FIRST = 'write axes = "channels_first" in [input] if channels come first in the data'


def lower(spec: Spec, document: Document) -> Program:
    """Return the program of a spec, or raise a CompileError where its layers don't fit together."""
    names = layer_names(spec.layers)
    wrong = [
        *_no_neurons(spec),
        *_wrong_names(spec, names),
        *_wrong_sources(spec, names),
        *wrong_linear_layers(spec, names),
    ]
    if wrong:
        raise CompileError(document, wrong)

    graph = _Graph(spec, {*names, OUTPUT})
    flows = {INPUT: Flow(INPUT, spec.input.seen)}
    before: tuple[str, ...] = (INPUT,)
    for index, (name, layer) in enumerate(zip(names, spec.layers, strict=True)):
        sources = tuple(flows[source]._replace(via=source) for source in layer.from_ or before)
        graph.at = ("layers", index)
        try:
            flows[name] = layer.lower(name, sources, graph).placed(graph.at)
        except ShapeError as error:
            otherwise = _shape_hint(spec.input, sources, isinstance(error, NoSeriesError))
            found = _shape_error(error, graph.at, layer, otherwise)
            if error.key in WINDOWS and _may_be_channels_first(spec.input):
                found = found._replace(hint=f"{CHANNELS_FIRST}, or {found.hint}")
            raise CompileError(document, [found]) from error
        before = (name,)
    graph.at = ("output",)
    output = spec.output
    readout = Dense(OUTPUT, output.classes, output.use_bias, l1=output.l1, l2=output.l2)
    sources = tuple(flows[source]._replace(via=source) for source in output.from_ or before)
    graph.connect(
        OUTPUT,
        summed(readout, sources),
        spec.synapses.output or spec.synapses.layer,
        ("synapses", "output" if spec.synapses.output else "layer"),
    )

    network = Network(
        name=spec.network.name,
        seed=spec.network.seed,
        dt=spec.network.dt,
        input_shape=spec.input.seen,
        populations=tuple(graph.populations),
        connections=tuple(graph.connections),
        output=Output(
            classes=output.classes,
            labels=output.labels,
            softmax=output.softmax,
            probe=spec.synapses.probe,
        ),
    )
    return Program(
        network=network,
        spec_path=document.path,
        targets=spec.targets,
        data=spec.data,
        presentation=spec.presentation,
        train=spec.train,
        loihi=spec.loihi,
        scripts=spec.scripts,
        channels_first=spec.input.axes == "channels_first",
    )


@dataclass(eq=False, repr=False)
class _Graph:
    """Collects populations and connections. `at` is the place of the layer that is being lowered."""

    spec: Spec
    layer_names: set[str]
    at: KeyPath = ()
    populations: list[Population] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    operator_names: set[str] = field(default_factory=set)

    def population(self, name: str, layer: NeuronLayer, sources: Sequence[Flow]) -> Flow:
        neurons, neurons_at = self._neurons(layer)
        shape, *others = {flow.shape for flow in sources}
        if others:
            shapes = " and ".join(f"{list(flow.shape)} from '{flow.via}'" for flow in sources)
            raise ShapeError(f"what is summed differs in shape: {shapes}", "from")
        reads_input = any(
            term.source == INPUT for flow in sources for term in flow.terms or (flow,)
        )
        firing_rates, firing_rates_at = self._firing_rates(layer, neurons.max_rate)
        on_chip = "loihi" in self.spec.targets and (
            not reads_input if layer.on_chip is None else layer.on_chip
        )
        population = Population(
            name=name,
            shape=shape,
            neurons=neurons,
            gradient=_gradient(neurons, on_chip, self.spec.train.gradient),
            on_chip=on_chip,
            at=self.at,
            neurons_at=neurons_at,
            on_chip_at=None if layer.on_chip is None else (*self.at, "on_chip"),
            block_shape=None if layer.block_shape == "auto" else layer.block_shape,
            block_shape_at=None if layer.block_shape == "auto" else (*self.at, "block_shape"),
            pop_type=layer.pop_type,
            rate_scale=layer.rate_scale,
            firing_rates=firing_rates,
            firing_rates_at=firing_rates_at,
        )
        self.populations.append(population)
        own = layer.synapse is not None
        synapse = layer.synapse or self.spec.synapses.layer
        self.connect(
            name, sources, synapse, (*self.at, "synapse") if own else ("synapses", "layer")
        )
        return Flow(name, shape)

    def connect(
        self, target: str, sources: Sequence[Flow], synapse: Synapse, synapse_at: KeyPath
    ) -> None:
        for flow in sources:
            shared = tuple(map(self._named, flow.placed(self.at).operators)) if flow.terms else ()
            for term in flow.terms or (flow,):
                own = tuple(map(self._named, term.placed(self.at).operators))
                connection = Connection(
                    source=term.source,
                    via=term.via,
                    target=target,
                    operators=(*own, *shared),
                    shared=len(shared),
                    synapse=None if term.source == INPUT else synapse,
                    at=self.at,
                    synapse_at=synapse_at,
                )
                self.connections.append(connection)

    def _named(self, operator: Operator) -> Operator:
        """Return an operator under a name of its own: one that several connections share becomes several."""
        taken = self.operator_names | (self.layer_names - {operator.name})
        name = free_name(operator.name, taken)
        self.operator_names.add(name)
        return replace(operator, name=name)

    def _neurons(self, layer: NeuronLayer) -> tuple[NeuronKind, dict[str, KeyPath]]:
        """Return a layer's neurons, and where each setting of them was written."""
        base = self.spec.neurons
        at: dict[str, KeyPath] = {key: ("neurons", key) for key in base.model_fields_set}
        if layer.neurons is None:
            return base, at
        at |= {key: (*self.at, "neurons", key) for key in layer.neurons}
        return overridden(base, layer.neurons), at

    def _firing_rates(
        self, layer: NeuronLayer, max_rate: float
    ) -> tuple[FiringRates | None, dict[str, KeyPath]]:
        """Return the band that training keeps a layer's rates in, if any, and where each setting of it was written."""
        shared, own = self.spec.train.firing_rates, layer.firing_rates
        band = shared.overridden(own) if shared and own else own or shared
        if band is None or band.weight == 0:
            return None, {}
        at: dict[str, KeyPath] = {}
        for written, path in ((shared, ("train",)), (own, self.at)):
            keys = written.model_fields_set if written else ()
            at |= {key: (*path, "firing_rates", key) for key in keys}
        return band.overridden(FiringRates(max=band.max or max_rate)), at


def _may_be_channels_first(items: Input) -> bool:
    return items.axes == "channels_last" and channels_first(items.shape)


def _shape_hint(items: Input, sources: Sequence[Flow], series: bool) -> str:
    """Return what makes images, or series, of a layer's sources: of the items as they come, or of which layer none can be made."""
    rows = len(items.shape) == 2 and all(len(source.shape) == 2 for source in sources)
    if rows or all(source.shape == items.seen for source in sources):
        first = items.axes == "channels_first"
        return series_hint(items.shape) if series else image_hint(items.shape, first)
    row = next((s.via for s in sources if len(s.shape) == 1 and s.source != INPUT), "")
    what = "no series" if series else "no image"
    return row and f"leave the layer out: '{row}' puts out a row, and {what}"


def _shape_error(error: ShapeError, at: KeyPath, layer: LayerKind, otherwise: str) -> Diagnostic:
    """Return the diagnostic for a layer that can't take the shape of its source; `otherwise` is the hint if it has none."""
    hint = error.hint or (otherwise if error.key is None else "")
    written = error.key in _keys(layer)
    place: KeyPath = (*at, error.key) if error.key is not None and written else at
    return Diagnostic(LAYER_SHAPE, error.message, place, "value" if written else "key", hint)


def _keys(layer: LayerKind) -> set[str]:
    """Return the keys that a layer was written with."""
    fields = type(layer).model_fields
    return {fields[name].alias or name for name in layer.model_fields_set}


def _gradient(neurons: NeuronKind, on_chip: bool, written: Gradient | None) -> Gradient:
    """Return the gradient that training uses: the written one where it applies, or the kind's own default."""
    if isinstance(written, Smooth):
        applies = neurons.smooth_applies
    elif isinstance(written, Loihi):
        applies = on_chip or neurons.default_gradient == "loihi"
    else:
        applies = True
    if written is not None and applies:
        return written
    return gradients.default(neurons.default_gradient)


def layer_names(layers: Sequence[LayerKind]) -> list[str]:
    """Return each layer's name: its own, or its kind and its number among the layers of its kind."""
    numbers: Counter[str] = Counter()
    names = []
    for layer in layers:
        numbers[layer.kind] += 1
        names.append(layer.name or f"{layer.kind}{numbers[layer.kind]}")
    return names


def _no_neurons(spec: Spec) -> Iterator[Diagnostic]:
    if not any(isinstance(layer, NeuronLayer) and layer.has_neurons for layer in spec.layers):
        yield Diagnostic(
            NO_NEURONS, "no layer has neurons", ("layers",), "key", "add a dense layer"
        )


def _wrong_names(spec: Spec, names: list[str]) -> Iterator[Diagnostic]:
    first: dict[str, int] = {}
    for index, (name, layer) in enumerate(zip(names, spec.layers, strict=True)):
        at: KeyPath = ("layers", index, "name") if layer.name else ("layers", index)
        on: Literal["key", "value"] = "value" if layer.name else "key"
        if name in first:
            message = f"layers {first[name] + 1} and {index + 1} are both called '{name}'"
            other = next(n for i in count(2) if (n := f"{name[:28]}_{i}") not in names)
            hint = f'write "{other}"' if layer.name else f'write name = "{other}"'
            yield Diagnostic(DUPLICATE_NAME, message, at, on, hint)
        first.setdefault(name, index)
        if name in RESERVED or keyword.iskeyword(name) or keyword.issoftkeyword(name):
            message = f"a layer can't be called '{name}': Python or the scripts use that name"
            yield Diagnostic(FORBIDDEN_NAME, message, at, on, f"write '{name}_layer', say")


def _wrong_sources(spec: Spec, names: list[str]) -> list[Diagnostic]:
    used = set(spec.output.from_ or names[-1:])
    diagnostics: list[Diagnostic] = []
    for index, layer in enumerate(spec.layers):
        at: KeyPath = ("layers", index, "from")
        diagnostics += _wrong_from(layer.from_, at, [INPUT, *names[:index]], names[index:])
        if len(layer.from_ or ()) > 1 and not layer.takes_several:
            message = f"a {layer.kind} layer follows one layer, not {len(layer.from_ or ())}"
            diagnostics.append(Diagnostic(TOO_MANY_SOURCES, message, at))
        used |= set(layer.from_ or names[index - 1 : index])
    diagnostics += _wrong_from(spec.output.from_, ("output", "from"), [INPUT, *names], [])
    # A layer may only seem unused because a source is misspelt.
    unused = [] if diagnostics else [(i, name) for i, name in enumerate(names) if name not in used]
    for index, name in unused:
        message = f"nothing follows '{name}': every layer after it names other sources"
        hint = f"add '{name}' to a later layer's from, or remove the layer"
        diagnostics.append(Diagnostic(UNUSED_LAYER, message, ("layers", index), "key", hint))
    return diagnostics


def _wrong_from(
    sources: tuple[str, ...] | None, at: KeyPath, earlier: list[str], later: list[str]
) -> Iterator[Diagnostic]:
    for index, source in enumerate(sources or ()):
        place = (*at, index)
        if source in later:
            message = f"'{source}' comes later: a layer follows earlier ones"
            yield Diagnostic(UNKNOWN_LAYER, message, place, hint=near(source, earlier))
        elif source not in earlier:
            message = f"there is no layer '{source}'"
            yield Diagnostic(UNKNOWN_LAYER, message, place, hint=near(source, earlier))
        elif source in (sources or ())[:index]:
            message = f"'{source}' stands here twice"
            yield Diagnostic(DUPLICATE_NAME, message, place, hint="remove it")
