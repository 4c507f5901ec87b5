"""A ticket desk that is a mailbox: many desks open a ticket for every mail, and know it again by the subject."""

from typing import Final, Protocol

from remediations.mails import Mail, mail
from remediations.model import Notice
from remediations.ports import Dead, Delivery


class Mailer(Protocol):
    """What either email adapter is: made with the desk's address as its recipient."""

    @property
    def domain(self) -> str: ...

    @property
    def repeatable(self) -> bool: ...

    def hand_over(self, message_id: str, written: Mail) -> Delivery: ...


class Mailbox:
    """Tickets by mail. All mails with one key have it in the subject and are one thread."""

    name: Final = "mailbox"
    desk: Final = True

    def __init__(self, email: Mailer) -> None:
        self._email = email

    @property
    def repeatable(self) -> bool:
        return self._email.repeatable

    def send(self, message_id: str, notice: Notice) -> Delivery:
        """Hand the notice over as a mail whose subject ends with the ticket's key."""
        if notice.ticket_key is None:
            return Dead("the notice has no ticket key")
        return self._email.hand_over(
            message_id, mail(notice, message_id, self._email.domain, key=notice.ticket_key)
        )
