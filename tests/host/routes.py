"""How the Functions host finds the function that an HTTP request is for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

_PARAMETER = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\{(\w+)\?\}")
_REST = re.compile(r"\{\*(\w+)\}")


@dataclass(frozen=True)
class Route:
    """A function, and the method and path by which it is reached."""

    function: str
    template: str
    methods: frozenset[str]

    @property
    def precedence(self) -> tuple[int, ...]:
        """Literal segments go before parameters, and parameters before the rest of a path."""
        return tuple(
            2 if _REST.fullmatch(segment) else int("{" in segment) for segment in self.template.split("/")
        )

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """The route parameters if the request is for this function. A wrong method is a wrong path."""
        if method.upper() not in self.methods:
            return None
        found = re.fullmatch("".join(map(_pattern, self.template.split("/"))), path, re.IGNORECASE)
        return found and {
            name: unquote(value) for name, value in found.groupdict().items() if value is not None
        }


def _pattern(segment: str) -> str:
    if rest := _REST.fullmatch(segment):
        return rf"(?:/(?P<{rest[1]}>.*))?"
    if optional := _OPTIONAL.fullmatch(segment):
        return rf"(?:/(?P<{optional[1]}>[^/]+))?"
    literals = _PARAMETER.split(segment)[::2]
    if any("{" in literal for literal in literals):
        raise NotImplementedError(f"a route constraint is not played here: {segment}")
    names = _PARAMETER.findall(segment)
    named = [f"(?P<{name}>[^/]+)" for name in names] + [""]
    return "/" + "".join(re.escape(literal) + group for literal, group in zip(literals, named, strict=True))
