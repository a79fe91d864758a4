"""What a program takes of the chip's cores is what NengoLoihi's builder says, block by block, and `check` refuses what it refuses.

`SNNC_CHIPS=500 pytest tests/test_cores.py` is the long run.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np
import pytest
import tomli

from snnc.checks.cores import cores_suffice
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.loihi.cores import BlockUse, chip
from snnc.loihi.cutting import cut
from snnc.loihi.limits import CORES
from snnc.loihi.memory import INDEX_BITS, index_bits, table_bits
from snnc.operators.conv2d import Conv2D
from snnc.operators.linear import Operator
from snnc.program.program import Program
from tests import pixels
from tests.conftest import CASES, LIGHT_SPECS, ROOT, program_of

CHIPS = int(os.environ.get("SNNC_CHIPS", "30"))
PAGE = (ROOT / "docs/cores.md").read_text(encoding="utf-8")

Tables = dict[str, Any]


def spec(shape: list[int], *layers: Tables) -> Tables:
    """Return a spec; layers are dense ones, or convolutions if they have a kernel, or else say what they are."""
    return {
        "network": {"name": "spread"},
        "data": {"kind": "openml", "data_id": 1, "scale": "unit"},
        "input": {"shape": shape},
        "layers": [
            {"kind": "conv2d" if "kernel_size" in layer else "dense", **layer} for layer in layers
        ],
        "output": {"classes": 10},
    }


def lowered(tables: Tables) -> Program:
    """Return the program of a spec, whatever the rules say of it."""
    from snnc.program.lower import lower
    from snnc.spec.validate import validate

    document = Document(Path("spread.toml"), "", tables)
    return lower(validate(document), document)


def counted(program: Program) -> list[BlockUse]:
    """Return the blocks of a program as snnc counts them."""
    spread = chip(program.network)
    assert spread is not None
    uses = spread.blocks()
    return [block for population in spread.populations for block in uses[population.name]]


def as_cut(program: Program) -> Program:
    """Return a program whose open layers are cut, as `check` sees it."""
    return replace(program, network=cut(program.network))


def errors(program: Program) -> list[Diagnostic]:
    """Return what the rules about cores refuse, however open layers are cut."""
    found = cores_suffice(as_cut(program))
    return [diagnostic for diagnostic in found if diagnostic.severity == "error"]


def modelled(program: Program) -> Any:
    """Return what NengoLoihi builds of a program with random weights."""
    from nengo_loihi.builder import Model

    from snnc.networks.build import deployed_network
    from tests.test_faults import deployed

    net = deployed_network(
        deployed(program, 0).network, np.zeros(program.network.input_size), loihi=True
    )
    model = Model(dt=program.network.dt)
    model.build(net)
    return model


def built(program: Program) -> tuple[list[dict[str, int]], str]:
    """Return what NengoLoihi says that each block takes, and why it refuses the network, if it does."""
    import nengo
    import nengo_loihi.builder.network as builder

    taken: list[dict[str, int]] = []

    def validate(model: Any) -> None:
        for block in model.blocks:
            taken.append({key: amount for key, (amount, _) in block.utilization().items()})
        judge(model)

    judge = builder.validate_model
    builder.validate_model = validate
    try:
        modelled(program)
    # Of neurons that don't come in fours NengoLoihi 1.1 complains with a mistake of its own.
    except (nengo.exceptions.BuildError, AssertionError, AttributeError) as error:
        return taken, f"{type(error).__name__}: {error}"
    finally:
        builder.validate_model = judge
    return taken, ""


def assert_counted(program: Program) -> str:
    """Compare both, and return why NengoLoihi refuses the network, if it does. Open layers are split by NengoLoihi."""
    blocks, refused = built(program)
    ours = counted(program)
    assert [(b.neurons, b.axons_in, b.axons_out) for b in ours] == [
        (b["compartments"], b["in-axons"], b["out-axons"]) for b in blocks
    ]
    for block, theirs in zip(ours, blocks, strict=True):
        assert block.bits <= theirs["synapses"] <= block.most_bits
    if any(block.refused for block in ours):
        assert refused
    if all(block.fits for block in ours):
        assert not refused
    return refused


@pytest.mark.parametrize("last", [{"filters": 2, "kernel_size": 2}, {"units": 10}])
def test_axons_behind_an_unknown_operator_are_not_guessed(last: Tables) -> None:
    """It may lead values anywhere, and so may a kind of convolution that nobody has counted."""
    program = lowered(spec([4, 4, 1], {"filters": 3, "kernel_size": 1}, last))
    *others, connection, output = program.network.connections
    for operator in (Reversed("reversed"), Dilated("dilated", (2, 2), (1, 1), "same", 3, False)):
        unknown = replace(connection, operators=(operator, *connection.operators))
        assert chip(program.network) is not None
        assert chip(replace(program.network, connections=(*others, unknown, output))) is None


class Reversed(Operator):
    kind = "reversed"
    on_images = True


class Dilated(Conv2D):
    kind = "dilated"
    receptive_field = None


# The worked example of docs/cores.md


def test_the_page_counts_as_the_package_does() -> None:
    program = worked_example()
    assert page_rows("block") == [
        (name, *map(str, (b.neurons, b.axons_in, b.axons_out, b.bits)))
        for (name, *_), b in zip(page_rows("block"), counted(program), strict=True)
    ]
    spread = chip(program.network)
    assert spread is not None
    edges = program.network.population("edges")
    axons = spread.axons[program.network.into("edges")[0]]
    reached = pixels.targets(axons, next(iter(spread.split(edges).blocks())))
    bases = {pixel: pixels.base(own) for pixel, own in reached.items()}
    based = {
        pixel: tuple(target._replace(number=target.number - bases[pixel]) for target in own)
        for pixel, own in reached.items()
    }
    tables = list(dict.fromkeys(based.values()))
    width = index_bits(max(own[-1].number for own in tables))
    assert page_rows("pixel") == axon_rows(
        (
            pixel,
            bases[pixel],
            [target.number for target in own],
            tables.index(own),
            table_bits(len(own), width),
        )
        for pixel, own in based.items()
    )


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_the_page_counts_as_nengo_loihi_does() -> None:
    program = worked_example()
    assert not assert_counted(program)
    encoded, upper, *_ = modelled(program).blocks
    (synapse,) = upper.synapses
    (axon,) = (axon for axon in encoded.axons if axon.target is synapse)
    assert page_rows("pixel") == axon_rows(
        (
            list(axon.compartment_map).index(i),
            base,
            synapse.indices[table][0].tolist(),
            table,
            synapse.synapse_cfg.bits_per_axon(synapse.weights[table].size),
        )
        for i, (base, table) in enumerate(
            zip(synapse.axon_compartment_bases, synapse.axon_to_weight_map, strict=True)
        )
    )


def worked_example() -> Program:
    """Return the program of the spec on the page."""
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    tables = tomli.loads(text)
    return lowered(spec(tables["input"]["shape"], *tables["layers"]))


def page_rows(first: str) -> list[tuple[str, ...]]:
    """Return the rows of the page's table whose first column has this name."""
    (table,) = re.findall(rf"^\| {first} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [tuple(cell.strip() for cell in row[1:-1].split("|")) for row in table.splitlines()]


def axon_rows(axons: Iterable[tuple[int, int, list[int], int, int]]) -> list[tuple[str, ...]]:
    """Return axons as the page has them: pixel, base, indices, and a letter for each table, with its bits at its first axon."""
    rows: list[tuple[str, ...]] = []
    letters: set[str] = set()
    for pixel, base, indices, table, bits in axons:
        letter = ascii_uppercase[table]
        ends = [i for i in indices if i + 1 not in indices]
        starts = [i for i in indices if i - 1 not in indices]
        ranges = ", ".join(f"{a}-{b}" for a, b in zip(starts, ends, strict=True))
        rows.append((str(pixel), str(base), ranges, letter, "" if letter in letters else str(bits)))
        letters.add(letter)
    return rows


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("choice", range(len(INDEX_BITS)))
def test_tables_take_the_bits_that_nengo_loihi_counts(choice: int) -> None:
    from nengo_loihi.block import SynapseConfig

    config = SynapseConfig(weight_bits=7, idx_bits=choice, fanout_type=1, n_synapses=63)
    for weights in range(1, 200):
        assert table_bits(weights, INDEX_BITS[choice]) == config.bits_per_axon(weights)


# What is published, or was counted by NengoLoihi


def test_cifar10_takes_what_its_notebook_prints() -> None:
    """Of neurons, input axons, output axons and bits, in per cent, as `utilization` printed them."""
    spread = chip(program_of(ROOT / "specs/cifar10.toml").network)
    assert spread is not None
    printed = {
        "conv1": (16, 100, 7.1, 35.6, 8.1),
        "conv2": (36, 38.3, 2.0, 52.6, 87.0),
        "conv3": (22, 42.2, 4.1, 19.3, 59.3),
        "conv4": (11, 84.4, 0.9, 5.3, 44.5),
        "conv5": (3, 84.4, 0.9, 42.2, 44.5),
        "dense1": (2, 4.9, 56.2, 0, 98.4),
    }
    for name, blocks in spread.blocks().items():
        block = max(blocks, key=lambda b: (b.neurons, b.axons_in, b.axons_out, b.bits))
        shares = (
            block.neurons / 1024,
            block.axons_in / 4096,
            block.axons_out / 4096,
            block.bits / 2**20,
        )
        assert (len(blocks), *(round(100 * share, 1) for share in shares)) == printed[name]


#: Dense layers, the first of them on the host: how many blocks of NengoLoihi's take so many neurons, input and output axons and
#: bits; and the blocks of layers that it splits too coarsely, or what to write where no blocks fit.
DENSE = {
    "two layers of blocks": (
        (784, 256, 128, 10),
        {(128, 784, 128, 903168): 2, (128, 256, 128, 294912): 1, (10, 128, 0, 16384): 1},
        {},
    ),
    "the default cut is too coarse": (
        (3500, 100),
        {(34, 3500, 0, 1120000): 2, (32, 3500, 0, 1120000): 1},
        {"dense2": (25,)},
    ),
    "the default cut is too coarse by a little": (
        (784, 1500, 700, 100),
        {
            (137, 784, 1233, 1003520): 10,
            (130, 784, 1170, 953344): 1,
            (78, 1500, 78, 1056000): 8,
            (76, 1500, 76, 1056000): 1,
            (100, 700, 0, 627200): 1,
        },
        {"dense3": (70,)},
    ),
    "no cut helps": (
        (4500, 10),
        {(5, 4500, 0, 288000): 2},
        {"dense2": "write units = 4096 or less for 'dense1'"},
    ),
    "outputs to many blocks": (
        (16, 1024, 1000),
        {(1024, 16, 9216, 147456): 1, (112, 1024, 0, 1048576): 8, (104, 1024, 0, 983040): 1},
        {"dense2": (342,)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DENSE)
def test_dense_layers(name: str) -> None:
    units, blocks, better = DENSE[name]
    program = lowered(spec([16], *({"units": number} for number in units)))
    assert Counter((b.neurons, b.axons_in, b.axons_out, b.bits) for b in counted(program)) == blocks
    chosen = {p.name: p.block_shape for p in as_cut(program).network.populations if p.block_shape}
    hints = {f"dense{d.at[1] + 1}": d.hint for d in errors(program)}  # type: ignore[operator]
    assert {**chosen, **hints} == better


def test_a_cut_that_makes_room_needed_before_it() -> None:
    """Five blocks instead of four read what is before them: its axons don't fit then, and the hint says so."""
    layers = [{"units": 16}, {"units": 1024}, {"units": 480, "block_shape": [120]}]
    program = lowered(spec([16], *layers))
    (error,) = errors(program)
    assert (error.at, error.hint) == (("layers", 2, "block_shape"), 'write "auto"')
    layers[1]["block_shape"] = [1024]
    (error,) = errors(lowered(spec([16], *layers)))
    assert error.hint == 'write "auto", and block_shape = "auto" for \'dense2\''
    free = as_cut(lowered(spec([16], *({"units": n} for n in (16, 1024, 480)))))
    assert [p.block_shape for p in free.network.populations] == [None, (512,), None]


def test_blocks_that_are_cut_too_finely_take_the_axons_of_those_before() -> None:
    """The advice is about them, not about the layer whose axons they take; so it is where there are too many of them."""
    fine = {"units": 300, "block_shape": [1]}
    before = {"units": 64, "block_shape": [64]}
    (error,) = errors(lowered(spec([16], {"units": 16}, before, fine)))
    assert error.at == ("layers", 1, "block_shape")
    assert error.hint == 'write "auto", and block_shape = "auto" for \'dense3\''
    finest = {"units": 5000, "block_shape": [1]}
    (error,) = errors(lowered(spec([16], {"units": 16}, {"units": 64}, finest)))
    assert error.at == ("layers", 2, "block_shape")
    assert error.message.endswith("; they lead into 5000 blocks of 'dense3'")
    assert error.hint == 'write "auto"'
    (warning,) = cores_suffice(lowered(spec([16], {"units": 16}, {"units": 10}, fine)))
    assert (warning.code, warning.at) == ("many-cores", ("layers", 2, "block_shape"))
    assert warning.hint == "write \"auto\": 'dense3' then takes 1 instead of 300"


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("name", DENSE)
def test_dense_layers_are_those_that_nengo_loihi_builds(name: str) -> None:
    units, _, better = DENSE[name]
    program = lowered(spec([16], *({"units": number} for number in units)))
    assert bool(assert_counted(program)) == bool(better)
    assert bool(assert_counted(as_cut(program))) == bool(errors(program))


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("path", [*LIGHT_SPECS, *CASES], ids=lambda path: path.stem)
def test_the_projects_own_specs_fit(path: Path) -> None:
    program = program_of(path)
    if program.on_loihi:
        assert not assert_counted(program)


@pytest.mark.parametrize(
    ("image", "each", "all_channels"),
    [((25, 5, 64), 8, 10), ((16, 16, 32), 8, 8), ((12, 12, 16), 3, 3), ((8, 8, 128), 8, 22)],
)
def test_kernels_of_single_channels_take_no_more_cores_than_those_of_all(
    image: tuple[int, int, int], each: int, all_channels: int
) -> None:
    """A kernel that is zero between channels would take as many as one that isn't."""
    height, width, channels = image
    eye: Tables = {"filters": channels, "kernel_size": 1}
    window: Tables = {"kernel_size": 3, "padding": "same"}
    layers = ({"kind": "depthwise_conv2d", **window}, {"filters": channels, **window})
    for layer, cores in zip(layers, (each, all_channels), strict=True):
        spread = chip(as_cut(lowered(spec([height, width, 1], eye, layer))).network)
        assert spread is not None
        assert sum(spread.cores().values()) == cores


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("channels", [512, 513])
def test_axons_of_sixteen_bits_tell_512_channels_apart(channels: int) -> None:
    encoder = {"filters": channels, "kernel_size": 1}
    program = lowered(spec([2, 2, 1], encoder, {"filters": 4, "kernel_size": 2, "pop_type": 16}))
    _, refused = built(program)
    assert bool(refused) == ("Too many atom bits" in refused) == (channels > 512)
    assert [d.code for d in errors(program)] == ["pop-type"] * (channels > 512)


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("units", [256, 257])
def test_nengo_loihi_asks_for_two_chips(units: int) -> None:
    """Of 128 cores each: `many-cores` warns of the first network that needs more."""
    from inspect import signature

    from nengo_loihi.hardware.allocators import GreedyInterchip
    from nengo_loihi.hardware.interface import HardwareInterface

    program = lowered(spec([16], {"units": 2}, {"units": units, "block_shape": [1]}))
    chips = signature(HardwareInterface.__init__).parameters["n_chips"].default
    codes = [diagnostic.code for diagnostic in cores_suffice(program)]
    if units <= CORES:
        assert not codes
        assert GreedyInterchip()(modelled(program), n_chips=chips).n_chips == 2
    else:
        assert codes == ["many-cores"]
        with pytest.raises(AssertionError, match="more chips than requested"):
            GreedyInterchip()(modelled(program), n_chips=chips)


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_networks_beyond_two_chips_are_counted() -> None:
    """Above 262,144 neurons, which all cores have that NengoLoihi asks for."""
    layers = [{"filters": 1, "kernel_size": 1}, {"filters": 28, "kernel_size": 3}]
    program = lowered(spec([100, 100, 1], *layers))
    assert sum(p.size for p in program.network.populations_on_chip) > 2**18
    assert_counted(program)


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("seed", range(CHIPS))
def test_blocks_are_those_that_nengo_loihi_builds(seed: int) -> None:
    """Hints are followed, too, until nothing is refused: NengoLoihi then builds it."""
    tables = random_spec(random.Random(seed))
    program = lowered(tables)
    assert_counted(program)
    if not errors(program):
        assert_counted(as_cut(program))
    for _ in range(4):
        for diagnostic in errors(lowered(tables)):
            if diagnostic.hint.startswith("let it read fewer"):
                return  # which of several sources is for a person to say
            tables = followed(tables, diagnostic)
    assert not errors(lowered(tables))
    if errors(program):
        assert not assert_counted(as_cut(lowered(tables)))


def followed(tables: Tables, diagnostic: Diagnostic) -> Tables:
    """Return a spec in which someone did as they were told."""
    tables = json.loads(json.dumps(tables))
    layers = dict(zip(layer_names(tables), tables["layers"], strict=True))
    layer, hint = tables["layers"][diagnostic.at[1]], diagnostic.hint
    if hint.endswith("leave pop_type out") or hint == "leave it out":
        del layer["pop_type"]
    elif hint == "write on_chip = false":
        layer["on_chip"] = False
    elif narrower := re.match(r"write (units|filters) = (\d+) or less for '(\w+)'", hint):
        layers[narrower[3]][narrower[1]] = int(narrower[2])
        layers[narrower[3]].pop("block_shape", None)
    else:
        assert hint.startswith('write "auto"')
        layer["block_shape"] = "auto"
        for name in re.findall(r'block_shape = "auto" for \'(\w+)\'', hint):
            layers[name]["block_shape"] = "auto"
    return tables


def layer_names(tables: Tables) -> list[str]:
    seen: Counter[str] = Counter()
    return [
        f"{kind}{seen[kind]}"
        for layer in tables["layers"]
        if not seen.update([kind := layer["kind"]])
    ]


def random_spec(chance: random.Random) -> Tables:
    """Return a spec whose layers may be too large for a core in one way or another."""
    if chance.random() < 0.4:
        return dense_spec(chance)
    draw = chance.choice([image_spec, image_spec, series_spec, branched_spec])
    while True:
        tables = draw(chance)
        with suppress(CompileError):  # windows that are larger than their images
            lowered(tables)
            return tables


def dense_spec(chance: random.Random) -> Tables:
    layers: list[Tables] = [{"units": chance.choice([30, 300, 1000, 1500, 2000])}]
    for _ in range(chance.randint(1, 3)):
        units = chance.choice([10, 100, 300, 700, 1100])
        layer: Tables = {"units": units}
        if chance.random() < 0.3:
            layer["block_shape"] = [chance.randint(units // 20 + 1, min(units + 9, 1024))]
        if len(layers) > 1 and chance.random() < 0.3:
            layer["from"] = ["dense1", f"dense{len(layers)}"]
        layers.append(layer)
    if chance.random() < 0.2:
        layers[0]["on_chip"] = True
    return spec([chance.choice([16, 300, 2500])], *layers)


def image_spec(chance: random.Random) -> Tables:
    side, pooled = chance.choice([6, 9, 14, 22]), chance.random() < 0.3
    layers: list[Tables] = [{"filters": chance.choice([1, 3, 8]), "kernel_size": 1}]
    for _ in range(chance.randint(1, 2)):
        if pooled:
            layers.append(pooling(chance))
        layers.append(convolution(chance, most=24 if side > 9 else 96))
    if chance.random() < 0.6:
        layers += [pooling(chance)] if pooled else []
        layers.append({"units": chance.choice([10, 100, 400])})
    return spec([side, side + chance.randint(0, 3), 1], *layers)


def series_spec(chance: random.Random) -> Tables:
    """Return a spec of layers along a series, with pooling before them or not."""
    length, pooled = chance.choice([9, 40, 150, 700]), chance.random() < 0.3
    layers: list[Tables] = [
        {"kind": "conv1d", "filters": chance.choice([1, 3, 8]), "kernel_size": 1}
    ]
    for _ in range(chance.randint(1, 2)):
        if pooled:
            pool = {"pool_size": chance.randint(1, 3), "strides": chance.randint(1, 2)}
            padding = chance.choice(["same", "valid"])
            layers.append({"kind": "avg_pool1d", **pool, "padding": padding})
        layer: Tables = {
            "kind": "conv1d",
            "filters": chance.choice([1, 4, 12, 64]),
            "kernel_size": chance.randint(1, 5),
            "strides": chance.randint(1, 3),
            "padding": chance.choice(["same", "valid"]),
        }
        if chance.random() < 0.4:
            layer["block_shape"] = [chance.randint(2, 60), chance.randint(1, 16)]
        if chance.random() < 0.3:
            layer["pop_type"] = 16
        layers.append(layer)
    if chance.random() < 0.6:
        layers.append({"units": chance.choice([10, 100, 400])})
    return spec([length, chance.randint(1, 3)], *layers)


def branched_spec(chance: random.Random) -> Tables:
    """Return a spec with sums of layers as they are, concatenations, or convolutions channel by channel."""
    side, filters = chance.choice([5, 8, 13]), chance.choice([2, 4, 12, 30])
    kernel: Tables = {"kernel_size": 3, "padding": "same"}
    layers: list[Tables] = [
        {"name": "eye", "filters": chance.choice([1, 4, filters]), "kernel_size": 1},
        {"name": "a", "filters": filters, **kernel},
        {"name": "b", "filters": chance.choice([1, 3, filters]), **kernel, "from": ["eye"]},
    ]
    last: Tables = {"name": "last"}
    match chance.choice(["depthwise", "add", "pooled", "concatenate", "both"]):
        case "depthwise":
            last |= {**depthwise(chance), "from": ["a"]}
        case "add":
            shortcut = {"name": "c", "filters": filters, "kernel_size": 1, "neurons": "none"}
            layers.append({**shortcut, "from": ["b"]})
            last |= {"kind": "add", "from": ["c", "a"]}
        case "pooled":
            layers += [{"name": "c", **pooling(chance), "from": ["a"]}]
            last |= {**depthwise(chance), "padding": "same", "from": ["c"]}
        case "concatenate":
            layers.append({"kind": "concatenate", "name": "c", "from": ["b", "a"]})
            last |= {"kind": "add"} if chance.random() < 0.5 else convolution(chance, 24)
            last.pop("block_shape", None)
        case "both":
            layers.append({"kind": "concatenate", "name": "c", "from": ["b", "a"]})
            last |= depthwise(chance)
    layers.append(last)
    for layer in layers[1:]:
        cut = layer.get("kind") not in ("concatenate", "avg_pool2d") and "neurons" not in layer
        if cut and chance.random() < 0.4:
            shape = [chance.randint(2, 9), chance.randint(2, 9), chance.randint(1, 9)]
            layer["block_shape"] = shape
    if chance.random() < 0.5:
        layers.append({"units": chance.choice([10, 100])})
    return spec([side, side + chance.randint(0, 3), 1], *layers)


def depthwise(chance: random.Random) -> Tables:
    return {
        "kind": "depthwise_conv2d",
        "kernel_size": [chance.randint(1, 3), chance.randint(1, 3)],
        "strides": chance.randint(1, 2),
        "padding": chance.choice(["same", "valid"]),
        "depth_multiplier": chance.choice([1, 1, 2, 3]),
    }


def pooling(chance: random.Random) -> Tables:
    return {
        "kind": "avg_pool2d",
        "pool_size": chance.randint(1, 3),
        "strides": chance.randint(1, 2),
        "padding": "same" if chance.random() < 0.6 else "valid",
    }


def convolution(chance: random.Random, most: int) -> Tables:
    layer: Tables = {
        "filters": chance.choice([1, 4, 6, 12, most, most]),
        "kernel_size": [chance.randint(1, 3), chance.randint(1, 3)],
        "strides": [chance.randint(1, 2), chance.randint(1, 3)],
        "padding": chance.choice(["same", "same", "valid"]),
    }
    if chance.random() < 0.5:
        layer["block_shape"] = [chance.randint(2, 12), chance.randint(2, 12), chance.randint(1, 7)]
    if chance.random() < 0.4:
        layer["pop_type"] = 16
    return layer
