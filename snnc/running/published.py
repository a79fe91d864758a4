"""Published constants of energy, in joules, each with where it is from and what it leaves out. docs/energy.md discusses them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """Where numbers are published, and what they leave out."""

    where: str
    leaves_out: str


DAVIES = Source(
    'Davies et al. 2018, "Loihi: a neuromorphic manycore processor with on-chip learning", IEEE Micro 38(1), table 2',
    "simulated before there was silicon (SDF and SPICE, 0.75 V), and agreeing with the first of it: no leakage, no processors "
    "on the chip, no input and output; the synaptic operation is a minimum",
)
SANA_FE = Source(
    'Boyle et al. 2025, "SANA-FE: simulating advanced neuromorphic architectures for fast exploration", IEEE TCAD, and its '
    "arch/loihi.yaml",
    "fitted to power that was measured on Loihi, which it meets within 12 %: no leakage, no processors on the chip",
)
FRADY = Source(
    'Frady et al. 2020, "Neuromorphic nearest neighbor search using Intel\'s Pohoiki Springs", NICE, table 1',
    "3.34 W of 32 chips, measured with all circuits powered; also a chip that is nearly empty leaks as much unless cores are "
    "switched off",
)
HOROWITZ = Source(
    'Horowitz 2014, "Computing\'s energy problem (and what we can do about it)", ISSCC, 45 nm at 0.9 V',
    "arithmetic alone: no memory, no instructions, no leakage",
)
DEGNAN = Source(
    'Degnan, Marr and Hasler 2016, "Assessing trends in performance per watt for signal processing applications", IEEE TVLSI '
    "24(1), as KerasSpiking's ModelEnergy has it",
    "power over throughput where a device is fully used, and large batches on a GPU: none of them is for one small item at a time",
)


@dataclass(frozen=True)
class Constant:
    """The energy of one operation, from the least to the most that is published."""

    what: str
    low: float
    low_from: Source
    high: float
    high_from: Source


#: A weight is read, and added to a neuron's input.
OPERATION = Constant("synaptic operation", 23.6e-12, DAVIES, 35.5e-12, SANA_FE)
#: A neuron is updated in a step: at least as one that has nothing to do, at most as one that has.
UPDATE = Constant("neuron update", 52e-12, DAVIES, 81e-12, DAVIES)
#: What it takes beyond that if it fires. Davies et al. name nothing.
SPIKE = Constant("spike", 0.0, DAVIES, 69.3e-12, SANA_FE)
#: A spike goes to a core: at least within a tile of four. At most it is looked up by SANA-FE's number, and crosses all of the
#: chip's 8 x 4 tiles, with Davies' 3.0 pJ a hop to the east or west and 4.0 pJ to the north or south.
MESSAGE = Constant(
    "message to a core", 1.7e-12, DAVIES, 76.8e-12 + 7 * 3.0e-12 + 3 * 4.0e-12, SANA_FE
)
CHIP = (OPERATION, UPDATE, SPIKE, MESSAGE)

#: What a chip of 128 cores takes, in watts, whatever it does.
LEAKAGE = 3.34 / 32
LEAKAGE_FROM = FRADY
CORES_OF_A_CHIP = 128


@dataclass(frozen=True)
class Device:
    """The energy of a multiplication with an addition on a device that has 32-bit floats."""

    name: str
    mac: float
    source: Source


#: From the least to the most. The arithmetic is 3.7 pJ and 0.9 pJ.
DEVICES = (
    Device("arithmetic alone, 45 nm", 4.6e-12, HOROWITZ),
    Device("GPU (GTX Titan Black)", 0.3e-9, DEGNAN),
    Device("ARM Cortex-A", 0.9e-9, DEGNAN),
    Device("CPU (i7-4960X)", 8.6e-9, DEGNAN),
)
