"""NIR graphs: what is exported is the network, for our reader, for the package nir and for SpikingJelly; others' files are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.diagnostics.errors import Refusal
from snnc.environment.libraries import WITHOUT_TENSORFLOW, loaded
from snnc.importing import formats, nir_file
from snnc.importing.nir_file import NirGraph, NirNode
from snnc.importing.nir_graph import read_nir
from snnc.importing.operations import Unsupported
from snnc.operators.transforms import Transform
from snnc.program.network import GainBias, Network
from snnc.program.program import Program
from tests.conftest import ROOT, program_of

pytest.importorskip("h5py", reason="the extra 'import' brings h5py")

RNG = np.random.default_rng(0)
DT = 0.001
SPECS = {
    "dense": ROOT / "specs/jets.toml",
    "images": ROOT / "specs/mnist_loihi.toml",
    "sums": ROOT / "specs/mnist_parallel.toml",
}


def deployed(program: Program) -> Network:
    """Return a network with random weights, gains and biases, as `deploy` leaves it."""
    from dataclasses import replace

    network = program.network
    connections = []
    for connection in network.connections:
        form = network.form(connection)
        arrays = {}
        for name, expected in form.arrays.items():
            assert expected.below is None, "places of weights aren't random"
            shape = tuple(n or 1 for n in expected.shape)
            fan_in = np.prod(shape[:-1]) if form.kind == "convolution" else shape[-1]
            arrays[name] = RNG.normal(size=shape) / np.sqrt(fan_in)
        connections.append(replace(connection, transform=Transform(form, arrays)))
    populations = []
    for population in network.populations:
        a_channel = 50 * RNG.normal(size=population.shape[-1])
        leaky = population.neurons.leaky
        gain = 2.0 if leaky else 200.0
        bias = np.resize(1 + a_channel / 100 if leaky else a_channel, population.size)
        tuning = GainBias(np.full(population.size, gain), bias)
        populations.append(replace(population, tuning=tuning))
    output = replace(network.output, bias=RNG.normal(size=network.output.classes))
    return replace(
        network, connections=tuple(connections), populations=tuple(populations), output=output
    )


@pytest.fixture(params=SPECS)
def network(request: Any) -> Any:
    with loaded(WITHOUT_TENSORFLOW):
        yield deployed(program_of(SPECS[request.param]))


def exported(network: Network, folder: Path, dt: float = DT) -> Path:
    from snnc.exporting.nir import nir_graph

    path = folder / "network.nir"
    nir_file.write(path, nir_graph(network, dt))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("dt", [0.001, 0.0005])
def test_a_file_is_the_network(network: Network, tmp_path: Path, dt: float) -> None:
    """Rates are Nengo's own, and spikes those of NIR's equations between the network's own weights."""
    from snnc.exporting.comparing import compare

    compared = compare(exported(network, tmp_path, dt), network, dt)
    assert compared.other == 0
    leaky = any(population.neurons.leaky for population in network.populations)
    assert (compared.logits is None) == leaky
    assert compared.logits is None or compared.logits < 1e-12


@pytest.mark.slow
def test_a_wrong_weight_is_found(network: Network, tmp_path: Path) -> None:
    import h5py

    from snnc.exporting.comparing import compare

    path = exported(network, tmp_path)
    with h5py.File(path, "a") as file:
        nodes = file["node/nodes"]
        name = next(key for key in nodes if key.endswith(".weights"))
        nodes[name]["weight"][...] *= 1.01
    with pytest.raises(Refusal, match="isn't the network"):
        compare(path, network, DT)


def test_the_package_reads_the_same(network: Network, tmp_path: Path) -> None:
    nir = pytest.importorskip("nir", reason="the package nir isn't installed")
    path = exported(network, tmp_path)
    theirs, ours = nir.read(path), nir_file.read(path)
    assert set(theirs.nodes) == set(ours.nodes)
    assert sorted(theirs.edges) == sorted(ours.edges)
    for name, node in ours.nodes.items():
        assert type(theirs.nodes[name]).__name__ == node.kind
        for field in ("weight", "bias", "r", "v_threshold", "padding", "stride"):
            if field in node.fields:
                np.testing.assert_array_equal(
                    getattr(theirs.nodes[name], field), node.fields[field]
                )


