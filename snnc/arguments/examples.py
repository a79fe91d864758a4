"""Examples of each command, for its help: what to type, and what that is for."""

from __future__ import annotations

#: Each is at most 36 characters of a command, and at most 38 of what it does, so that both fit a terminal.
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "new": (("snnc new mine", "write mine.toml"),),
    "import": (
        ("snnc import model.h5", "write model.toml, model.params.npz"),
        ("snnc import m.json --weights m.h5", "architecture and weights apart"),
        ("snnc import m.onnx --data x.npz", "and say how accurate it is"),
        ("snnc import m.keras --check-only", "say what would become of each layer"),
    ),
    "check": (
        ("snnc check", "every spec in this folder"),
        ("snnc check mine.toml --data", "the values of its data too"),
        ("snnc check mine.toml --json", "for programs"),
    ),
    "explain": (
        ("snnc explain chip-neurons", "a code, as reports have it"),
        ("snnc explain neurons.max_rate", "a key of specs"),
        ("snnc explain layers", "the keys of a table"),
        ("snnc explain", "list all codes"),
    ),
    "compile": (
        ("snnc compile mine.toml", "write mine_train.py, mine_loihi.py"),
        ("snnc compile mine.toml -o scripts", "into another folder"),
        ("snnc compile --check *.toml", "fail if a script is out of date"),
    ),
    "show": (
        ("snnc show mine.toml", "its layers"),
        ("snnc show mine.toml --cores", "what each core of the chip takes"),
        ("snnc show mine.toml --full", "every value, and where it is from"),
    ),
    "train": (
        ("snnc train mine.toml", "write mine.params.npz"),
        ("snnc train mine.toml --baseline", "and its float twin, to compare with"),
        ("snnc train mine.toml --resume", "go on after an interrupt"),
        ("snnc train mine.toml -q > log", "only the table, and warnings"),
        ("snnc train m.toml --seeds 5 --jobs 2", "five seeds, two at a time"),
    ),
    "run": (
        ("snnc run mine.toml", "wherever its targets say"),
        ("snnc run mine.toml --on emulator", "on the chip's emulator alone"),
        ("snnc run mine.toml --verify 10", "and compare with NengoLoihi"),
        ("snnc run mine.toml --json > r.json", "for programs"),
        ("snnc run mine.toml --seeds 5", "mean and deviation of five seeds"),
    ),
    "calibrate": (
        ("snnc calibrate mine.toml", "search, and write the spec"),
        ("snnc calibrate mine.toml --dry-run", "write nothing"),
    ),
    "predict": (
        ("snnc predict m.toml --data new.csv", "one line an item"),
        ("snnc predict m.toml --data x.npz -w a", "to the file a"),
    ),
    "tune": (
        ("snnc tune mine.toml", "say what would be best"),
        ("snnc tune mine.toml --apply", "and write it to the spec"),
    ),
    "study": (
        ("snnc study mine.toml", "search, or go on searching"),
        ("snnc study mine.toml --apply", "and write mine_trialN.toml"),
        ("snnc study mine.toml --trials 0", "show what was found"),
    ),
    "export": (("snnc export mine.toml --nir mine.nir", "as a NIR graph"),),
    "report": (("snnc report mine.toml", "write mine.report.html"),),
    "ladder": (
        ("snnc ladder mine.toml", "where accuracy goes, and why"),
        ("snnc ladder mine.toml --apply", "and write what brings it back"),
    ),
    "schema": (("snnc schema -o snnc.schema.json", "for an editor"),),
    "completion": (
        ("snnc completion bash > FILE", "FILE in ~/.local/share/bash-completion"),
        ("snnc completion zsh > ~/.zfunc/_snnc", "with ~/.zfunc in fpath"),
    ),
    "doctor": (
        ("snnc doctor", "before the first training"),
        ("snnc doctor --compile", "so that the first run compiles nothing"),
        ("snnc doctor --json", "for programs"),
    ),
}


def shown(command: str) -> str:
    """Return the examples of a command as lines, each with what it is for."""
    examples = EXAMPLES[command]
    width = max(len(line) for line, _ in examples)
    return "\n".join(["examples:", *(f"  {line:<{width}}  {why}" for line, why in examples)])
