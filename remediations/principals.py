"""What App Service says of who signed in, in; a person who may approve, or why not, out. Pure.

The header is only to be believed where App Service authentication is on: it takes it from requests that bring their
own (https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities).
"""

import base64
import re
from typing import Final

import msgspec

from checks.model import Value
from remediations.approvals import Person
from remediations.plain import cut, one_line

ROLE: Final = "Approver"
_LARGEST: Final = 32 * 1024
_LONGEST_NAME: Final = 100
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# App Service gives some claims of Entra ID under their long names and some as they are in the token.
_OID: Final = ("oid", "http://schemas.microsoft.com/identity/claims/objectidentifier")
_TENANT: Final = ("tid", "http://schemas.microsoft.com/identity/claims/tenantid")
_ROLES: Final = ("roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role")
_NAMES: Final = (
    "preferred_username",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "name",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
)


class NotSignedIn(Value, frozen=True, tag="not_signed_in"):
    """Nobody is signed in, or nobody can tell who."""

    why: str


class NotAllowed(Value, frozen=True, tag="not_allowed"):
    """Somebody is signed in who may not approve."""

    person: Person


class _Claim(msgspec.Struct, frozen=True):
    typ: str
    val: str


class _Principal(msgspec.Struct, frozen=True):
    auth_typ: str
    claims: tuple[_Claim, ...]


def approver(header: str) -> Person | NotSignedIn | NotAllowed:
    """The person whom `X-MS-CLIENT-PRINCIPAL` names, if it says everything that it must and they hold the role."""
    principal = _decoded(header)
    person = _person(principal)
    if isinstance(principal, NotSignedIn) or isinstance(person, NotSignedIn):
        return person
    holds = any(claim.typ in _ROLES and claim.val == ROLE for claim in principal.claims)
    return person if holds else NotAllowed(person)


def reader(header: str) -> Person | NotSignedIn:
    """The person whom `X-MS-CLIENT-PRINCIPAL` names. To look takes no role: who may sign in is the tenant's to say."""
    return _person(_decoded(header))


def _person(principal: "_Principal | NotSignedIn") -> Person | NotSignedIn:
    if isinstance(principal, NotSignedIn):
        return principal
    oid, tenant = _only(principal, _OID), _only(principal, _TENANT)
    if oid is None or tenant is None:
        return NotSignedIn("it names no object id, or no tenant, or more than one")
    return Person(name=_name(principal) or oid, oid=oid, tenant=tenant)


def _decoded(header: str) -> _Principal | NotSignedIn:
    if not header:
        return NotSignedIn("nobody is signed in")
    if len(header) > _LARGEST:
        return NotSignedIn("it is too large")
    try:
        principal = msgspec.json.decode(base64.b64decode(header, validate=True), type=_Principal)
    except (ValueError, RecursionError):
        return NotSignedIn("it cannot be read")
    if principal.auth_typ != "aad":
        return NotSignedIn("it is not of Entra ID")
    return principal


def _only(principal: _Principal, names: tuple[str, ...]) -> str | None:
    """The one id that the claims of these names agree on."""
    values = {claim.val.lower() for claim in principal.claims if claim.typ in names}
    [value] = values if len(values) == 1 else [""]
    return value if _GUID.fullmatch(value) else None


def _name(principal: _Principal) -> str:
    names = (claim.val for wanted in _NAMES for claim in principal.claims if claim.typ == wanted)
    return next((name for name in (cut(one_line(name), _LONGEST_NAME) for name in names) if name), "")
