"""Turns what a client or a build log printed into plain sentences that rules can read.

Nothing is judged here. Colours, clocks, markup, escapes and line wraps are taken away; what was
said stays, in its order, together with where each line began.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

FROM_THE_START: Final = 24 * 1024
"""Characters read from the beginning: the command that was run and the name it pushed to."""
FROM_THE_END: Final = 72 * 1024
"""Characters read from the end: a client gives its reason last."""
AROUND_A_SIGNPOST: Final = 2 * 1024
"""Characters read before and after a signpost in the part between."""

SIGNPOSTS: Final = (
    "operation is disallowed",
    "is not allowed access",
    "REGISTRY_DISALLOWED_OPERATION",
    "authentication required",
    "unauthorized:",
    "denied:",
    "oomanyrequests",
    "no such host",
    "i/o timeout",
    "x509:",
    "AADSTS",
    "failed to push",
    "The push refers to",
    "docker push",
)
"""Words worth a look in the part of a very long text that is otherwise left out."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as its sentences.

    `words` is one long line in its own case; `low` is the same in lower case with its line breaks, so
    that a position means the same place in both. `names` is `words` in which no word is cut in two at the
    edge of a terminal: what parted its halves stands behind it.
    """

    words: str
    names: str
    low: str
    starts: tuple[int, ...]
    left_out: int

    def line_of(self, position: int) -> int:
        """The number of the line that holds this position."""
        return bisect_right(self.starts, position) - 1

    def start_of(self, line: int) -> int:
        """Where a line begins."""
        return self.starts[line]

    def end_of(self, line: int) -> int:
        """Where a line ends."""
        return self.starts[line + 1] if line + 1 < len(self.starts) else len(self.words)

    def went_well(self, line: int) -> bool:
        """Whether a line reports a step that was done, as a list of checks does: what it names did not fail."""
        last = line + 1 == len(self.starts)
        return self.low.endswith(": ok", self.starts[line], self.end_of(line) - (0 if last else 1))


def phrases(*patterns: str) -> re.Pattern[str]:
    """A pattern for any of these; a space in it is also a line break, as a narrow window would make one."""
    return re.compile("|".join(_spaces_as_breaks(pattern) for pattern in patterns), re.MULTILINE | re.DOTALL)


def wrapped(phrase: str) -> str:
    """A phrase that a narrow terminal may have broken anywhere, even within a word."""
    return r"\s?".join(re.escape(letter) for letter in phrase if letter != " ")


def _spaces_as_breaks(pattern: str) -> str:
    """The pattern with each space outside of a character class made any white space."""
    written, in_class, escaped = [], False, False
    for letter in pattern:
        if not escaped and letter in "[]":
            in_class = letter == "["
        written.append(r"\s" if letter == " " and not in_class else letter)
        escaped = letter == "\\" and not escaped
    return "".join(written)


def read(text: str) -> Reading:
    """What the text says, whatever its length: at most some 160 000 characters of it are kept."""
    kept, left_out = _within_reach(text)
    printed = _plain(kept).split("\n")
    bare = [_without_prefixes(line) for line in printed]
    cut = _cut(printed, bare)
    lines = [" ".join(line.split()) for line in bare]
    starts: list[int] = []
    position = 0
    for line in filter(None, lines):
        starts.append(position)
        position += len(line) + 1
    low = "\n".join(filter(None, lines)).translate(_ASCII_LOWER)
    words = " ".join(filter(None, lines))
    names = _joined(lines, cut) if cut else words
    return Reading(words=words, names=names, low=low, starts=tuple(starts) or (0,), left_out=left_out)


_NARROWEST: Final = 40
_LETTER: Final = re.compile(r"[A-Za-z0-9._/:@-]")
_GOES_ON: Final = re.compile(r"(?![a-z]{1,20}[:=])[a-z0-9._/:@-]")
_CUT: Final = "\0"
_SAME_START: Final = 6


def _cut(printed: list[str], bare: list[str]) -> frozenset[int]:
    """The lines that end within a word because the terminal did.

    Two lines or more, one after the other, are as long as any is, and a shorter one brings the rest. None begins
    like another: the lines of a log or a list do.
    """
    width = max(map(len, printed))
    full = {number for number, line in enumerate(printed[:-1]) if len(line) == width and printed[number + 1]}
    begin = {bare[number][:_SAME_START] for number in full}
    if width < _NARROWEST or len(begin) < len(full):
        return frozenset()
    together = {number for number in full if number - 1 in full or number + 1 in full}
    return frozenset(
        number for number in together if _LETTER.match(bare[number][-1:]) and _GOES_ON.match(bare[number + 1])
    )


def _joined(lines: list[str], cut: frozenset[int]) -> str:
    """The lines as one, each word that was cut in one piece."""
    ends = (_CUT if number in cut else " " for number in range(len(lines)))
    parted = "".join(f"{line}{end}" for line, end in zip(lines, ends, strict=True) if line)
    return _WORD.sub(lambda found: found[0].replace(_CUT, "") + " " * found[0].count(_CUT), parted)[:-1]


_WORD: Final = re.compile(r"\S+")


def _within_reach(text: str) -> tuple[str, int]:
    """The text, or its two ends and the places between them that a signpost points at."""
    if len(text) <= FROM_THE_START + FROM_THE_END:
        return text, 0
    left, right = FROM_THE_START, len(text) - FROM_THE_END
    spans = sorted(
        (max(left, found - AROUND_A_SIGNPOST), min(right, found + AROUND_A_SIGNPOST))
        for signpost in SIGNPOSTS
        if (found := text.rfind(signpost, left, right)) >= 0
    )
    pieces = [text[:left]]
    reached = left
    for start, end in spans:
        if end > reached:
            pieces.append(text[max(start, reached) : end])
            reached = end
    pieces.append(text[right:])
    kept = "\n".join(pieces)
    return kept, max(0, len(text) - sum(map(len, pieces)))


_ASCII_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}

_LOOKALIKES: Final = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2033": '"',
        "\u00a0": " ", "\u200b": "", "\u200c": "", "\u200d": "", "\ufeff": "", "\u2060": "", "\u00ad": "",
        "\u2502": " ", "\u2503": " ", "\u2551": " ", "\u2570": " ", "\u2500": " ", "\u256d": " ",
        "`": " ", "\r": "\n", "\t": " ", "\v": " ", "\f": " ", "\x00": "", "\x08": "", "\x07": "",
        "\u2028": "\n", "\u2029": "\n", "\x85": "\n", "\x1c": " ", "\x1d": " ", "\x1e": " ", "\x1f": " ",
    }
)  # fmt: skip

_COLOUR: Final = re.compile(
    r"(?:\x1b|\u241b|\^\[)\][^\x07\x1b\x9c\u241b\n^]{0,2000}(?:\x07|\x9c|(?:\x1b|\u241b|\^\[)\\|\^G)"
    r"|(?:\x1b|\x9b|\u241b|\^\[)\[?[0-?]{0,24}[ -/]{0,4}[@-~]"
    r"|\[(?:\d{1,3}(?:;\d{1,3}){0,5})?m(?![a-z\]])"
)
_ESCAPED_CODE: Final = re.compile(r"\\{1,8}u00([2-7][0-9a-fA-F])")
_ESCAPED_BREAK: Final = re.compile(r"\\{1,8}[rn](?![a-z]{3,40}\\)")
_ESCAPED_MARK: Final = re.compile(r"\\{1,8}([\"'/<>&])")
_ENTITY: Final = re.compile(
    r"&(?:amp;){0,4}(#39|#x27|#34|#x22|apos|quot|lt|gt|amp|nbsp|#47|#x2f);", re.IGNORECASE
)
_ENTITIES: Final = {
    "#39": "'", "#x27": "'", "apos": "'", "#34": '"', "#x22": '"', "quot": '"',
    "lt": "<", "gt": ">", "amp": "&", "nbsp": " ", "#47": "/", "#x2f": "/",
}  # fmt: skip
_LINK: Final = re.compile(r"<(https?:/[^<>\s]{1,1000})>")
_BREAK_TAG: Final = re.compile(r"</?(?:br|p|li|tr|div|title|h[1-6])(?:\s[^<>\n]{0,100})?/?>", re.IGNORECASE)
_TAG: Final = re.compile(
    r"</?(?:a|b|i|u|em|strong|small|span|font|code|pre|ul|ol|td|th|table|tbody|html|head|body|center|hr)"
    r"(?:\s[^<>\n]{0,200})?/?>",
    re.IGNORECASE,
)

_PREFIX: Final = re.compile(
    r"\s{0,40}(?:"
    r"\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\s?(?:Z|UTC|[+-]\d\d:?\d\d)?\]?:?"
    r"|\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?(?=\s)"
    r"|##\[[a-z]{1,16}\]"
    r"|::(?:error|warning|notice|debug|group)(?:\s[^:\n]{0,200})?::"
    r"|\[(?:error|info|warn|warning|debug|fatal|command)\](?=\s|$)"
    r"|#\d{1,4}\s(?:\d{1,5}\.\d{1,3}(?=\s))?"
    r"|[|>#](?=\s)"
    r")",
    re.IGNORECASE,
)
_MOST_PREFIXES: Final = 6


def _plain(text: str) -> str:
    """The text without colours, markup and escapes; its line breaks stay."""
    text = _COLOUR.sub("", text.replace("\r\n", "\n")).translate(_LOOKALIKES)
    text = _ESCAPED_CODE.sub(lambda found: chr(int(found[1], 16)), text)
    text = _ESCAPED_BREAK.sub("\n", text)
    text = _ESCAPED_MARK.sub(r"\1", text)
    text = _ENTITY.sub(lambda found: _ENTITIES[found[1].lower()], text)
    text = _LINK.sub(r"\1", text)
    return _TAG.sub(" ", _BREAK_TAG.sub("\n", text))


def _without_prefixes(line: str) -> str:
    """One line without clocks, log levels and build step numbers."""
    bare = line
    for _ in range(_MOST_PREFIXES):
        found = _PREFIX.match(bare)
        if found is None or found.end() == 0:
            break
        bare = bare[found.end() :]
    return bare if bare is line else bare.removeprefix(" ")
