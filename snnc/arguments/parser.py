"""The parser of a command line: what is wrong with a call, in a sentence that says what to write instead."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from snnc.diagnostics.screen import BOLD, RED, screen
from snnc.diagnostics.wording import near


class Parser(argparse.ArgumentParser):
    """A parser whose help keeps its lines, and whose errors programs can read."""

    def __init__(self, *, as_json: bool = False, **keywords: Any) -> None:
        keywords.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**keywords)
        self.as_json = as_json

    def error(self, message: str) -> NoReturn:
        """Print what is wrong with the call, and leave with 2."""
        self.print_usage(sys.stderr)
        error = screen(sys.stderr).styled("error:", BOLD, RED)
        print(f"{self.prog}: {error} {message}", file=sys.stderr)
        if self.as_json:
            print(json.dumps({"error": {"message": message, "exit_code": 2}}))
        sys.exit(2)

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Name an option that there isn't, with the nearest that there is; or arguments of which there are too many."""
        option = next((word for word in unknown if word.startswith("-")), None)
        if option is None:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        there_are = [name for name in self.options if name.startswith("--")]
        self.error(there_is_no("option", option.partition("=")[0], there_are))

    @property
    def options(self) -> list[str]:
        """All that it takes, as they are written."""
        return [option for action in self._actions for option in action.option_strings]


def there_is_no(noun: str, word: str, words: Sequence[str]) -> str:
    """Return a sentence that names the nearest of all words, if one is near."""
    hint = near(word, words)
    return f"there is no {noun} {word!r}{hint and f'; {hint}'}"
