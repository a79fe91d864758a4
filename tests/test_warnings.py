"""Warnings of the libraries: those that mean wrong results are errors, and none is named that no library gives."""

from __future__ import annotations

import importlib.util
import re
import warnings
from pathlib import Path

import pytest

from snnc.diagnostics.errors import Refusal
from snnc.environment.libraries import HARMLESS, SERIOUS, strict_warnings

#: What the libraries say, where they say it, and with which words that are not made up at run time.
SAID = [
    ("nengo_dl/simulator.py", "Running for one timestep, but the network contains synaptic filters (which will ...", "Running for one timestep, but the network contains"),
    ("nengo_dl/simulator.py", "Checking parameters after simulator is closed; cannot fetch live values ...", "Checking parameters after simulator is closed"),
    ("nengo_dl/simulator.py", "Number of elements in input data (7) is not evenly divisible by minibatch (5); input data will be truncated.", "input data will be truncated"),
    ("nengo_dl/neuron_builders.py", "AdaptiveLIF does not have a native TensorFlow implementation; falling back to numpy", "does not have a native TensorFlow implementation"),
    ("nengo_loihi/emulator/interface.py", "Overflow in q0", '"Overflow" + (" in %s"'),
    ("nengo_loihi/emulator/interface.py", "Overflow in current", '"Overflow" + (" in %s"'),
    ("nengo_loihi/emulator/interface.py", "Overflow in u2", '"Overflow" + (" in %s"'),
    ("nengo_loihi/builder/discretize.py", "Lost 3 extra bits in weight rounding", "Lost %d extra bits in weight rounding"),
    ("nengo_loihi/builder/discretize.py", "Lost 12 extra bits in weight rounding", "Lost %d extra bits in weight rounding"),
    ("nengo_loihi/block.py", "tau_s is already set to 0.01, which is larger than 0.005. Using 0.01.", "tau_s is already set to %g"),
    ("nengo_loihi/block.py", "tau_s is currently 0.005, which is smaller than 0.01. Overwriting tau_s with 0.01.", "tau_s is currently %g"),
    ("nengo_loihi/passthrough.py", "Combining two Lowpass synapses, this may change the behaviour of the network", "Combining two Lowpass synapses"),
    ("nengo_loihi/builder/ensemble.py", "Intercepts are larger than intercept limit (0.95). High intercept values ...", "Intercepts are larger than intercept limit"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "said", "words"), SAID, ids=[said[:40] for _, said, _ in SAID])
def test_every_serious_warning_is_an_error(file: str, said: str, words: str) -> None:
    with pytest.raises(Refusal, match="the library's words") as caught, strict_warnings():
        warnings.warn(said, stacklevel=1)
    meaning = next(why for pattern, why in SERIOUS.items() if re.match(pattern, said))
    assert str(caught.value).startswith(meaning)
    assert words in source(file)


def test_every_serious_warning_was_tried() -> None:
    assert all(any(re.match(pattern, said) for _, said, _ in SAID) for pattern in SERIOUS)


@pytest.mark.parametrize("said", ["Lost 1 extra bits in weight rounding", "something else"])
def test_other_warnings_stay_warnings(said: str) -> None:
    with pytest.warns(UserWarning, match=said), strict_warnings():
        warnings.warn(said, stacklevel=1)


def test_nothing_harmless_is_serious() -> None:
    for said in (said for _, said, _ in SAID):
        assert not any(re.match(pattern, said) for pattern in HARMLESS)


def source(file: str) -> str:
    """Return the text of a library's module, its broken strings joined."""
    package, _, rest = file.partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is not installed: pip install 'snnc[run]'")
    text = (Path(spec.origin).parent / rest).read_text(encoding="utf-8")
    return re.sub(r'"\s*f?"', "", text)
