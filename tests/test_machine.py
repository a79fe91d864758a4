"""What programs read: check --json and --sarif, show --json."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from snnc.cli import main
from snnc.diagnostics.pages import page, summary
from snnc.diagnostics.wording import counted
from snnc.pipeline import checked
from snnc.program.program import Program
from tests.conftest import CASES, INVALID, ROOT, SPECS


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the invalid specs, as if it were a repository's top; tests only read them."""
    folder = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "tests/invalid", folder / "specs")
    return folder


@pytest.fixture(autouse=True)
def _folder(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[Any]]:
    """Return the exit code, and the JSON on each line of stdout."""
    code = main(["check", "--json", *arguments])
    seen = capsys.readouterr()
    assert "error[" not in seen.err
    return code, [json.loads(line) for line in seen.out.splitlines()]


def shown(report: dict[str, Any], path: Path) -> list[str]:
    """Return the heads that the text report has, made of the JSON."""
    return [
        f"{path.name}:{d['line'] or 1}:{d['column'] or 1}: {d['severity']}[{d['code']}]: {d['message']}"
        for d in report["diagnostics"]
    ]


def heads(report: Path) -> list[str]:
    """Return the first line of each diagnostic in a report."""
    lines = report.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith(report.stem)]


@pytest.mark.parametrize("path", INVALID, ids=lambda p: p.stem)
def test_json_says_what_the_report_says(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The committed report, built from the JSON."""
    monkeypatch.chdir("specs")
    code, (report,) = check(capsys, path.name)
    assert report["spec"] == path.name
    # Reports keep control characters from the terminal.
    plain = [
        line.replace("./data", "data").replace("./dta", "dta")
        for line in heads(path.with_suffix(".err"))
    ]
    assert shown(report, path) == plain
    assert code == (1 if report["errors"] else 0)
    severities = [d["severity"] for d in report["diagnostics"]]
    assert severities.count("error") == report["errors"]
    assert severities.count("warning") == report["warnings"]
    assert report["errors"] + report["warnings"] == len(severities) > 0


def test_a_place_without_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    _, (report,) = check(capsys, "specs/empty.toml")
    first = report["diagnostics"][0]
    assert (first["path"], first["line"], first["column"], first["length"]) == (
        ["network"],
        None,
        None,
        None,
    )


def test_a_whole_diagnostic(capsys: pytest.CaptureFixture[str]) -> None:
    _, (report,) = check(capsys, "specs/unknown_key.toml")
    assert report["diagnostics"] == [
        {
            "code": "unknown-key",
            "severity": "error",
            "message": "layer 'first' has no key 'unts'",
            "hint": "did you mean 'units'?",
            "path": ["layers", 0, "unts"],
            "line": 14,
            "column": 1,
            "length": 4,
        }
    ]


def test_a_file_that_is_no_toml(capsys: pytest.CaptureFixture[str]) -> None:
    code, (report,) = check(capsys, "specs/toml_unit.toml")
    (only,) = report["diagnostics"]
    assert (code, only["code"], only["path"], only["line"]) == (1, "toml-syntax", None, 2)


def test_a_sound_spec(capsys: pytest.CaptureFixture[str]) -> None:
    spec = (ROOT / "specs/digits.toml").as_posix()
    assert check(capsys, spec) == (
        0,
        [{"spec": spec, "errors": 0, "warnings": 0, "diagnostics": []}],
    )


def test_several_specs_and_one_that_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    specs = ["specs/labels.toml", "nowhere.toml", "specs/chip_input_coding.toml"]
    assert main(["check", "--json", *specs]) == 2
    seen = capsys.readouterr()
    reports = [json.loads(line) for line in seen.out.splitlines()]
    (unread,) = (report["error"] for report in reports if "error" in report)
    assert unread == {
        "message": "can't read nowhere.toml: no such file or directory",
        "exit_code": 2,
    }
    reports = [report for report in reports if "error" not in report]
    assert [report["spec"] for report in reports] == [specs[0], specs[2]]
    assert [(report["errors"], report["warnings"]) for report in reports] == [(1, 0), (0, 1)]
    assert seen.err == "snnc: can't read nowhere.toml: no such file or directory\n"


#: Of the SARIF 2.1.0 schema, what is used here, and nothing else.
SARIF = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results", "columnKind"],
                "additionalProperties": False,
                "properties": {
                    "columnKind": {"const": "unicodeCodePoints"},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "additionalProperties": False,
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "version", "rules"],
                                "additionalProperties": False,
                                "properties": {
                                    "name": {"const": "snnc"},
                                    "version": {"type": "string"},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {"$ref": "#/definitions/rule"},
                                    },
                                },
                            }
                        },
                    },
                    "results": {"type": "array", "items": {"$ref": "#/definitions/result"}},
                },
            },
        },
    },
    "definitions": {
        "text": {
            "type": "object",
            "required": ["text"],
            "additionalProperties": False,
            "properties": {"text": {"type": "string", "minLength": 1}},
        },
        "rule": {
            "type": "object",
            "required": ["id", "shortDescription", "fullDescription", "help"],
            "additionalProperties": False,
            "properties": {
                "id": {"type": "string"},
                "shortDescription": {"$ref": "#/definitions/text"},
                "fullDescription": {"$ref": "#/definitions/text"},
                "help": {
                    "type": "object",
                    "required": ["text", "markdown"],
                    "additionalProperties": False,
                    "properties": {"text": {"type": "string"}, "markdown": {"type": "string"}},
                },
                "defaultConfiguration": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"level": {"enum": ["error", "warning"]}},
                },
            },
        },
        "result": {
            "type": "object",
            "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
            "additionalProperties": False,
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"enum": ["error", "warning"]},
                "message": {"$ref": "#/definitions/text"},
                "locations": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["physicalLocation"],
                        "additionalProperties": False,
                        "properties": {
                            "physicalLocation": {
                                "type": "object",
                                "required": ["artifactLocation", "region"],
                                "additionalProperties": False,
                                "properties": {
                                    "artifactLocation": {
                                        "type": "object",
                                        "required": ["uri"],
                                        "additionalProperties": False,
                                        "properties": {
                                            "uri": {"type": "string", "format": "uri-reference"}
                                        },
                                    },
                                    "region": {
                                        "type": "object",
                                        "required": ["startLine"],
                                        "additionalProperties": False,
                                        "properties": {
                                            key: {"type": "integer", "minimum": 1}
                                            for key in (
                                                "startLine",
                                                "startColumn",
                                                "endLine",
                                                "endColumn",
                                            )
                                        },
                                    },
                                },
                            }
                        },
                    },
                },
            },
        },
    },
}


def sarif(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Return the run of a SARIF log, once its form is right."""
    main(["check", "--sarif", *arguments])
    log = json.loads(capsys.readouterr().out)
    jsonschema = pytest.importorskip("jsonschema", reason="pip install jsonschema")
    jsonschema.Draft7Validator(SARIF).validate(log)
    (run,) = log["runs"]
    only_run: dict[str, Any] = run
    return only_run


def test_sarif_of_everything(capsys: pytest.CaptureFixture[str]) -> None:
    paths = sorted(p.as_posix() for p in Path("specs").glob("*.toml"))
    run = sarif(capsys, *paths)
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    _, reports = check(capsys, *paths)
    wanted = [(report["spec"], d) for report in reports for d in report["diagnostics"]]
    assert set(rules) == {d["code"] for _, d in wanted}
    for result, (path, d) in zip(run["results"], wanted, strict=True):
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == path
        assert result["ruleId"] == d["code"]
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == d["code"]
        assert result["level"] == d["severity"]
        assert rules[d["code"]]["defaultConfiguration"]["level"] == d["severity"]
        assert result["message"]["text"] == d["message"] + (f"; {d['hint']}" if d["hint"] else "")
        if d["line"] is None:
            assert place["region"] == {"startLine": 1}
        else:
            assert place["region"] == {
                "startLine": d["line"],
                "startColumn": d["column"],
                "endLine": d["line"],
                "endColumn": d["column"] + d["length"],
            }


def test_rules_bring_their_pages(capsys: pytest.CaptureFixture[str]) -> None:
    (rule,) = sarif(capsys, "specs/chip_rates.toml")["tool"]["driver"]["rules"]
    text = page("chip-neurons")
    assert rule["help"]["markdown"] == text
    assert rule["shortDescription"]["text"] == summary(text)
    assert rule["fullDescription"]["text"].startswith(summary(text))
    assert "\n" not in rule["fullDescription"]["text"]


def test_sarif_of_a_sound_spec(capsys: pytest.CaptureFixture[str]) -> None:
    run = sarif(capsys, (ROOT / "specs/jets.toml").as_posix())
    assert run["results"] == run["tool"]["driver"]["rules"] == []


def test_addresses_are_relative_and_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    """However a spec is named, code hosts find it from the top of the repository."""
    shutil.copy("specs/labels.toml", "my spec ü.toml")
    for name in (
        "my spec ü.toml",
        str(Path("my spec ü.toml").resolve()),
        "specs/../my spec ü.toml",
    ):
        (result,) = sarif(capsys, name)["results"]
        address = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert address == "my%20spec%20%C3%BC.toml"


def test_one_form_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["check", "--json", "--sarif", "specs/labels.toml"])
    assert exit_.value.code == 2


