"""What training has from Keras it does as Keras does it: a model written by hand, trained by one `fit`, ends the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from snnc.program.program import Program
from tests.test_language import program

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

EPOCHS, BATCH = 20, 25
COSTS = {"l1": 0.002, "l2": 0.03}
NORMALISED = {"momentum": 0.7, "epsilon": 0.02}
LOWERED = {
    "initial_learning_rate": 0.2,
    "factor": 0.3,
    "patience": 1,
    "min_delta": 0.05,
    "cooldown": 1,
    "min_lr": 0.01,
}


def spec(
    costs: dict[str, float], normalised: Any = False, rate: Any = 0.05, **train: Any
) -> Program:
    """Return two layers of rectifiers for wine, which has three classes of different sizes."""
    first = {"kind": "dense", "name": "first", "units": 12, "batch_norm": normalised, **costs}
    return program(
        targets=["nengo_dl"],
        network={"name": "wine", "seed": 3},
        data={"kind": "sklearn", "name": "wine"},
        input={"shape": [13]},
        neurons={"kind": "relu", "max_rate": 100},
        layers=[first, {"kind": "dense", "name": "second", "units": 8}],
        output={"classes": 3, **costs},
        train={
            "epochs": EPOCHS,
            "batch_size": BATCH,
            "optimizer": {"kind": "sgd", "learning_rate": rate},
            **train,
        },
    )


def by_hand(costs: dict[str, float], normalised: Any = None, rate: float = 0.05) -> Any:
    """Return the same layers in plain Keras, compiled."""
    import tensorflow as tf

    layers = tf.keras.layers
    norm = [layers.BatchNormalization(**normalised, name="first_norm")] if normalised else []
    how = tf.keras.regularizers.L1L2(**costs)
    model = tf.keras.Sequential(
        [
            layers.Dense(12, kernel_regularizer=how, name="first"),
            *norm,
            layers.ReLU(),
            layers.Dense(8, activation="relu", name="second"),
            layers.Dense(3, kernel_regularizer=how, name="output"),
        ]
    )
    model.build((None, 13))
    loss = tf.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(tf.optimizers.SGD(rate), loss, metrics=["accuracy"])
    return model


def trained(program: Program, network: str) -> tuple[list[Any], dict[str, Any]]:
    """Train a network, or its float twin; return its epochs, and its weights by layer."""
    from snnc.data import prepare
    from snnc.networks.build import training_network
    from snnc.training import baseline
    from snnc.training.train import train

    items = prepare.load(program)
    epochs: list[Any] = []
    given = (program, items.x_train, items.y_train, lambda state: epochs.append(state.epochs[-1]))
    if network == "twin":
        layers = baseline.train_baseline(*given).layers
        return epochs, {layer.name: layer.get_weights() for layer in layers}
    return epochs, dict(train(training_network(program.network), *given))


def same(program: Program, model: Any, network: str, **how: Any) -> dict[str, list[float]]:
    """Train a program, and the model in one `fit` from the same weights; compare, and return Keras' history."""
    import tensorflow as tf

    from snnc.data import prepare

    untrained = replace(program, train=program.train.model_copy(update={"epochs": 0}))
    _, start = trained(untrained, network)
    for layer in model.layers:
        layer.set_weights(start.get(layer.name, []))
    items = prepare.load(program)
    seen, held_out = prepare.division(program, len(items.x_train))

    class Batches(tf.keras.utils.Sequence):  # type: ignore[misc]
        """The batches of each epoch, in the order that the epoch's seed says."""

        epoch = 0

        def __len__(self) -> int:
            return len(seen) // BATCH

        def __getitem__(self, index: int) -> Any:
            chance = np.random.RandomState(1000 * program.network.seed + self.epoch + 1)
            order = seen[chance.permutation(len(seen))]
            batch = order[index * BATCH : (index + 1) * BATCH]
            return items.x_train[batch], items.y_train[batch]

        def on_epoch_end(self) -> None:
            self.epoch += 1

    if len(held_out):
        how["validation_data"] = (items.x_train[held_out], items.y_train[held_out])
    history = model.fit(Batches(), epochs=EPOCHS, shuffle=False, verbose=0, **how).history

    epochs, weights = trained(program, network)
    assert [e.loss for e in epochs] == pytest.approx(history["loss"], rel=1e-3)
    assert [e.accuracy for e in epochs] == pytest.approx(history["accuracy"], abs=1e-6)
    if len(held_out):
        losses = [e.validation.loss for e in epochs]
        assert losses == pytest.approx(history["val_loss"], rel=1e-3)
    for layer in model.layers:
        for theirs, ours in zip(layer.get_weights(), weights.get(layer.name, []), strict=True):
            assert ours == pytest.approx(theirs, rel=1e-3, abs=1e-4)
    return dict(history)


