"""The settings of the channels, in; the channels that are in use, in order of preference, out."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from checks.model import Value
from remediations.adapters.desks import DeskSettings, desks
from remediations.ports import Channel, Desk
from remediations.routing import Pace

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from remediations.adapters.email_acs import AcsEmail
    from remediations.adapters.email_smtp import SmtpEmail

_SMTP_PORT: Final = 587
_TEAMS: Final = Pace(per_minute=30, per_hour=60, sparing=True)
_OWN_DOMAIN: Final = Pace(per_minute=20, per_hour=80)
_MANAGED_DOMAIN: Final = Pace(per_minute=4, per_hour=8)
_RELAY: Final = Pace(per_minute=30, per_hour=300)
_AZURES_OWN_DOMAIN: Final = ".azurecomm.net"


class ChannelSettings(Value, frozen=True):
    """How people are reached. An empty value is a channel that is not in use.

    There may be several Teams workflows and several lists of recipients, each a channel by its name.
    """

    teams_urls: Mapping[str, str] = {}
    details_url: str = ""
    email_endpoint: str = ""
    email_key: str = ""
    email_sender: str = ""
    email_recipients: Mapping[str, tuple[str, ...]] = {}
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
    for name, url in settings.teams_urls.items():
        from remediations.adapters.teams import Teams

        found.append(Teams(url, name=name, details_url=settings.details_url or None))
    for name, recipients in settings.email_recipients.items():
        email = _email(settings, recipients, credential, name)
        if email:
            found.append(email)
    found += map(ticketing, desks(settings.desks, credential, lambda to: _email(settings, to, credential)))
    return {channel.name: channel for channel in found}


def paces(settings: ChannelSettings) -> dict[str, Pace]:
    """How many messages each channel that reaches people takes.

    Communication Services take 30 mails a minute and 100 an hour from a domain of one's own, and 5 and 10 from one
    of Azure's; for Teams workflows no figure is published, and the retired connectors took 100 an hour. Some is
    left for what must not wait (https://learn.microsoft.com/azure/communication-services/concepts/service-limits).
    """
    azures_own = settings.email_sender.lower().endswith(_AZURES_OWN_DOMAIN)
    of_email = _RELAY if not settings.email_endpoint else _MANAGED_DOMAIN if azures_own else _OWN_DOMAIN
    return dict.fromkeys(settings.teams_urls, _TEAMS) | dict.fromkeys(settings.email_recipients, of_email)


def _email(
    settings: ChannelSettings,
    recipients: tuple[str, ...],
    credential: "Callable[[], TokenCredential]",
    name: str = "email",
) -> "AcsEmail | SmtpEmail | None":
    """Email through Azure Communication Services; else through a relay; else none."""
    if not settings.email_sender or not recipients:
        return None
    if settings.email_endpoint:
        from azure.core.credentials import AzureKeyCredential

        from remediations.adapters.email_acs import AcsEmail

        key = AzureKeyCredential(settings.email_key) if settings.email_key else credential()
        return AcsEmail(settings.email_endpoint, key, settings.email_sender, recipients, name=name)
    if settings.smtp_host:
        from remediations.adapters.email_smtp import SmtpEmail

        login = (settings.smtp_user, settings.smtp_password) if settings.smtp_user else None
        return SmtpEmail(
            settings.smtp_host, settings.smtp_port, settings.email_sender, recipients, name=name, login=login
        )
    return None
