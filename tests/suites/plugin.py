"""Lets the tests of nengo_loihi and nengo run with another simulator, as nengo_loihi's conftest does with its own.

`pytest_nengo`, which comes with nengo, can't be a plugin of pytest 9 as it is: one of its hooks takes an argument that is gone.
"""

from __future__ import annotations

import importlib
from fnmatch import fnmatch
from typing import Any

import pytest

from snnc.environment import compat

compat.prepare()

import nengo_loihi  # noqa: E402
import pytest_nengo  # noqa: E402
from nengo_loihi.builder.builder import Model, ValidationLevel  # noqa: E402
from nengo_loihi.emulator import EmulatorInterface  # noqa: E402

pytest_generate_tests = pytest_nengo.pytest_generate_tests
pytest_runtest_setup = pytest_nengo.pytest_runtest_setup

#: Tests that don't run, with any simulator, and why.
LEFT_OUT = {
    "nengo_loihi/tests/test_conv.py::test_conv2d_weights*": "mnist10.pkl isn't in NengoLoihi's wheel",
    "nengo_loihi/tests/test_conv.py::test_conv_connection*": "mnist10.pkl isn't in NengoLoihi's wheel",
    "nengo_loihi/tests/test_conv.py::test_conv_deepnet*": "mnist10.pkl isn't in NengoLoihi's wheel",
    "nengo_loihi/tests/test_conv.py::test_conv_split": "mnist10.pkl isn't in NengoLoihi's wheel",
    "nengo_loihi/hardware/tests/test_interface.py::test_no_warn_on_current_version": (
        "it calls pytest.warns(None), which pytest 7 refuses"
    ),
    "nengo/tests/test_solvers.py::test_regularization*": (
        "its ensemble has more output axons than a core, which NengoLoihi refuses"
    ),
}


def pytest_addoption(parser: Any) -> None:
    pytest_nengo.pytest_addoption(parser)
    parser.addoption("--target", default="sim", help="where NengoLoihi runs networks")
    parser.addoption("--simulator", help="takes the place of nengo_loihi.Simulator")


def pytest_configure(config: Any) -> None:
    pytest_nengo.pytest_configure(config)
    for mark in ("target_sim", "target_loihi", "hang", "requires_multichip_snips"):
        config.addinivalue_line("markers", f"{mark}: a mark of nengo_loihi's tests")
    EmulatorInterface.strict = True
    nengo_loihi.set_defaults()
    Model.default_validation_level = ValidationLevel.FULL
    module, name = config.getoption("--simulator").rsplit(".", 1)
    nengo_loihi.Simulator = getattr(importlib.import_module(module), name)


def pytest_collection_modifyitems(session: Any, config: Any, items: list[Any]) -> None:
    pytest_nengo.pytest_collection_modifyitems(session, config, items)
    for item in items:
        if "target_loihi" in item.keywords:
            item.add_marker(pytest.mark.skip("needs the chip"))
        for pattern, reason in LEFT_OUT.items():
            if fnmatch(item.nodeid, pattern):
                item.add_marker(pytest.mark.skip(reason))


@pytest.fixture(scope="session")
def Simulator(request: Any) -> Any:  # noqa: N802
    """The factory of nengo_loihi's tests, which calls what `nengo_loihi.Simulator` is by now."""
    return importlib.import_module("nengo_loihi.tests").make_test_sim(request)
