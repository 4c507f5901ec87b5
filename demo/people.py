"""What people got while a story was told: cards in Teams, mails, tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.local_azure import LocalAzure, Mail, TeamsPost, WorkItem


@dataclass(frozen=True)
class Told:
    """Everything that reached people."""

    cards: Sequence[TeamsPost] = ()
    mails: Sequence[Mail] = ()
    tickets: Sequence[WorkItem] = ()


class Inbox:
    """Looks at what the local Azure's channels took, from one moment on."""

    def __init__(self, azure: LocalAzure) -> None:
        self._azure = azure
        self._before = len(azure.teams_posts), len(azure.mails), len(azure.work_items)

    def told(self) -> Told:
        """What has come since."""
        cards, mails, tickets = self._before
        azure = self._azure
        return Told(azure.teams_posts[cards:], azure.mails[mails:], azure.work_items[tickets:])


def subject(mail: Mail) -> str:
    """What the mail is called."""
    content: dict[str, Any] = mail.message["content"]
    return str(content["subject"])


def html(mail: Mail) -> str:
    """The mail as a mail program shows it."""
    content: dict[str, Any] = mail.message["content"]
    return str(content["html"])


def recipients(mail: Mail) -> str:
    """Who got it."""
    return ", ".join(str(one["address"]) for one in mail.message["recipients"]["to"])
