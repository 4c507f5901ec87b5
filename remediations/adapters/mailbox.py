"""A ticket desk that is a mailbox: many desks open a ticket for every mail, and know it again by the subject."""

from typing import Final, Protocol

from remediations.mails import Mail, mail
from remediations.model import Notice
from remediations.ports import Accepted, Delivery, NoAnswer, Ref


class Mailer(Protocol):
    """What either email adapter is: made with the desk's address as its recipient."""

    @property
    def domain(self) -> str: ...

    @property
    def repeatable(self) -> bool: ...

    def hand_over(self, message_id: str, written: Mail) -> Delivery: ...


class Mailbox:
    """Tickets by mail. All mails with one key have it in the subject, and the desk makes one ticket of them."""

    name: Final = "mailbox"
    lag: Final = 0

    def __init__(self, email: Mailer) -> None:
        self._email = email

    @property
    def repeatable(self) -> bool:
        return self._email.repeatable

    def find(self, key: str) -> None:  # noqa: ARG002  a mailbox cannot be searched
        return None

    def create(self, key: str, message_id: str, notice: Notice) -> Ref | NoAnswer:
        """Hand the notice over as a mail whose subject ends with the key."""
        written = mail(notice, message_id, self._email.domain, key=key)
        came = self._email.hand_over(message_id, written)
        return Ref(key, came.reference) if isinstance(came, Accepted) else came

    def comment(self, ref: Ref, message_id: str, notice: Notice) -> Ref | NoAnswer:
        return self.create(ref.id, message_id, notice)

    def resolve(self, ref: Ref, message_id: str, notice: Notice) -> Ref | NoAnswer:
        return self.create(ref.id, message_id, notice)
