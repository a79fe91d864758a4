"""Pixels and blocks that are alike are counted together: one by one there are as many."""

from __future__ import annotations

import os
import random

import pytest

from snnc.checks.cores import cores_suffice
from snnc.loihi.blocks import Block, Box, Boxes, Slice, Slices
from snnc.loihi.cores import chip
from snnc.loihi.limits import CORES, NEURONS
from snnc.loihi.ranges import joined, neighbours, tally
from snnc.loihi.targets import Firsts
from snnc.loihi.windows import axes, within
from snnc.operators.linear import Window, size
from tests import pixels
from tests.test_cores import Tables, as_cut, lowered, random_spec, spec

CHIPS = int(os.environ.get("SNNC_CHIPS", "60"))


@pytest.mark.parametrize("seed", range(CHIPS))
def test_blocks_take_what_their_neurons_take(seed: int) -> None:
    spread = chip(lowered(random_spec(random.Random(seed))).network)
    assert spread is not None
    assert dict(pixels.blocks(spread)) == spread.blocks()


#: Windows with gaps between them, windows as large as the image, rows and columns of one, and slices that end anywhere.
ODD: dict[str, Tables] = {
    "gaps": spec([23, 19, 1], {"filters": 2, "kernel_size": 1}, {"filters": 3, "kernel_size": 2, "strides": 3}, {"units": 9}),
    "gaps, boxes": spec([23, 19, 1], {"filters": 2, "kernel_size": 1}, {"filters": 3, "kernel_size": [1, 2], "strides": [2, 3], "block_shape": [3, 2, 2]}, {"filters": 5, "kernel_size": 3, "block_shape": [2, 2, 5]}),
    "large windows": spec([12, 12, 1], {"filters": 2, "kernel_size": 1}, {"filters": 40, "kernel_size": [12, 5], "padding": "same"}, {"filters": 7, "kernel_size": 5}),
    "wide strides": spec([40, 40, 1], {"filters": 1, "kernel_size": 1}, {"filters": 60, "kernel_size": 9, "strides": 7, "padding": "same"}, {"filters": 3, "kernel_size": 2}),
    "a row": spec([1, 300, 2], {"filters": 4, "kernel_size": 1}, {"filters": 7, "kernel_size": [1, 8], "padding": "same"}, {"filters": 9, "kernel_size": [1, 5], "strides": [1, 2]}),
    "a column": spec([300, 1, 2], {"filters": 4, "kernel_size": 1}, {"filters": 7, "kernel_size": [8, 1], "padding": "same"}, {"filters": 9, "kernel_size": [5, 1], "strides": [2, 1]}),
    "many channels": spec([6, 6, 1], {"filters": 300, "kernel_size": 1}, {"filters": 700, "kernel_size": 3, "padding": "same"}, {"filters": 5, "kernel_size": 2}),
    "pools behind windows": spec([30, 30, 1], {"filters": 3, "kernel_size": 1}, {"kind": "avg_pool2d", "pool_size": 3, "strides": 2, "padding": "same"}, {"filters": 8, "kernel_size": 3, "padding": "same"}, {"kind": "avg_pool2d", "pool_size": 2}, {"filters": 30, "kernel_size": 3}),
    "pools into boxes": spec([30, 30, 1], {"filters": 3, "kernel_size": 1}, {"kind": "avg_pool2d", "pool_size": 3}, {"filters": 8, "kernel_size": 3, "block_shape": [3, 3, 3]}, {"kind": "avg_pool2d", "pool_size": 3, "strides": 2, "padding": "same"}, {"filters": 30, "kernel_size": 3, "padding": "same"}),
    "two readers": spec([20, 20, 1], {"filters": 2, "kernel_size": 1}, {"name": "a", "filters": 6, "kernel_size": 3}, {"name": "b", "filters": 4, "kernel_size": 3, "padding": "same", "from": ["a"]}, {"name": "c", "filters": 4, "kernel_size": 1, "from": ["a"], "block_shape": [5, 7, 4]}, {"units": 20, "from": ["b", "c"]}),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ODD)
def test_odd_networks(name: str) -> None:
    spread = chip(lowered(ODD[name]).network)
    assert spread is not None
    assert dict(pixels.blocks(spread)) == spread.blocks()


