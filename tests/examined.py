"""A registry in good health as `medic check` sees it, to break one thing of."""

from typing import Final

from msgspec.structs import replace

from checks.evidence import (
    Absent,
    Challenge,
    Connection,
    Contact,
    DataEndpoints,
    Denial,
    End,
    Evidence,
    Flaw,
    Groups,
    Hop,
    Hops,
    Issue,
    Login,
    NoAnswer,
    PrivateLink,
    Profile,
    Quota,
    Quotas,
    Resolution,
    Route,
    Routes,
    Unreadable,
    Verdict,
    Way,
)
from checks.frame import Subject
from checks.model import Image, Symptom
from tests.surroundings import (
    AROUND,
    CERTIFICATE,
    CLIENT,
    DATA_HOST,
    GROUP,
    HOST,
    MACHINE,
    PRIVATE,
    PUBLIC,
    SUBNET,
    TABLE,
    WAY,
)
from tests.worlds import HEALTHY, PIPELINE

EVERYTHING: Final = ("pull", "push", "metadata_write", "metadata_read", "delete")
ASKED: Final = Subject(symptom=Symptom.UNREACHABLE)
ASKED_OF: Final = Subject(symptom=Symptom.UNREACHABLE, image=Image("team/app"), origin=MACHINE)

WELL: Final = replace(
    HEALTHY,
    profile=Profile(
        login_server=HOST, sku="Premium", state="Succeeded", public_network_access=True, abac=False
    ),
    **AROUND,
    login=Login(PIPELINE, 200, 200, EVERYTHING),
    data_endpoints=DataEndpoints((WAY,)),
    quotas=Quotas((Quota("Webhooks", 1, 500), Quota("Geo-replications", 2, -1))),
)
DENIED: Final = Challenge(403, by_registry=True, denied="52.138.231.5")
LINK: Final = PrivateLink("pe-contoso", "Approved")


def but(part: str, evidence: Evidence = WELL, **changes: object) -> Evidence:
    """The evidence with that part changed."""
    return replace(evidence, **{part: replace(getattr(evidence, part), **changes)})


def blind(part: str, evidence: Evidence = WELL) -> Evidence:
    """The evidence without that part, which the identity may not read."""
    return replace(evidence, **{part: Unreadable("Azure answered 403", "the.right/that/is/missing")})


ILL: Final = {
    "no address": but("resolution", addresses=(), detail="Name or service not known"),
    "past the endpoint": but("profile", public_network_access=False, private_links=(LINK,)),
    "endpoint gone": but("resolution", addresses=(PRIVATE,)),
    "layers past the endpoint": replace(
        but(
            "profile",
            but("resolution", addresses=(PRIVATE,)),
            public_network_access=False,
            private_links=(LINK,),
        ),
        data_endpoints=DataEndpoints((replace(WAY, resolution=Resolution(DATA_HOST, (PUBLIC,))),)),
    ),
    "timed out": but("contact", end=End.TIMED_OUT, detail="no answer in time"),
    "refused": but("contact", end=End.REFUSED, detail="Connection refused"),
    "proxy": but("contact", end=End.PROXY, proxy="proxy.corp:8080", detail="it answered 407"),
    "a page": but("challenge", status=200, by_registry=False, scheme="", realm="", at_home=False),
    "handshake reset": but("handshake", flaw=Flaw.BROKEN, detail="connection reset", certificate=None),
    "untrusted": but(
        "handshake",
        flaw=Flaw.UNTRUSTED,
        detail="self-signed certificate in certificate chain",
        certificate=replace(CERTIFICATE, issuer="Contoso Proxy CA", public=False),
    ),
    "another name": but(
        "handshake",
        flaw=Flaw.OTHER_NAME,
        detail="Hostname mismatch",
        certificate=replace(CERTIFICATE, names=("proxy.corp",)),
    ),
    "out of date": but("handshake", flaw=Flaw.OUT_OF_DATE, detail="certificate has expired"),
    "fault": but("challenge", status=503),
    "no challenge": but("challenge", scheme="", realm="", at_home=False),
    "no realm": but("challenge", realm="", at_home=False),
    "silence": replace(WELL, challenge=NoAnswer("no answer to GET /v2/ (no answer in time)")),
    "basic only": but("challenge", scheme="basic", realm="", at_home=False),
    "realm elsewhere": but("challenge", realm="https://evil.example/token", at_home=False),
    "403": replace(WELL, challenge=DENIED),
    "login refused": but("login", exchange=401, token=None, actions=None, detail="UNAUTHORIZED"),
    "arm tokens": but(
        "profile", but("login", exchange=401, token=None, actions=None, arm_token=True), arm_tokens=False
    ),
    "no access token": but("login", token=401, actions=None, detail="UNAUTHORIZED"),
    "reader": but("login", actions=("pull", "metadata_read")),
    "abac": but("profile", but("login", actions=()), abac=True),
    "throttled": but("challenge", status=429, retry_after="12"),
    "no registry": replace(WELL, profile=Absent()),
    "another login server": but("profile", login_server="contoso-d7ffgfb2.azurecr.io"),
    "updating": but("profile", state="Updating"),
    "key": but("profile", key_identity="44444444-4444-4444-4444-000000000001"),
    "full quota": replace(WELL, quotas=Quotas((Quota("Webhooks", 500, 500),))),
    "data endpoint": replace(
        WELL,
        data_endpoints=DataEndpoints(
            (
                Way(
                    Resolution(DATA_HOST, (PUBLIC,)),
                    Contact(DATA_HOST, f"{PUBLIC}:443", end=End.TIMED_OUT, detail="no answer in time"),
                ),
            )
        ),
    ),
    "security group": replace(
        WELL,
        groups=Groups(
            CLIENT,
            (
                Verdict(
                    PUBLIC,
                    allowed=False,
                    denials=(
                        Denial(
                            f"{GROUP}/Microsoft.Network/networkSecurityGroups/nsg-build",
                            "UserRule_DenyInternet",
                            SUBNET,
                        ),
                    ),
                ),
            ),
        ),
    ),
    "dropped": replace(
        WELL,
        hops=Hops(CLIENT, (Hop(PUBLIC, "None", table=TABLE),)),
        routes=Routes("nic", (Route(("0.0.0.0/0",), "Internet"), Route(("20.0.0.0/8",), "None"))),
    ),
    "route to nowhere": replace(
        WELL,
        hops=Unreadable("Network Watcher named no next hop"),
        routes=Routes("nic", (Route(("0.0.0.0/0",), "Internet"), Route(("20.0.0.0/8",), "None"))),
    ),
    "appliance": replace(
        WELL,
        hops=Hops(CLIENT, (Hop(PUBLIC, "VirtualAppliance", "10.9.0.4", TABLE),)),
        connection=Connection(HOST, "Unreachable"),
    ),
    "cannot connect": replace(
        WELL, connection=Connection(HOST, "Unreachable", (Issue("DnsResolution", "build1-nic"),))
    ),
}
