"""Import packages in a process of their own, to see whether they can be: versions that fit may still be broken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence

#: Packages whose module has another name.
_MODULES = {"scikit-learn": "sklearn"}

#: Imports the modules that it is given, as training does; says which one comes, and if it can't be imported, why.
_PROBE = """
import importlib, sys
from snnc.environment import compat
compat.prepare()
for name in sys.argv[1:]:
    print("import", name, flush=True)
    try:
        with compat.quietly():
            importlib.import_module(name)
    except BaseException as error:
        print("failed", " ".join(f"{type(error).__name__}: {error}".split()), flush=True)
"""


def failures(packages: Sequence[str]) -> dict[str, str]:
    """Return why packages can't be imported, by their names; empty if all can.

    An import that ends its process, as TensorFlow's does on an old processor, ends the one that was started for it.
    """
    modules = {_MODULES.get(name, name.replace("-", "_")): name for name in packages}
    done = subprocess.run(  # noqa: S603 - this Python, on modules that we name
        [sys.executable, *(["-S"] if sys.flags.no_site else []), "-c", _PROBE, *modules],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    broken: dict[str, str] = {}
    module = ""
    for line in done.stdout.splitlines():
        kind, _, told = line.partition(" ")
        if kind == "import":
            module = told
        elif kind == "failed":
            broken[modules[module]] = told
    if done.returncode:
        name = modules.get(module, packages[0])
        broken[name] = _end(done.returncode, done.stderr)
    return broken


def _end(code: int, said: str) -> str:
    """Return how a process ended."""
    if code < 0:
        return f"its import ended Python: {signal.Signals(-code).name}"
    return (said.strip().splitlines() or [f"its import ended Python with {code}"])[-1]
