"""Failures and successes in, failures that still stand out.

A push is many requests, and a client tries some of them again. What failed and then succeeded is no failure.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from checks.model import Image, Signal, Symptom, Value

type _Key = tuple[str | None, ...]

# Layers come minutes before the manifest that names them.
_ONE_PUSH: Final = timedelta(minutes=5)


class Success(Value, frozen=True):
    """A push, or without an image a login, that succeeded."""

    registry: str
    image: Image | None
    identity: str | None
    address: str | None
    at: datetime


class Overtaken(Value, frozen=True):
    """A failure that is over: what had failed succeeded at `at`."""

    signal: Signal
    at: datetime


def parted(signals: Iterable[Signal], successes: Iterable[Success]) -> tuple[list[Signal], list[Overtaken]]:
    """The signals that still stand, and those that a success came after, with the time of the last.

    A layer's stands with the image that it was pushed for, where that is told.
    """
    last: dict[_Key, datetime] = {}
    for success in successes:
        for key in _proves(success):
            last[key] = max(last.get(key, success.at), success.at)
    left, over = list[Signal](), list[Overtaken]()
    for signal in signals:
        at = last.get(_needs(signal), signal.at)
        if at > signal.at:
            over.append(Overtaken(signal, at))
        else:
            left.append(signal)
    tagged = {_push(signal): signal for signal in left if signal.image and signal.image.tag}
    return [_whole(signal, tagged.get(_push(signal))) for signal in left], over


def _proves(success: Success) -> tuple[_Key, ...]:
    """What this success shows to work."""
    of, image = success.registry, success.image
    if image is None:
        return ((of, "login", success.identity, success.address), (of, "address", success.address))
    references = (image.tag or image.digest, image.digest)
    return (
        *(
            (of, "image", image.repository, each, who)
            for each in references
            for who in (None, success.identity)
        ),
        (of, "layers", image.repository, success.identity, success.address),
        (of, "address", success.address),
    )


def _needs(signal: Signal) -> _Key:
    """What must have succeeded later for the signal to be over; whoever lacks a right, nobody else's push gives it."""
    of, image = signal.registry, signal.image
    if signal.symptom is Symptom.ADDRESS_DENIED:
        return of, "address", signal.address
    if image is None:
        return of, "login", signal.identity, signal.address
    if image.tag or image.digest:
        who = signal.identity if signal.symptom is Symptom.UNAUTHORIZED else None
        return of, "image", image.repository, image.tag or image.digest, who
    return of, "layers", image.repository, signal.identity, signal.address


def _whole(signal: Signal, other: Signal | None) -> Signal:
    """The signal of a refused layer, with the tag of the same push if another signal knows it."""
    is_layer = signal.image and not signal.image.tag and not signal.image.digest
    if is_layer and other and abs(other.at - signal.at) <= _ONE_PUSH:
        return replace(signal, image=other.image)
    return signal


def _push(signal: Signal) -> _Key:
    repository = signal.image.repository if signal.image else None
    return signal.registry, signal.symptom, repository, signal.identity, signal.address
