"""One version, that of `snnc/__init__.py`: the command, the changelog and the citation say the same; test_wheel.py asks the wheel."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec

import pytest
from packaging.version import Version

from snnc import __version__
from snnc.cli import main
from tests.conftest import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")

#: The headings that Keep a Changelog has.
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def sections() -> dict[str, str]:
    """Return what stands under each heading of the second level, newest first."""
    _, *parts = re.split(r"^## (.*)\n", CHANGELOG, flags=re.M)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def releases() -> list[tuple[str, str]]:
    """Return the versions of the changelog with their dates, newest first."""
    heads = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", head) for head in sections()]
    return [(match[1], match[2]) for match in heads if match]


def cited(key: str) -> str:
    (value,) = re.findall(rf'^{key}: "?([^"\n]*)"?$', CITATION, re.M)
    return str(value)


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"snnc {__version__}\n"


def test_it_is_the_newest_release_or_leads_to_the_next() -> None:
    """What isn't released yet mustn't pass for what is: its version ends in .dev0."""
    version, newest = Version(__version__), Version(releases()[0][0])
    unreleased = sections()["[Unreleased]"].strip()
    if unreleased or version.is_devrelease:
        assert version.is_devrelease, "with entries under [Unreleased] __version__ ends in .dev0"
        assert version > newest
    else:
        assert version == newest


def test_the_citation_is_of_the_newest_release() -> None:
    assert (cited("version"), cited("date-released")) == releases()[0]


def test_the_changelog_is_in_the_form_of_keep_a_changelog() -> None:
    first, *heads = sections()
    assert first == "[Unreleased]"
    assert len(heads) == len(releases()) > 0
    versions = [Version(version) for version, _ in releases()]
    assert versions == sorted(versions, reverse=True)
    assert set(re.findall(r"^### (.*)$", CHANGELOG, re.M)) <= KINDS


@pytest.mark.skipif(find_spec("check_jsonschema") is None, reason="pip install check-jsonschema")
def test_the_citation_is_valid() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    done = subprocess.run(
        [*check, "vendor.citation-file-format", str(ROOT / "CITATION.cff")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
