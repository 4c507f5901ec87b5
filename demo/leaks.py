"""Whether anything that the demonstration wrote opens anything."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.local_azure import LocalAzure

_ANY_TOKEN: Final = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")
_TEXTS: Final = (".html", ".jsonl", ".txt")


def leaks(folder: Path, azure: LocalAzure) -> Iterator[str]:
    """Each file in which there is a token, a key, a password or the signature of the Teams workflow."""
    passwords = {password for registry in azure.registries.values() for _, password in (registry.login(),)}
    keys = {azure.acs_key, azure.devops_pat, f"sig={azure.teams_signature}", "AccountKey=", *passwords}
    for file in sorted(folder.rglob("*")):
        if file.suffix in _TEXTS:
            text = file.read_text(encoding="utf-8")
            if _ANY_TOKEN.search(text) or any(key in text for key in keys):
                yield str(file.relative_to(folder))
