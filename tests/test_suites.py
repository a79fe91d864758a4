"""nengo_loihi's own tests, and those of nengo that it supports, pass with snnc.emulator.Simulator in the place of its simulator.

`tests/suites/plugin.py` lists the few that don't run, with any simulator, and why.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.suites.__main__ import main

if find_spec("nengo") is not None and int(version("nengo").split(".")[0]) > 3:
    pytest.skip("nengo_loihi's tests are for Nengo 3", allow_module_level=True)

PLUGINS = ("numba", "nengo_loihi", "pytest_nengo", "pytest_allclose", "pytest_plt", "pytest_rng")
if missing := [name for name in PLUGINS if find_spec(name) is None]:
    pytest.skip(f"{missing[0]} is not installed: make ready", allow_module_level=True)


@pytest.mark.slow
def test_the_suites_pass(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    code = main(["--slow", "-n", "0", f"--junitxml={report}"], tmp_path)
    tests = list(ElementTree.parse(report).iter("testcase"))
    failed = [
        f"{test.get('classname')}::{test.get('name')}"
        for test in tests
        if test.find("failure") is not None or test.find("error") is not None
    ]
    assert not failed
    assert code == 0
    ran = [test for test in tests if test.find("skipped") is None]
    for package, at_least in (("nengo_loihi", 400), ("nengo", 100)):
        of_package = [test for test in ran if str(test.get("classname")).startswith(f"{package}.")]
        assert len(of_package) >= at_least
