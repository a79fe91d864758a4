"""The JSON schema says of specs what the checker says, as far as a schema can; real TOML servers read it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli

from snnc.checks.known_codes import allowable
from snnc.cli import main
from snnc.spec.json_schema import schema
from snnc.spec.layers import KINDS
from tests.conftest import CASES, INVALID, ROOT, SPECS

#: What a schema can express: the form of a spec, not how its parts fit together.
FORM = {
    "bad-name",
    "missing-key",
    "missing-table",
    "not-allowable",
    "out-of-range",
    "toml-syntax",
    "unknown-code",
    "unknown-key",
    "unknown-kind",
    "unknown-value",
    "wrong-type",
}
#: Of those codes, but about two keys at once: in a study, values that the key of an address can't have.
BEYOND = {"half_split", "openml_nameless", "time_too_long"} | {
    f"study_{name}"
    for name in (
        *("float_for_count", "missing_beside", "of_another_kind", "out_of_range"),
        *("step_for_count", "unknown_value", "wrong_type"),
    )
}
#: Of other codes, which say more than that the form is wrong.
ALSO = {"study_one_value", "study_test_items", "study_without_quotes"}


def is_wrong_in_form(path: Path) -> bool:
    report = path.with_suffix(".err").read_text(encoding="utf-8")
    if path.stem in ALSO:
        return True
    return path.stem not in BEYOND and bool(FORM & set(re.findall(r"error\[([a-z-]+)\]", report)))


def at(*keys: str | int) -> Any:
    found: Any = schema(allowable())
    for key in keys:
        found = found[key]
    return found


def test_it_is_printed_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["schema"]) == 0
    printed = capsys.readouterr().out
    assert main(["schema", "-o", "snnc.schema.json"]) == 0
    assert capsys.readouterr().out.startswith("wrote snnc.schema.json; ")
    assert Path("snnc.schema.json").read_text() == printed
    assert json.loads(printed) == schema(allowable())
    assert main(["schema", "-o", "snnc.schema.json/x.json"]) == 2


def test_it_is_a_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="pip install jsonschema")
    jsonschema.Draft7Validator.check_schema(schema(allowable()))
    text = json.dumps(schema(allowable()))
    for leftover in ("$ref", "$defs", "default-kind", '"bare"', "discriminator", '"null"'):
        assert leftover not in text


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema", reason="pip install jsonschema")
    return jsonschema.Draft7Validator(schema(allowable()))


@pytest.mark.parametrize("path", [*SPECS, *CASES, *INVALID], ids=lambda p: p.stem)
def test_it_finds_what_is_wrong_in_form(path: Path, validator: Any) -> None:
    try:
        data = tomli.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        assert is_wrong_in_form(path)
        return
    valid = validator.is_valid(data)
    assert valid != (path in INVALID and is_wrong_in_form(path))


@pytest.mark.parametrize(
    ("table", "valid"),
    [
        ({"neurons": "lif"}, True),
        ({"neurons": {"max_rate": 150}}, True),
        ({"neurons": {"kind": "spiking_relu", "max_rate": 150}}, True),
        ({"neurons": {"kind": "spiking_relu", "tau_rc": 0.01}}, False),
        ({"neurons": {"max_rates": 150}}, False),
        ({"neurons": "lift"}, False),
        ({"neurons": {"max_rate": 0}}, False),
        ({"synapse": "none"}, True),
        ({"synapse": {"tau": 0.01}}, True),
        ({"synapse": {"kind": "none", "tau": 0.01}}, False),
        ({"from": ["dense1"]}, True),
        ({"from_": ["dense1"]}, False),
        ({"from": []}, False),
        ({"rate": 0.5}, False),
        ({"units": 2.5}, False),
    ],
)
def test_layers(table: dict[str, Any], valid: bool) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="pip install jsonschema")
    layer = {"kind": "dense", "units": 8, **table}
    layers = jsonschema.Draft7Validator(at("properties", "layers"))
    assert layers.is_valid([layer]) == valid


def test_every_key_is_described() -> None:
    def walk(node: Any, path: str) -> None:
        for key, value in node.get("properties", {}).items():
            assert value.get("description"), f"{path}.{key}"
            walk(value, f"{path}.{key}")
        for branch in (*node.get("anyOf", ()), *filter(None, [node.get("items")])):
            walk(branch, path)

    walk(schema(allowable()), "spec")


def test_warnings_may_be_allowed() -> None:
    allow = at("properties", "allow")
    assert set(allow["properties"]) == set(allowable())
    assert allow["additionalProperties"] is False


def test_all_kinds_are_there() -> None:
    layers = at("properties", "layers", "items", "anyOf")
    assert {layer["properties"]["kind"]["const"] for layer in layers} == set(KINDS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the schema in it."""
    folder = tmp_path_factory.mktemp("editor")
    (folder / "snnc.schema.json").write_text(json.dumps(schema(allowable())))
    return folder


