"""What a check answers where it has nothing to judge by."""

from checks.evidence import Absent, NoAnswer, NotAsked, Unreadable
from checks.model import Unknown


def unread(what: str, part: Absent | NoAnswer | Unreadable | NotAsked) -> Unknown:
    """That it cannot tell, because `what` was not seen; and which right is missing, if that is why."""
    match part:
        case Unreadable(why=why, missing_right=right, advice=advice):
            return Unknown(why=f"{what} could not be read: {why}", missing_right=right, advice=advice)
        case NoAnswer(why=why):
            return Unknown(why=f"{what} could not be read: {why}")
        case Absent():
            return Unknown(why=f"{what} could not be read: Azure knows no such registry")
        case NotAsked():
            return Unknown(why=f"{what}: nobody looked")