def described(capsys: pytest.CaptureFixture[str], path: Path) -> tuple[dict[str, Any], Program]:
    assert main(["show", "--json", str(path)]) == 0
    return json.loads(capsys.readouterr().out), checked(path).program


@pytest.mark.parametrize("path", [*SPECS, *CASES], ids=lambda p: p.stem)
def test_show_json_says_what_the_table_says(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    description, program = described(capsys, path)
    main(["show", str(path)])
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()[2:]]
    table = [[cell.strip() for cell in line if cell] for line in lines]
    for layer, cells in zip(description["layers"], table, strict=False):
        through = [" > ".join(o["kind"] for o in s["operators"]) for s in layer["sources"]]
        said = [
            layer["name"],
            ", ".join(s["name"] for s in layer["sources"]),
            ", ".join(each or "as it is" for each in through) if any(through) else "",
            " x ".join(map(str, layer["shape"])),
            str(layer["parameters"]),
            layer["neuron"]["kind"],
            f"{layer['neuron']['max_rate']:g}",
            layer["gradient"]["kind"],
            layer["runs_on"] + on_cores(layer),
        ]
        assert cells == [cell for cell in said if cell]
    output = description["output"]
    assert table[-1][-3:] == [str(output["classes"]), str(output["parameters"]), "host"]
    assert len(description["layers"]) == len(program.network.populations) == len(table) - 1