def program(name: str) -> str:
    """Return the path of a program from PyPI, or skip."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: pip install {name}")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("path", [*SPECS, *CASES, *INVALID], ids=lambda p: p.stem)
def test_taplo_finds_what_is_wrong_in_form(path: Path, folder: Path) -> None:
    """taplo is a TOML toolkit in Rust, with a JSON schema validator of its own."""
    address = (folder / "snnc.schema.json").as_uri()
    lint = [program("taplo"), "lint", "--no-auto-config", "--schema", address, str(path)]
    done = subprocess.run(lint, capture_output=True, text=True, check=False)
    wrong = path in INVALID and is_wrong_in_form(path)
    assert (done.returncode != 0) == wrong, done.stderr


@pytest.mark.slow
def test_the_first_line_names_the_schema(folder: Path) -> None:
    (folder / "taplo.toml").write_text("")
    spec = folder / "spec.toml"
    text = (ROOT / "specs/digits.toml").read_text()
    lint = [program("taplo"), "lint", "spec.toml"]
    for line, code in [("", 0), ("#:schema ./snnc.schema.json\n", 1)]:
        spec.write_text(line + text.replace("units = 64", "unts = 64"))
        done = subprocess.run(lint, capture_output=True, check=False, cwd=folder)
        assert done.returncode == code


class Server:
    """A TOML language server, as an editor talks to it."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        self.requests = 0
        root = {"uri": folder.as_uri(), "name": "specs"}
        capabilities = {"textDocument": {"completion": {}, "hover": {}}}
        self.ask(
            "initialize",
            processId=None,
            rootUri=root["uri"],
            workspaceFolders=[root],
            capabilities=capabilities,
        )
        self._send(method="initialized", params={})

    def ask(self, method: str, **params: Any) -> Any:
        """Return the server's answer to a request."""
        self.requests += 1
        self._send(id=self.requests, method=method, params=params)
        answer = self._wait(lambda message: message.get("id") == self.requests)
        return answer["result"]

    def at_cursor(self, method: str, marked: str) -> Any:
        """Return the answer to a request at the place of a | in a text."""
        before, _, after = marked.partition("|")
        document = {"uri": (self.folder / f"{self.requests}.toml").as_uri()}
        opened = {**document, "languageId": "toml", "version": 1, "text": before + after}
        self._send(method="textDocument/didOpen", params={"textDocument": opened})
        # Once it says what is wrong with a document, it has read it.
        self._wait(lambda message: message.get("params", {}).get("uri") == document["uri"])
        position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return self.ask(method, textDocument=document, position=position)

    def _wait(self, is_wanted: Callable[[Any], bool]) -> Any:
        """Return the message that is waited for; what the server asks meanwhile is answered by nothing."""
        while True:
            message = self._receive()
            if "method" in message and "id" in message:
                self._send(id=message["id"], result=None)
            elif is_wanted(message):
                return message

    def _send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def _receive(self) -> Any:
        assert self.process.stdout
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return json.loads(self.process.stdout.read(length))


START = '#:schema ./snnc.schema.json\n[network]\nname = "x"\n'


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """tombi is a TOML language server in Rust; taplo's, from PyPI, is built without one."""
    server = Server([program("tombi"), "lsp", "--offline"], folder)
    yield server
    server.process.kill()
    server.process.wait()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "offered", "description"),
    [
        ('[[layers]]\nkind = "|"\n', set(map('"{}"'.format, KINDS)), "Fully connected neurons"),
        (
            '[[layers]]\nkind = "dense"\n|\n',
            {"name", "from", "neurons", "synapse", "on_chip", "units"},
            "How many neurons there are.",
        ),
        (
            '[[layers]]\nkind = "dense"\nneurons = { | }\n',
            {"max_rate", "intercept", "amplitude", "tau_rc", "tau_ref"},
            "Firing rate for an input of 1, in hertz",
        ),
        ("[|]\n", {"data", "input", "neurons", "train", "loihi"}, "Where the items come from."),
        ("[synapses]\nlayer = |\n", {'"none"', '"lowpass"', '"alpha"'}, "lowpass"),
    ],
    ids=["kinds of layers", "keys of layers", "neurons of a layer", "tables", "bare kinds"],
)
def test_completion(text: str, offered: set[str], description: str, server: Server) -> None:
    items = server.at_cursor("textDocument/completion", START + text)
    assert offered <= {item["label"] for item in items}
    assert any(description in item["documentation"]["value"] for item in items)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dropout", "conv2d", "add", "dense"])
def test_a_kind_offers_its_own_keys_alone(kind: str, server: Server) -> None:
    """Also while keys that it can't do without are still missing."""
    text = START + f'[[layers]]\nkind = "{kind}"\n|\n'
    offered = {item["label"] for item in server.at_cursor("textDocument/completion", text)}
    (table,) = [
        table
        for table in at("properties", "layers", "items", "anyOf")
        if table["properties"]["kind"]["const"] == kind
    ]
    assert {key for key in offered if key.isidentifier()} == set(table["properties"]) - {"kind"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[presentation]\nti|me = 0.1\n", "How long a stream shows an item, in seconds"),
        ("[presentation]\nti|me = 1\n", "How long a stream shows an item, in seconds"),
        ("[neurons]\nmax_|rate = 200\n", "Firing rate for an input of 1, in hertz"),
        ('[neurons]\nkind = "relu"\nmax_|rate = 200.5\n', "Firing rate for an input of 1"),
        ('[[layers]]\nkind = "dense"\nuni|ts = 20\n', "How many neurons there are."),
        ('[[layers]]\nkind = "conv2d"\nfil|ters = 20\n', "How many channels come out."),
    ],
)
def test_hover(text: str, said: str, server: Server) -> None:
    hover = server.at_cursor("textDocument/hover", START + text)
    assert said in hover["contents"]["value"]


@pytest.mark.slow
@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_tombi_finds_nothing_in_a_sound_spec(path: Path, folder: Path) -> None:
    (folder / "sound.toml").write_text("#:schema ./snnc.schema.json\n" + path.read_text())
    lint = [program("tombi"), "lint", "--offline", "sound.toml"]
    done = subprocess.run(lint, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stdout + done.stderr
