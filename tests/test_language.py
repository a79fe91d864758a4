"""The spec language: documented throughout, with Keras' names and defaults, and the rules of the design."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.pipeline import check_document
from snnc.program.program import Program
from snnc.spec import optimizers, schedules
from snnc.spec.base import Model
from snnc.spec.kinds import tables_in
from snnc.spec.tables import Spec


def program(**changes: Any) -> Program:
    """Return the program of a small spec with some tables replaced."""
    data: dict[str, Any] = {
        "network": {"name": "small"},
        "data": {"kind": "sklearn", "name": "digits"},
        "input": {"shape": [64]},
        "layers": [{"kind": "dense", "units": 8}, {"kind": "dense", "units": 6}],
        "output": {"classes": 10},
        **changes,
    }
    return check_document(Document(Path("small.toml"), "", data)).program


def models(root: type[Model]) -> Iterator[type[Model]]:
    """Yield a table and all that may stand in it."""
    yield root
    for field in root.model_fields.values():
        for model in tables_in((field.annotation, *field.metadata)):
            yield from models(model)


ALL = sorted(
    {*models(Spec)},
    key=lambda m: (m.__qualname__, m.__module__),
)


@pytest.mark.parametrize("model", ALL, ids=lambda m: f"{m.__module__}.{m.__name__}")
def test_every_field_is_documented(model: type[Model]) -> None:
    assert model.__doc__
    for name, field in model.model_fields.items():
        if name == "kind" or (model is Spec and tables_in(field.annotation)):
            continue
        assert field.description, f"{model.__name__}.{name}"
        assert field.description.endswith("."), field.description


def test_all_tables_were_looked_at() -> None:
    assert len(ALL) >= 30


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("model", optimizers.KINDS.values(), ids=lambda m: m.keras)
def test_optimizers_are_keras_own(model: Any) -> None:
    """Every argument is one of Keras', with Keras' default."""
    import tensorflow as tf

    theirs = inspect.signature(getattr(tf.optimizers, model.keras)).parameters
    for name, field in model.model_fields.items():
        if name != "kind":
            assert name in theirs
            assert field.default == theirs[name].default, name


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize(
    "model",
    [model for kind, model in schedules.KINDS.items() if kind != "reduce_on_plateau"],
    ids=lambda m: m.keras,
)
def test_schedules_are_keras_own(model: Any) -> None:
    """Every argument is one of Keras', with Keras' default; and whatever has to be given there has to be given here."""
    import tensorflow as tf

    theirs = inspect.signature(getattr(tf.optimizers.schedules, model.keras)).parameters
    ours = {n: f for n, f in model.model_fields.items() if n != "kind"}
    required = {n for n, p in theirs.items() if p.default is inspect.Parameter.empty}
    assert required == {n for n, f in ours.items() if f.is_required()}
    for name, field in ours.items():
        assert name in theirs
        assert field.is_required() or field.default == theirs[name].default, name


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_a_plateau_is_that_of_keras_callback() -> None:
    """With its defaults; the rate that it begins with is the optimiser's there, and what it watches follows from the spec."""
    import tensorflow as tf

    theirs = inspect.signature(tf.keras.callbacks.ReduceLROnPlateau).parameters
    fields = schedules.KINDS["reduce_on_plateau"].model_fields
    ours = {
        n: f for n, f in fields.items() if n not in ("kind", "initial_learning_rate", "monitor")
    }
    assert {"factor", "patience", "min_delta", "cooldown", "min_lr"} == set(ours)
    for name, field in ours.items():
        assert field.default == theirs[name].default, name


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_a_schedule_that_starts_at_one_decays() -> None:
    """Of a whole number Keras would make an integer."""
    from snnc.networks.build import build
    from snnc.scripts.code import expression

    written = {"initial_learning_rate": 1, "decay_steps": 10, "decay_rate": 0.25}
    optimizer = {"kind": "sgd", "learning_rate": {"kind": "exponential_decay", **written}}
    call = program(train={"optimizer": optimizer}).train.optimizer.call()
    assert "initial_learning_rate=1.0, decay_steps=10" in str(expression(call))
    assert float(build(call.kwargs["learning_rate"])(5)) == 0.5


@pytest.mark.parametrize(
    ("kind", "gradient"),
    [
        ("lif", "smooth"),
        ("spiking_relu", "rate"),
        ("loihi_lif", "loihi"),
        ("loihi_spiking_relu", "loihi"),
    ],
)
def test_default_gradient(kind: str, gradient: str) -> None:
    assert {p.gradient.kind for p in program(neurons=kind).network.populations} == {gradient}