@pytest.mark.parametrize(
    "block",
    [
        Box((4, 5, 6), (range(1, 3), range(2, 5), range(3, 5))),
        Box((4, 5, 6), (range(4), range(5), range(6))),
        Slice((4, 5, 6), range(17, 74)),
        Slice((4, 5, 6), range(30, 60)),
        Slice((4, 5, 6), range(31, 33)),
    ],
)
def test_a_block_is_rows_of_its_columns_but_for_both_ends(block: Block) -> None:
    _, width, channels = block.layer
    rows = [
        (row * width + column) * channels + channel
        for row in block.lines
        for column in block.columns
        for channel in (block.sides[2] if isinstance(block, Box) else range(channels))
    ]
    numbers = pixels.numbers(block)
    assert rows[block.head : len(rows) - block.tail] == numbers
    own = [pixel for run in block.pixels for pixel in run]
    assert own == sorted({number // channels for number in numbers})
    before, after = block.missing
    assert len(own) * block.depth - before - after == len(numbers) == block.neurons
    assert block.whole == (len(numbers) == size(block.layer))


def test_blocks_of_a_split_are_counted_without_them() -> None:
    for split in (Boxes((5, 7, 3), (2, 3, 3)), Boxes((9,), (4,)), Slices((5, 7, 3), 11)):
        blocks = list(split.blocks())
        assert split.number == len(blocks)
        assert sum(block.neurons for block in blocks) == size(split.layer)
        if isinstance(split, Boxes):
            assert split.middle == blocks[len(blocks) // 2]


@pytest.mark.parametrize("seed", range(60))
def test_windows_behind_windows_see_what_those_see(seed: int) -> None:
    """Row by row, as a person would count; without padding the kernel's first row sees the first of them."""
    chance = random.Random(seed)
    padding, length = chance.choice(["same", "valid"]), chance.choice([20, 60, 150])
    rows, places, chain = [{x} for x in range(length)], length, []
    for _ in range(chance.randint(1, 3)):
        size_in = chance.randint(1, min(4, places))
        window = Window("", (size_in, 1), (chance.randint(1, 3), 1), padding)
        image = (places, 1, 1)
        chain.append((window, image))
        (top, bottom), _ = window.margins(image)
        places, _ = window.images(image)
        padded = [set[int]()] * top + rows + [set[int]()] * bottom
        starts = [place * window.strides[0] for place in range(places)]
        rows = [set().union(*padded[x : x + window.window[0]]) for x in starts]
    axis, _ = axes(chain, (length, 1, 1))
    for row in range(length):
        assert list(axis.seen_by(row)) == [i for i, seen in enumerate(rows) if row in seen]
    if padding == "valid":
        assert [axis.kernel_place(min(seen), i) for i, seen in enumerate(rows)] == [0] * places
    start = chance.randrange(places)
    some = range(start, chance.randrange(start, places) + 1)
    seen_by_some = {}
    for view, ranges in within(axis, some).items():
        for firsts in ranges:
            for row, window in zip(axis.rows_from(view.place, firsts), firsts, strict=True):
                own = row + some.start * axis.stride
                seen_by_some[own] = range(some.start + window, some.start + window + view.windows)
                assert view.place == axis.kernel_place(own, some.start + window)
    assert {row: set(seen) for row, seen in seen_by_some.items()} == {
        row: set(axis.seen_by(row)) & set(some)
        for row in range(length)
        if set(axis.seen_by(row)) & set(some)
    }


@pytest.mark.parametrize("seed", range(60))
def test_numbers_are_counted_without_them(seed: int) -> None:
    chance = random.Random(seed)
    number, step = chance.randint(1, 9), chance.choice([1, 3, 4, 16, 40])
    pitch = number * step + chance.randint(0, 30)
    firsts = Firsts(chance.randint(0, 99), number, step, chance.randint(1, 40), pitch)
    own = [
        firsts.start + row * pitch + i * step for row in range(firsts.rows) for i in range(number)
    ]
    for unit in (1, 4, 16, 256):
        different = {each // unit for each in own}
        assert firsts.different(unit) == len(different)
        assert {x for part in firsts.quotients(unit) for x in part} == different
        assert firsts.multiples_of(unit) == all(each % unit == 0 for each in own)
    assert firsts.last == max(own)
    parts = [range(a, a + chance.randint(0, 9)) for a in chance.choices(range(50), k=9)]
    union = {x for part in parts for x in part}
    assert [x for part in joined(parts) for x in part] == sorted(union)
    every_third = [range(start, 40 + start, 3) for start in chance.sample(range(3), 2)]
    points = sorted(x for part in every_third for x in part)
    assert [x for part in neighbours(every_third) for x in part] == points
    counts = tally(parts)
    for x in range(-1, 70):
        assert counts.below(x) == sum(y < x for part in parts for y in part)


@pytest.mark.parametrize("filters", [27, 28])
def test_large_networks_are_counted_too(filters: int) -> None:
    """28 filters make more neurons than there are on all cores that NengoLoihi asks for; the dense layer reads too many."""
    layers = [{"filters": 1, "kernel_size": 1}, {"filters": filters, "kernel_size": 3}]
    program = lowered(spec([100, 100, 1], *layers, {"units": 10}))
    assert (filters * 98 * 98 > CORES * NEURONS) == (filters == 28)
    found = [(d.code, d.at[1]) for d in cores_suffice(program)]
    beyond = [("many-cores", 1)] if filters == 28 else []
    assert found == [("core-limits", 1), ("core-limits", 2), *beyond]


def test_a_billion_neurons_are_too_many() -> None:
    """What no machine has cores for is an error, and takes no time and no memory."""
    for tables in (
        spec([16], {"units": 100}, {"units": 10**9}, {"units": 10}),
        spec([10**6, 10**6, 1], {"filters": 1, "kernel_size": 1}, {"filters": 4, "kernel_size": 3}),
    ):
        assert [d.code for d in cores_suffice(lowered(tables))] == ["core-limits"]


def test_blocks_that_are_far_too_small_are_too_many() -> None:
    tiny = {"filters": 1, "kernel_size": 3, "block_shape": [1, 1, 1]}
    layers = [{"filters": 1, "kernel_size": 1}, tiny]
    (found,) = cores_suffice(lowered(spec([1000, 1000, 1], *layers)))
    assert (found.code, found.at) == ("core-limits", ("layers", 1, "block_shape"))
    assert found.hint == 'write "auto"'
    tiny["block_shape"] = "auto"
    program = as_cut(lowered(spec([1000, 1000, 1], *layers)))
    assert [d.code for d in cores_suffice(program)] == ["many-cores"]
