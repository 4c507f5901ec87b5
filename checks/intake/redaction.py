"""A text that somebody else wrote in, the same text without what opens anything out.

What a client prints is shown to people and kept for good, and with its debug switch a client prints its tokens.
"""

import re
from typing import Final

REDACTED: Final = "[redacted]"

# Every quantifier is bounded, or of a class that cannot contain what follows, so that no text takes long.
_NAMES: Final = r"pass(?:word|wd|phrase)|pwd|(?:client[_-]?)?secret|account[_-]?key"
_NAMED: Final = (
    rf"{_NAMES}|(?:[a-z]{{1,20}}[_-])?token|api[_-]?key|x-functions-key|sig|"
    r"shared[_-]?access[_-]?(?:key|signature)|cookie|set-cookie"
)
_NO_SECRETS: Final = ("true", "false", "null", "none", "redacted", "")
# A JWT, a private key, the tokens of GitHub and GitLab, and what Azure puts into the secrets that it makes for
# registries, applications, storage accounts and others.
# https://github.blog/engineering/behind-githubs-new-authentication-token-formats
_WHOLE: Final = re.compile(
    r"""
      (?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?
    | -----BEGIN\ [A-Z ]{0,40}PRIVATE\ KEY-----[^-]*(?:-----END\ [A-Z ]{0,40}PRIVATE\ KEY-----)?
    | (?<![A-Za-z0-9_-])(?:gh[pousr]_|github_pat_|glpat-|glcbt-)[A-Za-z0-9_-]{16,}
    | [A-Za-z0-9+/]{42}\+ACR[A-Za-z0-9]{6}
    | [A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{20,}
    | [A-Za-z0-9+/]{76}(?:\+ASt|AzSe)[A-Za-z0-9+/]{4,8}={0,2}
    """,
    re.VERBOSE,
)
_SCHEME: Final = re.compile(r"(?i)\b(bearer|basic)(\s+)[A-Za-z0-9._~+/-]{8,}={0,2}(?![A-Za-z0-9=])")
# `name=value`, `"name": "value"` and `Name:value`; a space after the colon is how sentences go on, too.
_AFTER_ITS_NAME: Final = re.compile(
    rf"(?i)(?<![A-Za-z0-9])({_NAMED})(=\s{{0,3}}\"?|\"\s{{0,3}}:\s{{0,3}}\"|:)([^\s\"'&,;}}\[\]]+)"
)
_AFTER_A_COLON: Final = re.compile(
    rf"(?i)(?<![A-Za-z0-9])({_NAMES}|cookie|set-cookie)(:[ \t]{{1,3}})([^\s\"',\[\]]+)(?<!:)(?=\s|$)"
)
_LOG_IN: Final = re.compile(
    r"(?i)(\blogin\b[^\n]{0,200}?\s(?:-p|--password|--token|--secret)[ =]{1,3})([^\s\"']+)"
)
_FUNCTIONS_KEY: Final = re.compile(r"(?i)([?&]code=)([^\s\"'&]{16,})")
_IN_URL: Final = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,20}://)[^\s/@:]{0,200}:[^\s/@]{1,500}@")


def redacted(text: str) -> str:
    """The text without passwords, keys and tokens. What looks like one is taken for one."""
    text = _WHOLE.sub(REDACTED, text)
    text = _IN_URL.sub(rf"\1{REDACTED}@", text)
    text = _SCHEME.sub(_scheme, text)
    text = _LOG_IN.sub(rf"\1{REDACTED}", text)
    text = _FUNCTIONS_KEY.sub(rf"\1{REDACTED}", text)
    return _AFTER_A_COLON.sub(_value, _AFTER_ITS_NAME.sub(_value, text))


def _value(found: re.Match[str]) -> str:
    name, between, value = found.groups()
    return found[0] if value.casefold() in _NO_SECRETS else f"{name}{between}{REDACTED}"


def _scheme(found: re.Match[str]) -> str:
    """What follows is a token unless it is a word of a sentence: "bearer challenge", "basic authentication"."""
    said = found[0].rpartition(found[2])[2]
    return found[0] if said.isalpha() and said.islower() else f"{found[1]}{found[2]}{REDACTED}"