BOTH = pytest.mark.parametrize("network", ["network", "twin"])


@BOTH
@pytest.mark.parametrize("costs", [{}, COSTS], ids="-".join)
def test_weights_cost_what_they_cost_in_keras(costs: dict[str, float], network: str) -> None:
    model = by_hand(costs)
    same(spec(costs, validation_fraction=0.2), model, network)
    assert (float(sum(model.losses)) > 0.05) == bool(costs)


@BOTH
def test_a_normalisation_follows_its_own_momentum(network: str) -> None:
    same(spec({}, NORMALISED, validation_fraction=0.2), by_hand({}, NORMALISED), network)


@BOTH
@pytest.mark.parametrize("validation", [{}, {"validation_fraction": 0.3}], ids=["all", "most"])
def test_classes_count_as_scikit_learn_balances_them(
    validation: dict[str, float], network: str
) -> None:
    from sklearn.utils.class_weight import compute_class_weight

    from snnc.data import prepare

    balanced = spec({}, class_weight="balanced", **validation)
    items = prepare.load(balanced)
    y = items.y_train[prepare.division(balanced, len(items.y_train))[0]]
    weights = compute_class_weight("balanced", classes=np.unique(y), y=y)
    assert max(weights) > 1.3 * min(weights)
    same(balanced, by_hand({}), network, class_weight=dict(enumerate(weights)))


def test_a_class_that_is_not_there_has_no_weight() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    from snnc.training.class_weights import class_weights

    y = np.array([0, 2, 2, 2, 4, 4])
    wanted = compute_class_weight("balanced", classes=np.array([0, 2, 4]), y=y)
    found = class_weights(program(train={"class_weight": "balanced"}), y)
    assert found is not None
    assert found[[0, 2, 4]] == pytest.approx(wanted)


@BOTH
@pytest.mark.parametrize("monitor", [None, "accuracy"])
def test_the_learning_rate_falls_where_keras_lowers_it(monitor: str | None, network: str) -> None:
    """Keras' callback in its own `fit`, which says the learning rate of each epoch."""
    import tensorflow as tf

    told = {"monitor": monitor} if monitor else {}
    lowered = spec(
        {}, rate={"kind": "reduce_on_plateau", **LOWERED, **told}, validation_fraction=0.2
    )
    settings = {key: value for key, value in LOWERED.items() if key != "initial_learning_rate"}
    callback = tf.keras.callbacks.ReduceLROnPlateau(monitor=monitor or "val_loss", **settings)
    history = same(lowered, by_hand({}, rate=0.2), network, callbacks=[callback])
    assert history["lr"][0] == pytest.approx(0.2)
    assert history["lr"][-1] == pytest.approx(0.01)
    assert len(set(history["lr"])) == 4


def test_all_at_once_and_bands() -> None:
    """The losses of rates stay apart from what weights cost, which `loss` has as in Keras."""
    import tensorflow as tf

    from snnc.data import prepare

    program = spec(COSTS, rate=1e-12, epochs=1, class_weight="balanced", firing_rates={"max": 20})
    (epoch,), weights = trained(program, "network")
    model = by_hand(COSTS)
    for layer in model.layers:
        layer.set_weights(weights.get(layer.name, []))
    items = prepare.load(program)
    chance = np.random.RandomState(1000 * program.network.seed + 1)
    shown = chance.permutation(len(items.x_train))[: len(items.x_train) // BATCH * BATCH]
    x, y = items.x_train[shown], items.y_train[shown]
    of_class = len(items.y_train) / 3 / np.bincount(items.y_train)
    loss = tf.losses.sparse_categorical_crossentropy(y, model(x), from_logits=True).numpy()
    cost = float(sum(model.losses))
    assert cost > 0.1
    assert epoch.loss == pytest.approx(np.mean(of_class[y] * loss) + cost, rel=1e-4)
    rates = [100 * layer.numpy() for layer in _outputs(model, x)]
    outside = [np.mean((np.maximum(r - 20, 0) / 100) ** 2) for r in rates]
    assert epoch.rate_loss == pytest.approx(sum(outside), rel=1e-3)


def _outputs(model: Any, x: Any) -> list[Any]:
    """Return what the two layers of rectifiers put out."""
    first, relu, second, _ = model.layers
    return [relu(first(x)), second(relu(first(x)))]
