"""How each Azure service writes a moment as text."""

from datetime import UTC, datetime


def seven_decimals(moment: datetime) -> str:
    """Give the moment as .NET does in logs and ARM: `2026-03-01T09:59:00.0000000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def seven_decimals_with_offset(moment: datetime) -> str:
    """Give the moment as ARM's systemData does: `2023-12-20T12:01:51.9153813+00:00`."""
    return seven_decimals(moment)[:-1] + "+00:00"


def nine_decimals(moment: datetime) -> str:
    """Give the moment as the registry's own events do, with nanoseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def moment_of(text: str) -> datetime:
    """Read a moment back from any of the above, or from the shorter forms of clients."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
