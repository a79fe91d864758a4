"""Random networks of chip and host are equal to NengoLoihi's, or refused by name: fresh, as a stream and in chains.

`python -m tests.random_networks --count 2000` compares many.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

from tests.test_emulator import quiet

if find_spec("numba") is None or find_spec("nengo_loihi") is None:
    pytest.skip(
        "numba or nengo_loihi is not installed: pip install 'snnc[run]'", allow_module_level=True
    )

pytestmark = pytest.mark.usefixtures("nengo_loihi")

DRAWN = int(os.environ.get("SNNC_RANDOM_NETWORKS", "20"))


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["fresh", "stream", "chains"])
@pytest.mark.parametrize("number", range(DRAWN))
def test_equal_or_refused(number: int, mode: str) -> None:
    from tests.random_networks import is_good, outcome

    with quiet():
        found = outcome(number, mode)
    assert is_good(found), found


@pytest.mark.slow
def test_a_difference_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One spike more is enough."""
    from snnc.emulator import Result
    from tests.random_networks import outcome

    own = Result.__getitem__
    monkeypatch.setattr(Result, "__getitem__", lambda result, probe: own(result, probe) + 1)
    with quiet():
        found = {outcome(number, "fresh") for number in range(4)}
    assert any(text.startswith("DIFFERENT") for text in found)