def test_what_the_package_writes_is_read(tmp_path: Path) -> None:
    nir = pytest.importorskip("nir", reason="the package nir isn't installed")
    weight, bias = RNG.normal(size=(4, 2, 3, 3)), RNG.normal(size=4)
    ones = np.ones((4, 4, 4))
    graph = nir.NIRGraph.from_list(
        nir.Input(input_type={"input": np.array([2, 8, 8])}),
        nir.Conv2d((8, 8), weight, 1, 1, 1, 1, bias),
        nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        nir.IF(r=ones, v_threshold=ones * 2),
        nir.Flatten({"input": np.array([4, 4, 4])}, 0, -1),
        nir.Linear(RNG.normal(size=(3, 64))),
    )
    nir.write(tmp_path / "theirs.nir", graph)
    read = formats.read(tmp_path / "theirs.nir")
    assert read.channels_first
    assert [node.kind for node in read.nodes] == ["Input", "Conv2d", "AvgPool2d", "IF", "IF", "Flatten", "Linear", "Output"]  # fmt: skip
    assert read.output.shape == (3,)


@pytest.mark.slow
def test_spikingjelly_spikes_alike(network: Network, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch isn't installed")
    exchange = pytest.importorskip(
        "spikingjelly.activation_based.nir_exchange",
        reason="spikingjelly, or nirtorch, isn't installed",
        exc_type=ImportError,
    )
    nir = pytest.importorskip("nir", reason="the package nir isn't installed")
    from snnc.exporting.equations import simulate
    from snnc.exporting.nir import channels_first

    path = exported(network, tmp_path)
    theirs = exchange.import_from_nir(nir.read(path), dt=DT).double()
    items = RNG.normal(size=(8, *channels_first(network.input_shape)))
    total, state = 0.0, None
    with torch.no_grad():
        for _ in range(100):
            out, state = theirs(torch.from_numpy(items), state)
            total = total + out.numpy() / 100
    ours = simulate(nir_file.read(path), items, 100, DT).output
    np.testing.assert_allclose(total, ours, atol=1e-5 * np.abs(ours).max())


@pytest.mark.slow
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], libraries: Any) -> None:
    """A small network is trained, exported, and read again; what can't be written is said in words."""
    spec = ROOT / "specs/digits.toml"
    assert main(["train", str(spec), "-o", str(tmp_path), "--epochs", "1"]) == 0
    file = tmp_path / "digits.nir"
    assert main(["export", str(spec), "-o", str(tmp_path), "--nir", str(file)]) == 0
    said = capsys.readouterr().out
    assert "NIR can't say:" in said
    assert "0 of" in said
    assert formats.read(file).output.shape == (10,)
    assert (
        main(["export", str(spec), "-o", str(tmp_path), "--nir", str(tmp_path / "no/x.nir")]) == 2
    )
    assert main(["export", str(spec), "-o", str(tmp_path / "none"), "--nir", str(file)]) == 1


def test_what_a_spec_has_no_words_for(tmp_path: Path) -> None:
    ones = np.ones(3)
    nodes = {
        "input": NirNode("Input", {"shape": np.array([3])}),
        "leaky": NirNode("LIF", {"tau": ones, "r": ones, "v_leak": ones, "v_threshold": ones}),
        "memory": NirNode("CubaLI", {"tau_mem": ones}),
        "output": NirNode("Output", {"shape": np.array([3])}),
    }
    edges = (("input", "leaky"), ("leaky", "memory"), ("memory", "output"))
    nir_file.write(tmp_path / "x.nir", NirGraph(nodes, edges))
    refused = {
        n.name for n in read_nir(tmp_path / "x.nir").nodes if isinstance(n.operation, Unsupported)
    }
    assert refused == {"leaky", "memory"}


def test_damaged_graphs(tmp_path: Path) -> None:
    path = tmp_path / "x.nir"
    ends = {
        "input": NirNode("Input", {"shape": np.array([3])}),
        "output": NirNode("Output", {"shape": np.array([3])}),
    }
    for nodes, edges, words in (
        (ends, (("input", "nowhere"),), "not both of which"),
        (ends, (("input", "output"), ("output", "input")), "circle"),
        (ends, (), "reads nothing"),
        ({"input": ends["input"]}, (), "one Output"),
        ({**ends, "a": NirNode("Affine", {"weight": np.ones((2, 5)), "bias": np.ones(2)})}, (("input", "a"), ("a", "output")), "can't be read"),
        ({**ends, "a": NirNode("Affine", {"weight": np.full((2, 3), np.nan), "bias": np.ones(2)})}, (("input", "a"), ("a", "output")), "finite"),
    ):  # fmt: skip
        nir_file.write(path, NirGraph(nodes, edges))
        with pytest.raises(Refusal, match=words):
            read_nir(path)


def test_links_out_of_the_file(tmp_path: Path) -> None:
    import h5py

    path = tmp_path / "x.nir"
    nir_file.write(path, NirGraph({"input": NirNode("Input", {"shape": np.array([3])})}, ()))
    with h5py.File(path, "a") as file:
        file["node/nodes/other"] = h5py.ExternalLink("/etc/passwd", "x")
    with pytest.raises(Refusal, match="Links aren't followed"):
        read_nir(path)
