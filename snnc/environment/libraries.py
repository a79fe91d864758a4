"""Import TensorFlow, Nengo, NengoDL and NengoLoihi without their log messages, and sort their warnings.

Import this module before any that imports those libraries.
"""

from __future__ import annotations

import importlib
import os
import random
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from snnc import __version__
from snnc.diagnostics.errors import Refusal, UsageError
from snnc.environment import compat
from snnc.environment.versions import elsewhere, installed, refusal

PACKAGES = ("numpy", "nengo", "tensorflow", "nengo_dl", "nengo_loihi")
#: Enough to run in plain Nengo and NengoLoihi; imported in a fraction of the time.
WITHOUT_TENSORFLOW = ("numpy", "nengo", "nengo_loihi")

#: Patterns of warnings that are silenced, and why they are harmless.
HARMLESS = {
    "No GPU support detected": "running on the CPU is what was asked for",
    "The initializer .* is unseeded": "NengoDL builds the Keras layers anew, then restores their weights",
    "Non-finite values detected in": "gain and bias are given, what Nengo derives from them is unused",
    "invalid value encountered in log1p": "the same",
    ".*does not support initial values for 'voltage' being non-zero": "the voltages are zero",
}

#: Patterns of warnings that mean wrong results, and the message that replaces them.
SERIOUS = {
    "Running for one timestep, but the network contains synaptic filters": "a synapse was left in during training: after one step its output is still 0",
    "Checking parameters after simulator is closed": "parameters were read too late, and are the untrained ones",
    ".*does not have a native TensorFlow implementation": "these neurons have no gradient in NengoDL, so nothing would be learned",
    "Overflow in (q0|current|u2)": "a sum of inputs on the chip overflowed and changed its sign: lower the weights, the rates or the synapse's tau",
    # Biases of a sound network may lose one or two bits.
    "Lost ([3-9]|[1-9][0-9]+) extra bits in weight rounding": "weights on the chip lost precision: biases or single weights are far larger than the rest",
    "tau_s is already set to": "a layer has synapses of different length on the chip, which has one a layer",
    "tau_s is currently": "spikes and the input meet in a layer on the chip, which has one synapse a layer",
    "Combining two Lowpass synapses": "two synapses in a row were merged into one",
    ".*input data will be truncated": "items at the end would never be shown",
    "Intercepts are larger than intercept limit": "NengoLoihi lowers intercepts above 0.95",
}


def load(packages: Sequence[str] = PACKAGES) -> None:
    """Import the libraries. Raises a UsageError that names missing and unfit versions, and the command that installs them."""
    ensure_fit()
    if sentence := elsewhere():
        print(f"snnc: {sentence}", file=sys.stderr)
    with_tensorflow = "tensorflow" in packages
    with nullcontext() if with_tensorflow else compat.without_tensorflow():
        for name in packages:
            needed(name)
    if with_tensorflow:
        compat.reunite()
        compat.find_gpus()


def ensure_fit() -> None:
    """Raise a UsageError that names missing and unfit versions, and the command that installs them."""
    if reason := refusal():
        raise UsageError(reason)


@contextmanager
def loaded(packages: Sequence[str] = PACKAGES) -> Iterator[None]:
    """Import the libraries; on leaving, restore the process's warning filters, Nengo's settings and the random states of Python and NumPy.

    TensorFlow's seed can't be read, so it stays as training has set it.
    """
    with _quiet_warnings():
        load(packages)
        import nengo
        import numpy as np

        python_state, numpy_state = random.getstate(), np.random.get_state()
        cache = nengo.rc["decoder_cache"]["enabled"]
        # These networks have no decoders to cache, and a new cache logs an error.
        nengo.rc["decoder_cache"]["enabled"] = "False"
        try:
            yield
        finally:
            nengo.rc["decoder_cache"]["enabled"] = cache
            random.setstate(python_state)
            np.random.set_state(numpy_state)


def needed(name: str) -> Any:
    """Import and return a module. Raises a UsageError that says why it can't be imported, and how to install it."""
    compat.prepare()
    # TensorFlow reads the variable once, when it is imported.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with compat.quietly(), _quiet_warnings():
            return importlib.import_module(name)
    except ImportError as error:
        broken = f"training and running need {name}, which can't be imported: {error}"
        raise UsageError(refusal() or broken) from error


@contextmanager
def _quiet_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        for message in HARMLESS:
            warnings.filterwarnings("ignore", message=message)
        # The formula of SoftLIF's rates passes through infinity.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"nengo_dl\.neurons")
        yield


def ensure_chip() -> None:
    """Raise a UsageError if NengoLoihi can't reach the chip."""
    hardware = importlib.import_module("nengo_loihi.hardware")
    if not hardware.HAS_NXSDK:
        raise UsageError(
            'target = "loihi" in [loihi] needs Intel\'s NxSDK, which is not installed; "sim" is the emulator'
        )


def versions() -> dict[str, str]:
    """Return the installed versions that results depend on."""
    names = ("nengo", "nengo-dl", "nengo-loihi", "tensorflow", "tf-keras", "numpy")
    return {name: version for name in names if (version := installed(name))}


def own_versions() -> dict[str, str]:
    """Return the same with snnc's own version in front."""
    return {"snnc": __version__, **versions()}


@contextmanager
def strict_warnings() -> Iterator[None]:
    """Raise a Refusal, with an explanation, for a warning that means wrong results."""
    with warnings.catch_warnings():
        for message in SERIOUS:
            warnings.filterwarnings("error", message=message)
        try:
            yield
        except Warning as warning:
            explanation = _explanation(str(warning))
            raise Refusal(f"{explanation} (the library's words: {warning})") from warning


def _explanation(text: str) -> str:
    return next(why for pattern, why in SERIOUS.items() if re.match(pattern, text))
