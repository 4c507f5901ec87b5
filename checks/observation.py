"""Subject in, evidence out: read everything that could explain the symptom, before anybody judges."""

from datetime import datetime
from typing import Final

from checks.evidence import Attributes, Evidence, Looked, NotAsked
from checks.frame import Subject
from checks.model import Registry, Symptom
from checks.ports import RegistryReader

# A network rule and a filling registry are not over because somebody pushed.
_NEVER_A_PUSH: Final = (Symptom.ADDRESS_DENIED, Symptom.STORAGE_FILLING)


def observe(registry: Registry, subject: Subject, reader: RegistryReader, now: datetime) -> Evidence:
    """What the registry looks like now, as far as the subject's symptom can depend on it."""
    repository, tag, manifest = _locks(registry, subject, reader)
    return Evidence(
        read_at=now,
        settings=reader.settings(registry),
        usage=reader.usage(registry),
        repository=repository,
        tag=tag,
        manifest=manifest,
    )


def _locks(registry: Registry, subject: Subject, reader: RegistryReader) -> tuple[Looked, Looked, Looked]:
    """Repository, then tag, then the manifest that the push named or that the tag points to now.

    Where no lock can be the cause, the tag alone still tells whether it was pushed to since.
    """
    image = subject.image
    if image is None or subject.symptom in _NEVER_A_PUSH:
        return NotAsked(), NotAsked(), NotAsked()
    if subject.symptom is not Symptom.PUSH_DISALLOWED:
        pushed_to = reader.tag(registry, image.repository, image.tag) if image.tag else NotAsked()
        return NotAsked(), pushed_to, NotAsked()
    repository = reader.repository(registry, image.repository)
    tag: Looked = reader.tag(registry, image.repository, image.tag) if image.tag else NotAsked()
    digest = image.digest or (tag.digest if isinstance(tag, Attributes) else None)
    manifest: Looked = reader.manifest(registry, image.repository, digest) if digest else NotAsked()
    return repository, tag, manifest