@pytest.mark.parametrize(
    ("kind", "gradient"), [("relu", "rate"), ("lif_rate", "smooth"), ("soft_lif", "smooth")]
)
def test_default_gradient_of_rates(kind: str, gradient: str) -> None:
    found = program(neurons=kind, targets=["nengo_dl"])
    assert {p.gradient.kind for p in found.network.populations} == {gradient}


def test_a_written_gradient_goes_where_it_applies() -> None:
    layers = [
        {"kind": "dense", "units": 8},
        {"kind": "dense", "units": 8, "neurons": "spiking_relu"},
        {"kind": "dense", "units": 8, "neurons": "loihi_lif"},
    ]

    def gradients(written: Any) -> list[str]:
        return [
            p.gradient.kind
            for p in program(layers=layers, train={"gradient": written}).network.populations
        ]

    assert gradients("smooth") == ["smooth", "rate", "loihi"]
    assert gradients("loihi") == ["smooth", "loihi", "loihi"]
    assert gradients("rate") == ["rate", "rate", "rate"]


def test_overrides_merge_key_by_key() -> None:
    layers = [
        {"kind": "dense", "units": 8, "neurons": {"max_rate": 150}},
        {"kind": "dense", "units": 8, "neurons": {"kind": "spiking_relu", "intercept": 0.1}},
    ]
    neurons = {"kind": "lif", "tau_rc": 0.03, "max_rate": 180, "amplitude": 0.004}
    first, second = (p.neurons for p in program(layers=layers, neurons=neurons).network.populations)
    assert first.model_dump() == {
        "kind": "lif", "tau_rc": 0.03, "tau_ref": 0.001, "max_rate": 150, "intercept": 0, "amplitude": 0.004,
    }  # fmt: skip
    assert second.model_dump() == {
        "kind": "spiking_relu", "max_rate": 180, "intercept": 0.1, "amplitude": 0.004,
    }  # fmt: skip


def test_the_amplitude_is_derived_after_merging() -> None:
    layers = [
        {"kind": "dense", "units": 8},
        {"kind": "dense", "units": 8, "neurons": {"max_rate": 100}},
    ]
    first, second = (p.neurons for p in program(layers=layers).network.populations)
    assert first.output_scale.value == 1 / 300
    assert second.output_scale.value == 1 / 100


def test_names_count_layers_that_have_one() -> None:
    layers = [
        {"kind": "dense", "units": 8, "name": "mine"},
        {"kind": "dropout", "rate": 0.5},
        {"kind": "dense", "units": 8},
    ]
    assert [p.name for p in program(layers=layers).network.populations] == ["mine", "dense2"]


def test_only_the_first_layer_runs_on_the_host() -> None:
    assert [p.on_chip for p in program().network.populations] == [False, True]
    assert [p.on_chip for p in program(targets=["nengo_dl"]).network.populations] == [False, False]


def test_a_derived_name_is_no_layers_name() -> None:
    """Two connections that share a dropout need two of them; a layer may be called like the second."""
    layers = [
        {"kind": "dense", "units": 8, "name": "a"},
        {"kind": "dropout", "rate": 0.5, "name": "d"},
        {"kind": "dense", "units": 8, "name": "b", "from": ["d"]},
        {"kind": "dense", "units": 8, "name": "d_2", "from": ["d"]},
        {"kind": "dense", "units": 8, "name": "c", "from": ["b", "d_2"]},
    ]
    found = program(layers=layers)
    names = [op.name for c in found.network.connections for op in c.operators]
    assert len(names) == len(set(names))
    for population in found.network.populations:
        assert found.network.into(population.name)[0].operators[-1].name == population.name


@pytest.mark.parametrize("steps", [60, 70])
def test_fresh_steps(steps: int) -> None:
    found = program(presentation={"time": 0.08, "steps": steps})
    assert (found.fresh_steps, found.stream_steps) == (steps, 80)


@pytest.mark.parametrize(("share", "steps"), [(0.3, 30), (1, 100), (0.001, 1)])
def test_read_steps(share: float, steps: int) -> None:
    assert program(presentation={"read": {"mean_of_last": share}}).read_steps(100) == steps


def test_errors_of_a_stage_come_at_once() -> None:
    with pytest.raises(CompileError) as caught:
        program(input={"shape": [0]}, output={"classes": 1}, train={"epochs": 0, "batch": 3})
    assert [d.code for d in caught.value.diagnostics] == ["out-of-range"] * 3 + ["unknown-key"]
