"""What the ticket desks beside Azure have in common: their tickets, and who may see them."""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from werkzeug import Response

if TYPE_CHECKING:
    from tests.local_azure.calls import Call


@dataclass
class DeskTicket:
    """One ticket at a desk, as that desk keeps it."""

    number: int
    fields: dict[str, Any]
    created_at: datetime
    open: bool = True
    comments: list[Any] = field(default_factory=list)


def authorise_user(call: "Call", refusal: Response) -> None:
    """Let in the user of the desks with the secret of the desks, and nobody else."""
    from tests.local_azure.calls import RefusedError

    scheme, _, text = call.request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(text).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        given = ""
    if given != f"{call.world.desk_user}:{call.world.desk_secret}":
        raise RefusedError(refusal)
