"""Bicep as text, in; declarations and expressions, out. As much of the language as these templates speak.

tree-sitter-bicep finds syntax errors, but binds `a ? b : c.d` as `(a ? b : c).d`; so what is evaluated is read here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True)
class Literal:
    """A number, a truth value or null."""

    value: Any


@dataclass(frozen=True)
class Text:
    """A string: what stands in it, and the expressions within it."""

    parts: tuple["str | Expression", ...]


@dataclass(frozen=True)
class Name:
    """A name in scope."""

    name: str


@dataclass(frozen=True)
class Member:
    """What is got with a dot."""

    of: "Expression"
    name: str


@dataclass(frozen=True)
class Index:
    """What is got with brackets."""

    of: "Expression"
    key: "Expression"


@dataclass(frozen=True)
class Call:
    """A function's value."""

    function: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True)
class Not:
    """The opposite."""

    of: "Expression"


@dataclass(frozen=True)
class Both:
    """Two values and what is between them."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Choice:
    """`a ? b : c`."""

    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"


@dataclass(frozen=True)
class Items:
    """An array."""

    items: tuple["Expression", ...]


@dataclass(frozen=True)
class Fields:
    """An object."""

    fields: tuple[tuple["Expression", "Expression"], ...]


@dataclass(frozen=True)
class For:
    """`[for x in xs: body]`."""

    variable: str
    over: "Expression"
    body: "Expression"


@dataclass(frozen=True)
class If:
    """`if (condition) {…}`: a resource or a module that may not be there."""

    condition: "Expression"
    body: "Expression"


type Expression = (
    Literal | Text | Name | Member | Index | Call | Not | Both | Choice | Items | Fields | For | If
)


@dataclass(frozen=True)
class Declaration:
    """One declaration of a file."""

    kind: str
    name: str
    decorators: dict[str, tuple[Expression, ...]]
    type: str = ""
    existing: bool = False
    value: Expression | None = None


@dataclass
class File:
    """All declarations of a file."""

    scope: str = "resourceGroup"
    using: str = ""
    declarations: list[Declaration] = field(default_factory=list)

    def of(self, kind: str) -> dict[str, Declaration]:
        """Those of a kind, by name."""
        return {one.name: one for one in self.declarations if one.kind == kind}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    fresh: bool  # whether a new line began before it


_PATTERN: Final = re.compile(
    r"(?P<space>[ \t\r\n]+)|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<number>\d+)|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign>\?\?|==|!=|&&|\|\||[{}\[\]():,.?!=@])",
    re.DOTALL,
)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", "$": "$"}
_BINDS: Final = {"??": 1, "||": 2, "&&": 3, "==": 4, "!=": 4}


class BicepError(Exception):
    """The text is not the Bicep that is understood here, or means nothing."""


def read(text: str) -> File:
    """The declarations of a file."""
    return _Reader(text).file()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._token = self._next()

    def file(self) -> File:
        file = File()
        decorators: dict[str, tuple[Expression, ...]] = {}
        while self._token.kind != "end":
            if self._takes("@"):
                call = self._postfix()
                assert isinstance(call, Call)
                decorators[call.function] = call.arguments
                continue
            kind = self._word()
            if kind == "targetScope":
                self._sign("=")
                file.scope = self._plain()
            elif kind == "using":
                file.using = self._plain()
            else:
                file.declarations.append(self._declaration(kind, decorators))
                decorators = {}
        return file

    def _declaration(self, kind: str, decorators: dict[str, tuple[Expression, ...]]) -> Declaration:
        if kind not in ("param", "var", "resource", "module", "output"):
            raise BicepError(f"no declaration begins with {kind}")
        name = self._word()
        typed = ""
        existing = False
        if kind in ("resource", "module"):
            typed = self._plain()
            existing = self._token.text == "existing" and bool(self._word())
        elif kind in ("param", "output") and self._token.kind == "word":
            typed = self._word() + ("[]" if self._takes("[") and self._takes("]") else "")
        value = self._expression() if self._takes("=") else None
        return Declaration(kind, name, decorators, typed, existing, value)

    def _expression(self, binding: int = 0) -> Expression:
        left = self._prefix()
        while (strength := _BINDS.get(self._token.text, 0)) > binding:
            operator = self._advance().text
            left = Both(operator, left, self._expression(strength))
        if binding == 0 and self._takes("?"):
            then = self._expression()
            self._sign(":")
            return Choice(left, then, self._expression())
        return left

    def _prefix(self) -> Expression:
        return Not(self._prefix()) if self._takes("!") else self._postfix()

    def _postfix(self) -> Expression:
        found = self._primary()
        while not self._token.fresh:
            if self._takes("."):
                name = self._word()
                # `sys.range(…)` is `range(…)`.
                found = (
                    Call(name, self._arguments())
                    if self._token.text == "(" and found == Name("sys")
                    else Member(found, name)
                )
            elif self._takes("["):
                found = Index(found, self._expression())
                self._sign("]")
            elif self._token.text == "(" and isinstance(found, Name):
                found = Call(found.name, self._arguments())
            elif self._token.text == "!" and self._text[self._at : self._at + 1] == ".":
                self._advance()
            else:
                break
        return found

    def _arguments(self) -> tuple[Expression, ...]:
        self._sign("(")
        return tuple(self._until(")"))

    def _primary(self) -> Expression:
        token = self._advance()
        match token.kind, token.text:
            case "number", digits:
                return Literal(int(digits))
            case "word", "true" | "false" | "null":
                return Literal({"true": True, "false": False, "null": None}[token.text])
            case "word", "if":
                self._sign("(")
                condition = self._expression()
                self._sign(")")
                return If(condition, self._expression())
            case "word", name:
                return Name(name)
            case "text", inside:
                return self._text_of(inside)
            case "sign", "(":
                found = self._expression()
                self._sign(")")
                return found
            case "sign", "[":
                return self._for() if self._token.text == "for" else Items(tuple(self._until("]")))
            case "sign", "{":
                return Fields(tuple(self._fields()))
            case _:
                raise BicepError(f"no expression begins with {token.text!r}")

    def _for(self) -> Expression:
        self._advance()
        variable = self._word()
        if self._word() != "in":
            raise BicepError("a loop without `in`")
        over = self._expression()
        self._sign(":")
        body = self._expression()
        self._sign("]")
        return For(variable, over, body)

    def _fields(self) -> Iterator[tuple[Expression, Expression]]:
        while not self._takes("}"):
            key: Expression = Text((self._word(),)) if self._token.kind == "word" else self._primary()
            self._sign(":")
            yield key, self._expression()
            self._takes(",")

    def _until(self, end: str) -> Iterator[Expression]:
        while not self._takes(end):
            yield self._expression()
            self._takes(",")

    def _text_of(self, inside: str) -> Text:
        parts: list[str | Expression] = []
        at = 0
        said = ""
        while at < len(inside):
            if inside[at] == "\\":
                said += _ESCAPES[inside[at + 1]]
                at += 2
            elif inside.startswith("${", at):
                end = _closing(inside, at + 2)
                parts += [said, _Reader(inside[at + 2 : end])._expression()]
                said = ""
                at = end + 1
            else:
                said += inside[at]
                at += 1
        return Text((*parts, said))

    def _plain(self) -> str:
        text = self._primary()
        if not isinstance(text, Text) or not all(isinstance(part, str) for part in text.parts):
            raise BicepError("a plain string was expected")
        return "".join(str(part) for part in text.parts)

    def _word(self) -> str:
        token = self._advance()
        if token.kind != "word":
            raise BicepError(f"a name was expected, not {token.text!r}")
        return token.text

    def _sign(self, sign: str) -> None:
        if not self._takes(sign):
            raise BicepError(f"{sign!r} was expected, not {self._token.text!r}")

    def _takes(self, sign: str) -> bool:
        if self._token.kind == "sign" and self._token.text == sign:
            self._advance()
            return True
        return False

    def _advance(self) -> _Token:
        token, self._token = self._token, self._next()
        return token

    def _next(self) -> _Token:
        fresh = False
        while self._at < len(self._text):
            if self._text[self._at] == "'":
                start = self._at + 1
                end = _closing_quote(self._text, start)
                self._at = end + 1
                return _Token("text", self._text[start:end], fresh)
            found = _PATTERN.match(self._text, self._at)
            if not found:
                raise BicepError(f"what is {self._text[self._at : self._at + 20]!r}?")
            self._at = found.end()
            if found.lastgroup in ("space", "comment"):
                fresh = fresh or "\n" in found[0]
                continue
            return _Token(str(found.lastgroup), found[0], fresh)
        return _Token("end", "", fresh)


def _closing_quote(text: str, at: int) -> int:
    while text[at] != "'":
        if text[at] == "\\":
            at += 2
        elif text.startswith("${", at):
            at = _closing(text, at + 2) + 1
        else:
            at += 1
    return at


def _closing(text: str, at: int) -> int:
    """Where the interpolation ends that began before `at`."""
    while text[at] != "}":
        if text[at] == "'":
            at = _closing_quote(text, at + 1)
        at += 1
    return at