def test_show_json_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    description, _ = described(capsys, ROOT / "specs/jets.toml")
    assert description["input"] == {"shape": [16], "runs_on": "host"}
    assert description["layers"][1] == {
        "name": "hidden2",
        "sources": [
            {
                "name": "hidden1",
                "operators": [
                    {"kind": "dropout", "name": "dropout1", "rate": 0.25},
                    {"kind": "dense", "name": "hidden2", "units": 32, "use_bias": True}
                    | {"l1": 0, "l2": 0},
                ],
                "synapse": {"kind": "lowpass", "tau": 0.002},
            }
        ],
        "shape": [32],
        "neurons": 32,
        "parameters": 2080,
        "neuron": {
            "kind": "lif",
            "max_rate": 300.0,
            "intercept": 0.0,
            "amplitude": 1 / 300,
            "tau_rc": 0.02,
            "tau_ref": 0.001,
        },
        "gradient": {"kind": "smooth", "sigma": 0.02},
        "runs_on": "chip",
        "cores": 1,
        "block": [32],
    }


def on_cores(layer: dict[str, Any]) -> str:
    """Return what the table says of a layer's cores."""
    if not layer["cores"]:
        return ""
    block = " x ".join(map(str, layer["block"])) if layer["cores"] > 1 else ""
    return f", {counted(layer['cores'], 'core')}{block and ' of '}{block}"


@pytest.mark.parametrize("form", ["--json", "--sarif"])
def test_values_that_cannot_be_used_are_found(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")
    np.savez(tmp_path / "data.npz", x=np.full((40, 2), np.nan), y=np.arange(40) % 2)
    spec = tmp_path / "spec.toml"
    spec.write_text(
        '[network]\nname = "small"\n[data]\nkind = "npz"\npath = "data.npz"\n[input]\nshape = [2]\n'
        '[[layers]]\nkind = "dense"\nunits = 9\n[[layers]]\nkind = "dense"\nunits = 9\n'
        "[output]\nclasses = 2\n[train]\nbatch_size = 4\n"
    )
    assert main(["check", form, "--data", str(spec)]) == 1
    report = json.loads(capsys.readouterr().out)
    if form == "--json":
        (diagnostic,) = report["diagnostics"]
        assert (diagnostic["code"], diagnostic["line"]) == ("data-values", 3)
        assert "data.npz" in diagnostic["message"]
    else:
        (result,) = report["runs"][0]["results"]
        assert (result["ruleId"], result["level"]) == ("data-values", "error")
