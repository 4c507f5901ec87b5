"""A report on a registry's storage in; what the terminal shows of it out."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from checks.contents import Contents, Tally
from checks.sizes import size
from remediations.plain import plain
from remediations.purging import suggestions, traps
from remediations.storage_report import StorageReport, counted, facts

_WIDTH: Final = 110
_LABEL: Final = 14


def as_text(of: StorageReport) -> Iterator[str]:
    """The lines to print: figures, forecast, trend, the largest repositories, commands and their traps."""
    yield of.registry.login_server
    for name, value in facts(of):
        yield from _wrapped(value, f"  {name:<{_LABEL}}", _LABEL + 2)
    if not of.days:
        yield "  Nobody has looked at its storage yet."
    if isinstance(of.contents, Contents) and of.contents.tallies:
        yield ""
        yield f"Repositories, the largest first ({counted(of.contents)})"
        yield from _table(of.contents.tallies)
    yield ""
    yield "What to run; none of these deletes anything"
    for one in suggestions(of):
        yield f"  # {one.shows}"
        yield f"  {one.command}"
    yield ""
    yield "Before anything is deleted"
    for trap in traps(of):
        yield from _wrapped(trap, "  - ", 4)


def _table(tallies: Sequence[Tally]) -> Iterator[str]:
    rows = [("repository", "size", "manifests", "untagged", "of those")]
    rows += [
        (
            tally.repository,
            size(tally.size),
            f"{tally.manifests:,}",
            f"{tally.untagged:,}",
            size(tally.untagged_size) if tally.untagged else "",
        )
        for tally in tallies
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *figures in rows:
        aligned = (text.rjust(width) for text, width in zip(figures, widths[1:], strict=True))
        yield f"  {name.ljust(widths[0])}  {'  '.join(aligned)}".rstrip()


def _wrapped(text: str, first: str, indent: int) -> Iterator[str]:
    """The text on lines that fit; what has to stay in one piece, stays in one piece."""
    yield from wrap(
        plain(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
