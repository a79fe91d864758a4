"""A graph is rewritten into one that computes the same, and is lowered to the layers that a person would have written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snnc.diagnostics.errors import Refusal
from snnc.importing import formats, importer
from snnc.importing import operations as ops
from snnc.importing.graph import Graph
from snnc.importing.refusal import NotCarriedOver
from snnc.importing.rewriting import rewritten
from snnc.importing.rules import EXACT, ends
from snnc.importing.sketching import Sketched, sketched
from tests.graphs import Drawn, agree, random_graph

pytestmark = pytest.mark.usefixtures("nengo_loihi")

Drawing = Callable[[Drawn], object]


def drawn(shape: ops.Shape, *steps: Drawing) -> Graph:
    graph = Drawn(shape)
    for step in steps:
        step(graph)
    return graph.graph()


def said(graph: Graph) -> Sketched:
    """Return the sketch of a graph, once it computes the same."""
    found = sketched(graph, "file", averages=False)
    x = np.random.default_rng(1).normal(size=(5, *graph.input.shape))
    assert agree(found.graph, found.logits, x)
    return found


def kinds(graph: Graph) -> list[str]:
    return [layer.kind for layer in said(graph).sketch.layers]


def changes(graph: Graph) -> dict[str, str]:
    return {change.of: change.became for change in said(graph).changes}


#: A dense layer of neurons, and the readout.
END: tuple[Drawing, ...] = (lambda d: d.dense(6), lambda d: d.relu(), lambda d: d.dense(3))


def test_what_is_for_training_alone_goes() -> None:
    graph = drawn((5,), *END[:2], lambda d: d.add("drop", ops.Identity()), *END)
    assert kinds(graph) == ["dense", "dense"]
    assert changes(graph)["drop"] == "nothing"


def test_softmax_and_one_sigmoid_end_in_logits() -> None:
    graph = drawn((5,), *END[:2], *END, lambda d: d.add("softmax", ops.Softmax()))
    assert said(graph).sketch.output.classes == 3
    graph = drawn(
        (5,), *END[:2], *END[:2], lambda d: d.dense(1), lambda d: d.add("sigmoid", ops.Sigmoid())
    )
    found = said(graph)
    x = np.random.default_rng(1).normal(size=(5, 5))
    (zero, logit), probability = found.logits.apply(x).T, graph.apply(x)[:, 0]
    assert found.sketch.output.classes == 2
    assert not zero.any()
    np.testing.assert_allclose(1 / (1 + np.exp(-logit)), probability)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_batch_norm_behind_weights_is_folded(padding: str) -> None:
    graph = drawn(
        (8, 8, 2),
        lambda d: d.conv(4, (3, 3), padding=padding),
        lambda d: d.norm(),
        lambda d: d.relu(),
        *[lambda d: d.add("flat", ops.Flatten())],
        *END,
    )
    assert kinds(graph) == ["conv2d", "dense"]


def test_batch_norm_behind_neurons_is_folded_forward() -> None:
    graph = drawn((5,), *END[:2], lambda d: d.norm(), *END)
    assert kinds(graph) == ["dense", "dense"]
    graph = drawn(
        (8, 8, 2),
        lambda d: d.conv(4, (3, 3)),
        lambda d: d.relu(),
        lambda d: d.norm(),
        lambda d: d.pool((2, 2)),
        lambda d: d.conv(4, (2, 2)),
        lambda d: d.relu(),
        lambda d: d.add("gap", ops.GlobalPool()),
        lambda d: d.dense(3),
    )
    assert kinds(graph) == ["conv2d", "avg_pool2d", "conv2d", "global_avg_pool2d"]


def test_batch_norm_before_zeros_beyond_the_edges_has_weights_of_its_own() -> None:
    graph = drawn(
        (8, 8, 2),
        lambda d: d.conv(4, (3, 3)),
        lambda d: d.relu(),
        lambda d: d.norm(),
        lambda d: d.conv(4, (3, 3), padding="same"),
        lambda d: d.relu(),
        lambda d: d.add("flat", ops.Flatten()),
        lambda d: d.dense(3),
    )
    assert kinds(graph) == ["conv2d", "depthwise_conv2d", "conv2d"]


def test_weights_behind_weights_are_multiplied_where_that_is_smaller() -> None:
    graph = drawn((30,), lambda d: d.dense(20), lambda d: d.dense(4), lambda d: d.relu(), *END)
    assert kinds(graph) == ["dense", "dense"]
    graph = drawn((30,), lambda d: d.dense(2), lambda d: d.dense(40), lambda d: d.relu(), *END)
    layers = said(graph).sketch.layers
    assert [(layer.kind, layer.settings.get("neurons")) for layer in layers] == [
        ("dense", "none"),
        ("dense", None),
        ("dense", None),
    ]


def test_separable_convolutions_stay_two_layers() -> None:
    graph = drawn(
        (9, 9, 3),
        lambda d: d.conv(3, (3, 3), padding="same", groups=3, bias=False),
        lambda d: d.conv(8, (1, 1)),
        lambda d: d.relu(),
        lambda d: d.add("gap", ops.GlobalPool()),
        *END,
    )
    assert kinds(graph) == ["depthwise_conv2d", "conv2d", "global_avg_pool2d", "dense"]


def test_zeros_around_images_go_into_windows() -> None:
    graph = drawn(
        (9, 9, 2),
        lambda d: d.add("pad", ops.Pad(((0, 1), (0, 1)))),
        lambda d: d.conv(4, (3, 3), strides=(2, 2)),
        lambda d: d.relu(),
        lambda d: d.add("flat", ops.Flatten()),
        *END,
    )
    assert kinds(graph) == ["conv2d", "dense"]


@pytest.mark.parametrize("length", [8, 9, 28])
@pytest.mark.parametrize(
    ("window", "stride", "padding"), [(3, 2, 1), (7, 2, 3), (5, 1, 2), (3, 1, 1)]
)
def test_pytorch_pads_on_both_sides_alike(
    length: int, window: int, stride: int, padding: int
) -> None:
    graph = drawn(
        (length, length, 1),
        lambda d: d.conv(2, (window, window), strides=(stride, stride), padding=padding),
        lambda d: d.relu(),
        lambda d: d.add("flat", ops.Flatten()),
        *END,
    )
    (conv, _) = said(graph).sketch.layers
    assert conv.settings["padding"] == "same"


def test_dilated_kernels_get_zeros() -> None:
    graph = drawn(
        (12, 3),
        lambda d: d.conv(4, (3,), dilation=(2,), padding="same"),
        lambda d: d.relu(),
        lambda d: d.add("flat", ops.Flatten()),
        *END,
    )
    (conv, _) = said(graph).sketch.layers
    assert conv.settings["kernel_size"] == 5


def test_groups_of_channels_are_all_channels() -> None:
    graph = drawn(
        (6, 6, 4),
        lambda d: d.conv(6, (3, 3), groups=2),
        lambda d: d.relu(),
        lambda d: d.add("flat", ops.Flatten()),
        *END,
    )
    assert kinds(graph) == ["conv2d", "dense"]


def test_channels_first_are_an_order_of_rows() -> None:
    graph = drawn(
        (6, 6, 4),
        lambda d: d.conv(6, (3, 3)),
        lambda d: d.relu(),
        lambda d: d.add("flat", ops.Flatten(channels_first=True)),
        *END,
    )
    assert kinds(graph) == ["conv2d", "dense"]
    assert changes(graph)["flat"] == "the order of the rows of"


def test_ceilings_and_slopes_are_sums_of_plain_neurons() -> None:
    graph = drawn((8,), lambda d: d.dense(6), lambda d: d.relu(ceiling=6.0), *END)
    assert kinds(graph) == ["dense", "dense", "dense"]
    graph = drawn((8,), lambda d: d.dense(6), lambda d: d.relu(slope=0.1), *END)
    assert kinds(graph) == ["dense", "dense", "dense"]


def test_residual_blocks_are_as_in_keras() -> None:
    d = Drawn((8, 8, 3))
    d.conv(4, (3, 3), padding="same")
    x = d.relu()
    d.conv(6, (3, 3), strides=(2, 2), padding="same")
    d.relu()
    y = d.conv(6, (3, 3), padding="same")
    shortcut = d.conv(6, (1, 1), x, strides=(2, 2), name="shortcut")
    d.add("add", ops.Add(), y, shortcut)
    d.relu()
    d.add("gap", ops.GlobalPool())
    d.dense(3)
    layers = {layer.name: layer for layer in said(d.graph()).sketch.layers}
    assert layers["add"].kind == "add"
    assert layers["add"].sources == ("conv_3", "shortcut")
    assert layers["shortcut"].settings["neurons"] == "none"


def test_branches_are_concatenated() -> None:
    d = Drawn((8, 8, 3))
    d.conv(4, (3, 3), padding="same")
    x = d.relu()
    d.conv(2, (1, 1), x)
    one = d.relu()
    d.conv(3, (3, 3), x, padding="same")
    two = d.relu()
    d.add("cat", ops.Concatenate(), one, two)
    d.conv(4, (1, 1))
    d.relu()
    d.add("gap", ops.GlobalPool())
    d.dense(3)
    assert kinds(d.graph()) == ["conv2d"] * 3 + ["concatenate", "conv2d", "global_avg_pool2d"]


def test_a_convolution_behind_the_mean_is_the_readout() -> None:
    graph = drawn(
        (8, 8, 3),
        lambda d: d.conv(4, (3, 3)),
        lambda d: d.relu(),
        lambda d: d.conv(5, (3, 3)),
        lambda d: d.relu(),
        lambda d: d.conv(3, (1, 1)),
        lambda d: d.add("gap", ops.GlobalPool()),
        lambda d: d.add("softmax", ops.Softmax()),
    )
    assert kinds(graph) == ["conv2d", "conv2d", "global_avg_pool2d"]
    assert said(graph).sketch.output.classes == 3


def test_an_encoder_is_put_where_the_chip_would_be_empty() -> None:
    graph = drawn((5,), *END)
    assert kinds(graph) == ["encoder", "dense"]
    layers = said(drawn((5,), lambda d: d.dense(3))).sketch.layers
    assert [layer.has_neurons for layer in layers] == [True, False, True]


def test_all_that_cannot_be_said_is_told_at_once() -> None:
    graph = drawn(
        (8, 8, 3),
        lambda d: d.conv(4, (3, 3)),
        lambda d: d.add("gate", ops.Sigmoid()),
        lambda d: d.pool((2, 2), largest=True),
        lambda d: d.add("odd", ops.Unsupported("it is odd", "leave it out")),
        lambda d: d.add("flat", ops.Flatten()),
        lambda d: d.dense(4),
        lambda d: d.add("labels", ops.Sigmoid()),
    )
    with pytest.raises(NotCarriedOver) as refused:
        sketched(graph, "file", averages=False)
    assert [offence.layer for offence in refused.value.offences] == [
        "gate",
        "pool",
        "odd",
        "labels",
    ]


def test_means_instead_of_largest_values_are_another_network() -> None:
    graph = drawn(
        (8, 8, 3),
        lambda d: d.conv(4, (3, 3)),
        lambda d: d.pool((2, 2), largest=True),
        lambda d: d.relu(),
        lambda d: d.add("flat", ops.Flatten()),
        *END,
    )
    found = sketched(graph, "file", averages=True)
    assert [layer.kind for layer in found.sketch.layers] == ["conv2d", "avg_pool2d", "dense"]
    x = np.random.default_rng(1).normal(size=(5, 8, 8, 3))
    assert agree(found.graph, found.logits, x)
    assert agree(found.file, graph, x)
    assert not agree(found.file, found.logits, x)
    assert found.is_other


@pytest.fixture
def random_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[int], importer.Imported]:
    """Return a function that imports the random graph of a number."""
    file = tmp_path / "model.h5"
    file.write_bytes(b"whatever")

    def imported(number: int) -> importer.Imported:
        monkeypatch.setattr(formats, "read", lambda path, weights: random_graph(number))
        return importer.imported(importer.Asked(file, None, "net", tmp_path))

    return imported


def test_random_graphs_are_rewritten_exactly() -> None:
    rng = np.random.default_rng(0)
    for number in range(150):
        graph = random_graph(number)
        logits, _ = rewritten(graph, ends.RULES)
        exact, _ = rewritten(logits, EXACT)
        assert agree(exact, logits, rng.normal(size=(3, *graph.input.shape))), number


@pytest.mark.slow
def test_random_graphs_are_imported_and_proved(
    random_file: Callable[[int], importer.Imported],
) -> None:
    proved = 0
    for number in range(150):
        try:
            result = random_file(number)
        except Refusal as refusal:
            assert "differ from the file's" not in str(refusal), number
        else:
            proved += 1
            assert result.proof.difference < 1e-9, number
    assert proved > 75


@pytest.mark.parametrize("padding", [1, 3])
def test_padding_that_no_spec_has_is_refused_by_name(padding: int) -> None:
    """A window of 5 with one row of zeros around, or with three: neither as much comes out as with `same` nor as with `valid`."""
    graph = drawn(
        (9, 9, 1),
        lambda d: d.conv(2, (5, 5), padding=padding, name="odd"),
        lambda d: d.relu(),
        lambda d: d.add("flat", ops.Flatten()),
        *END,
    )
    with pytest.raises(NotCarriedOver, match=r"odd \(Conv\): it puts zeros around its input"):
        said(graph)


def test_a_mean_takes_pixels_in_any_shape() -> None:
    """As PyTorch's exporter has the mean of a series, here behind a ceiling, which is two layers."""
    graph = drawn(
        (12, 3),
        lambda d: d.conv(4, (3,)),
        lambda d: d.add("clip", ops.Relu(ceiling=1.0)),
        lambda d: d.add("unsqueeze", ops.Reshape((10, 1, 4))),
        lambda d: d.add("mean", ops.GlobalPool()),
        *END,
    )
    assert set(kinds(graph)) == {"conv1d", "global_avg_pool1d", "dense"}
