"""Hostile text in, text that is only what it seems out: nothing in it hides, moves or turns around."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Final

CUT: Final = "… cut"

# Joiners that scripts and emoji need; every other format character is only there to hide something.
_JOINERS: Final = "\u200c\u200d"
_LINE_ENDS: Final = "\n\x0b\x0c\x85\u2028\u2029"


class _Shown(dict[int, str]):
    """What each character is shown as, found out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = shown = _shown(chr(code))
        return shown


def _shown(character: str) -> str:
    if character in _LINE_ENDS:
        return "\n"
    match unicodedata.category(character):
        case "Cs":
            return "\ufffd"
        case "Cc":
            return "    " if character == "\t" else ""
        case "Cf":
            return character if character in _JOINERS else ""
        case _:
            return character


_SHOWN: Final = _Shown()


def plain(text: str) -> str:
    """The text without control, bidirectional and invisible characters. Its only line end is the newline."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_SHOWN).strip("\n")


def one_line(text: str) -> str:
    """The same on a single line, with single spaces: fit for a subject, a title or a header."""
    return " ".join(plain(text).split())


def lines(answer: Mapping[str, object]) -> str:
    """Each name and value on a line of its own, for whoever has no parser for anything more."""
    texts = ((name, value if isinstance(value, str) else json.dumps(value)) for name, value in answer.items())
    return "".join(f"{name}: {one_line(text)}\n" for name, text in texts)


def cut(text: str, length: int) -> str:
    """The text, or its first `length` characters and the honest word that there was more."""
    return text if len(text) <= length else f"{text[:length].rstrip()} {CUT}".lstrip()
