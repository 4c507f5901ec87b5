"""The settings of the channels, in; the channels that are in use, in order of preference, out."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from checks.model import Value
from remediations.adapters.desks import DeskSettings, desks
from remediations.ports import Channel, Desk

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from remediations.adapters.email_acs import AcsEmail
    from remediations.adapters.email_smtp import SmtpEmail

_SMTP_PORT: Final = 587


class ChannelSettings(Value, frozen=True):
    """How people are reached. An empty value is a channel that is not in use."""

    teams_url: str = ""
    details_url: str = ""
    email_endpoint: str = ""
    email_key: str = ""
    email_sender: str = ""
    email_recipients: tuple[str, ...] = ()
    smtp_host: str = ""
    smtp_port: int = _SMTP_PORT
    smtp_user: str = ""
    smtp_password: str = ""
    desks: DeskSettings = DeskSettings()


def channels(
    settings: ChannelSettings,
    credential: "Callable[[], TokenCredential]",
    ticketing: Callable[[Desk], Channel],
) -> dict[str, Channel]:
    """Every channel that the settings name: Teams, then email, then the ticket desks.

    `ticketing` makes a channel of a desk: one that opens one ticket for one key.
    """
    found: list[Channel] = []
    if settings.teams_url:
        from remediations.adapters.teams import Teams

        found.append(Teams(settings.teams_url, details_url=settings.details_url or None))
    email = _email(settings, settings.email_recipients, credential)
    if email:
        found.append(email)
    found += map(ticketing, desks(settings.desks, credential, lambda to: _email(settings, to, credential)))
    return {channel.name: channel for channel in found}


def _email(
    settings: ChannelSettings, recipients: tuple[str, ...], credential: "Callable[[], TokenCredential]"
) -> "AcsEmail | SmtpEmail | None":
    """Email through Azure Communication Services; else through a relay; else none."""
    if not settings.email_sender or not recipients:
        return None
    if settings.email_endpoint:
        from azure.core.credentials import AzureKeyCredential

        from remediations.adapters.email_acs import AcsEmail

        key = AzureKeyCredential(settings.email_key) if settings.email_key else credential()
        return AcsEmail(settings.email_endpoint, key, settings.email_sender, recipients)
    if settings.smtp_host:
        from remediations.adapters.email_smtp import SmtpEmail

        login = (settings.smtp_user, settings.smtp_password) if settings.smtp_user else None
        return SmtpEmail(
            settings.smtp_host, settings.smtp_port, settings.email_sender, recipients, login=login
        )
    return None
