"""Hostile text in, text that is only what it seems out: nothing in it hides, moves or turns around."""

import unicodedata
from typing import Final

CUT: Final = "… cut"

# Joiners that scripts and emoji need; every other format character is only there to hide something.
_JOINERS: Final = "\u200c\u200d"
_LINE_ENDS: Final = dict.fromkeys(map(ord, "\x0b\x0c\x85\u2028\u2029"), "\n")


def plain(text: str) -> str:
    """The text without control, bidirectional and invisible characters. Its only line end is the newline."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").translate(_LINE_ENDS).replace("\t", "    ")
    return "".join(map(_shown, lines)).strip("\n")


def one_line(text: str) -> str:
    """The same on a single line, with single spaces: fit for a subject, a title or a header."""
    return " ".join(plain(text).split())


def cut(text: str, length: int) -> str:
    """The text, or its first `length` characters and the honest word that there was more."""
    return text if len(text) <= length else f"{text[:length].rstrip()} {CUT}".lstrip()


def _shown(character: str) -> str:
    match unicodedata.category(character):
        case "Cs":
            return "\ufffd"
        case "Cc":
            return character if character == "\n" else ""
        case "Cf":
            return character if character in _JOINERS else ""
        case _:
            return character
