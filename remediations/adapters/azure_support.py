"""Microsoft's support by Azure Resource Manager. There is no sandbox: what is opened here is a real case.

Neither the service nor what its tickets may be about has an id that one may know: both are looked up each time.
https://learn.microsoft.com/rest/api/support
"""

import re
import time
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

from remediations.adapters.desk_api import DeskApi, bearer
from remediations.adapters.http_call import Answer
from remediations.ports import Dead, Later, NoAnswer, Unsure
from remediations.support import ACTION, Case, Request, Topic

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_VERSION: Final = "api-version=2024-04-01"
_PERMISSIONS: Final = "providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
_TICKET: Final = "Microsoft.Support/supportTickets"
_REGISTRIES: Final = "microsoft.containerregistry/registries"
_SERVICE: Final = "container registry"
_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_ID: Final = re.compile(r"/providers/Microsoft\.Support/services/[\w-]{1,100}", re.IGNORECASE)
_TOPIC: Final = re.compile(rf"{_ID.pattern}/problemClassifications/[\w-]{{1,100}}", re.IGNORECASE)
_CODE: Final = re.compile(r"[A-Za-z0-9]{1,60}")


class _Missing(Dead, frozen=True):
    """There is none of that name."""


class _Error(msgspec.Struct, frozen=True):
    code: str = ""


class _Failure(msgspec.Struct, frozen=True):
    error: _Error = _Error()


class _Ticket(msgspec.Struct, frozen=True, rename="camel"):
    support_ticket_id: str = ""
    status: str = ""
    support_plan_type: str = ""


class _Found(msgspec.Struct, frozen=True):
    properties: _Ticket = _Ticket()


class _Tickets(msgspec.Struct, frozen=True):
    value: tuple[_Found, ...]


class _Named(msgspec.Struct, frozen=True, rename="camel"):
    display_name: str = ""
    resource_types: tuple[str, ...] | None = ()


class _Item(msgspec.Struct, frozen=True):
    id: str
    properties: _Named


class _Items(msgspec.Struct, frozen=True):
    value: tuple[_Item, ...]


class _Permission(msgspec.Struct, frozen=True, rename="camel"):
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()


class _Permissions(msgspec.Struct, frozen=True):
    value: tuple[_Permission, ...]


class _Availability(msgspec.Struct, frozen=True, rename="camel"):
    name_available: bool


class AzureSupport:
    """The support tickets of one subscription, as whoever the credential stands for."""

    def __init__(
        self,
        credential: "TokenCredential",
        endpoint: str,
        subscription: str,
        *,
        patience: float = 60,
        looks_every: float = 3,
        ca_bundle: str | None = None,
    ) -> None:
        endpoint = endpoint.rstrip("/")
        self._subscription = f"subscriptions/{subscription}"
        self._support = f"{self._subscription}/providers/Microsoft.Support"
        self._patience = patience
        self._looks_every = looks_every
        self._api = DeskApi(
            endpoint, bearer(credential, f"{endpoint}/.default"), meaning=_meaning, ca_bundle=ca_bundle
        )

    def case(self, name: str) -> Case | NoAnswer | None:
        if not _NAME.fullmatch(name):
            return Dead("that is no name of a ticket")
        found = self._api.ask("GET", f"{self._support}/supportTickets/{name}?{_VERSION}", _Found)
        match found:
            case _Found(properties=ticket) if ticket.support_ticket_id:
                return Case(id=ticket.support_ticket_id, status=ticket.status.lower())
            case _Found() | _Missing():
                return None
            case _:
                return found

    def plan(self) -> str | NoAnswer | None:
        found = self._api.ask("GET", f"{self._support}/supportTickets?$top=1&{_VERSION}", _Tickets)
        if not isinstance(found, _Tickets):
            return found
        return next((one.properties.support_plan_type for one in found.value), None) or None

    def may_open(self) -> bool | NoAnswer:
        found = self._api.ask("GET", f"{self._subscription}/{_PERMISSIONS}", _Permissions)
        if not isinstance(found, _Permissions):
            return found
        return any(_among(one.actions) and not _among(one.not_actions) for one in found.value)

    def topics(self) -> tuple[Topic, ...] | NoAnswer:
        services = self._api.ask("GET", f"providers/Microsoft.Support/services?{_VERSION}", _Items)
        if not isinstance(services, _Items):
            return services
        ours = next((one for one in services.value if _is_ours(one)), None)
        if ours is None or not _ID.fullmatch(ours.id):
            return Dead("Azure lists no service that is the container registry")
        found = self._api.ask("GET", f"{ours.id.lstrip('/')}/problemClassifications?{_VERSION}", _Items)
        if not isinstance(found, _Items):
            return found
        named = ((one.id, one.properties.display_name) for one in found.value)
        return tuple(Topic(id=id_, title=title) for id_, title in named if _TOPIC.fullmatch(id_))

    def open(self, request: Request, topic: Topic) -> Case | NoAnswer:
        """Ask for the ticket if its name is free, and look until it is there. It is never asked for twice."""
        wanted = {"name": request.name, "type": _TICKET}
        path = f"{self._support}/checkNameAvailability?{_VERSION}"
        free = self._api.ask("POST", path, _Availability, wanted)
        if not isinstance(free, _Availability):
            return free
        if not free.name_available:
            return Dead(f"a ticket of the name {request.name} was there before")
        path = f"{self._support}/supportTickets/{request.name}?{_VERSION}"
        begun = self._api.ask("PUT", path, _Found, {"properties": _properties(request, topic)})
        return self._awaited(request.name) if isinstance(begun, _Found) else begun

    def _awaited(self, name: str) -> Case | NoAnswer:
        until = time.monotonic() + self._patience
        while True:
            found = self.case(name)
            if isinstance(found, Case):
                return found
            if time.monotonic() + self._looks_every > until:
                return Unsure("Microsoft took it on and does not show it yet: ask again to see it")
            time.sleep(self._looks_every)


def _meaning(answer: Answer) -> NoAnswer | None:
    """Azure's own code for what it refuses, which is a word and no text of anybody's."""
    if answer.status == HTTPStatus.NOT_FOUND:
        return _Missing("Azure answered 404")
    if not HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    if isinstance(answer.refused, Later):
        return None
    try:
        code = msgspec.json.decode(answer.body, type=_Failure).error.code
    except (msgspec.DecodeError, UnicodeDecodeError):
        code = ""
    return Dead(f"Azure answered {answer.status} {code if _CODE.fullmatch(code) else ''}".rstrip())


def _among(actions: tuple[str, ...]) -> bool:
    return any(fnmatchcase(ACTION.lower(), action.lower()) for action in actions)


def _is_ours(service: _Item) -> bool:
    types = [kind.lower() for kind in service.properties.resource_types or ()]
    return _REGISTRIES in types or service.properties.display_name.lower() == _SERVICE


def _properties(request: Request, topic: Topic) -> dict[str, Any]:
    contact = request.contact
    return {
        "serviceId": topic.id.partition("/problemClassifications/")[0],
        "problemClassificationId": topic.id,
        "title": request.title,
        "description": request.description,
        "severity": "minimal",
        "advancedDiagnosticConsent": "No",
        "contactDetails": {
            "firstName": contact.first_name,
            "lastName": contact.last_name,
            "primaryEmailAddress": contact.email,
            "preferredContactMethod": "email",
            "preferredTimeZone": "UTC",
            "preferredSupportLanguage": "en-us",
            "country": contact.country,
        },
        "technicalTicketDetails": {"resourceId": request.resource_id},
    }
