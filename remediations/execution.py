"""A change in, what came of it out. The one path on which the bot writes to a registry."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from checks.model import Registry
from remediations.journal import Story
from remediations.lease import Lease
from remediations.ledger import Ledger
from remediations.model import (
    AboutTo,
    Applied,
    CameOf,
    Change,
    Commitment,
    Failed,
    Moved,
    Released,
    Stage,
    Undone,
    Unverified,
    Verified,
)
from remediations.ports import RegistryWriter

TRY_UNDOING_AGAIN: Final = timedelta(minutes=5)
_NOT_KNOWN_TO_BE_MADE: Final = (Stage.INTENDED, Stage.MAKING, Stage.NOT_MADE)

# Looks again and asks the check of that name, the one that found the cause.
type Verify = Callable[[str], Verified | Unverified]


class Execution:
    """Makes changes and takes them back: written down before, looked at after, never without the lease."""

    def __init__(self, ledger: Ledger, writer: RegistryWriter) -> None:
        self._ledger = ledger
        self._writer = writer

    def make(
        self, registry: Registry, commitment: Commitment, story: Story, lease: Lease, verify: Verify
    ) -> Verified | Unverified | Moved | Failed:
        """The outcome of a change that is committed to.

        May be called again for a commitment that an earlier worker did not see through: what is made already is
        not made again. Raises Busy where the lease has run out.
        """
        came_of = story.find(f"{commitment.id}/came-of")
        if isinstance(came_of, CameOf) and isinstance(
            came_of.outcome, Verified | Unverified | Moved | Failed
        ):
            return came_of.outcome
        story.write(f"{commitment.id}/about-to", AboutTo(commitment.id, commitment.change))
        outcome = self._made(registry, commitment, lease, verify)
        self._ledger.bring(commitment, _stage_after(outcome))
        story.write(f"{commitment.id}/came-of", CameOf(commitment.id, outcome))
        return outcome

    def take_back(
        self, registry: Registry, held: Sequence[tuple[Commitment, Story]], change: Change, lease: Lease
    ) -> Undone | Moved | Failed:
        """The outcome of undoing. `change` is the one write that takes back what every commitment had changed."""
        for commitment, story in held:
            step = f"{commitment.id}/undo"
            story.write(f"{step}/about-to", AboutTo(step, change))
            self._ledger.bring(commitment, Stage.UNDOING, again_in=TRY_UNDOING_AGAIN)
        result = self._write(registry, change, lease, may_be_made=True)
        return Undone() if isinstance(result, Applied) else result

    def close(self, commitment: Commitment, outcome: Undone | Released, story: Story) -> None:
        """Write down what came of undoing. The bot answers for the change until people were told, too."""
        story.write(f"{commitment.id}/undo/came-of", CameOf(f"{commitment.id}/undo", outcome))

    def _made(
        self, registry: Registry, commitment: Commitment, lease: Lease, verify: Verify
    ) -> Verified | Unverified | Moved | Failed:
        if commitment.stage in _NOT_KNOWN_TO_BE_MADE:
            begun = self._ledger.bring(commitment, Stage.MAKING)
            may_be_made = commitment.stage is Stage.MAKING
            result = self._write(registry, begun.change, lease, may_be_made=may_be_made)
            if not isinstance(result, Applied):
                return result
            self._ledger.bring(begun, Stage.APPLIED)
        return verify(commitment.check)

    def _write(
        self, registry: Registry, change: Change, lease: Lease, *, may_be_made: bool
    ) -> Applied | Moved | Failed:
        return self._writer.apply(registry, change, lease.renew, may_be_made=may_be_made)


def _stage_after(outcome: Verified | Unverified | Moved | Failed) -> Stage:
    """What may be in force counts as made, so that it is undone at its time."""
    match outcome:
        case Verified():
            return Stage.VERIFIED
        case Unverified() | Failed(settled=False):
            return Stage.UNVERIFIED
        case Moved() | Failed():
            return Stage.NOT_MADE
