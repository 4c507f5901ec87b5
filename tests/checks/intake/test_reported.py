"""A pipeline's own report: read strictly, believed least, and never about a registry that is not ours."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.intake.reported import (
    _SYMPTOMS,
    LARGEST_REPORT,
    Explained,
    PushReport,
    decode_report,
    read_report,
)
from checks.model import CauseName, Image, Proof, Registry, Rejection, Signal, Source, Symptom
from tests.memory import START
from tests.surroundings import MACHINE
from tests.worlds import ADDRESS, CONTOSO, NEW

FABRIKAM = Registry(
    resource_id=CONTOSO.resource_id.replace("contoso", "fabrikam"), login_server="fabrikam.azurecr.io"
)
LOCKED = (
    "denied: The operation is disallowed on this registry, repository or image. "
    "View troubleshooting steps at https://aka.ms/acr/faq/"
)
DENIED = (
    f"denied: client with IP '{ADDRESS}' is not allowed access. "
    "Refer https://aka.ms/acr/firewall to grant access."
)


def read(
    report: PushReport, *registries: Registry, sent_from: str | None = None, minutes: float = 0
) -> Signal | Explained | Rejection:
    now = START + timedelta(minutes=minutes)
    return read_report(
        report, registries or (CONTOSO,), source=Source.PUSH_REPORT, now=now, sent_from=sent_from
    )


def locked(**fields: str) -> PushReport:
    return PushReport(**{"text": LOCKED, "registry": "contoso.azurecr.io", "image": "team/app:v1"} | fields)


def reason(answer: object) -> str:
    assert isinstance(answer, Rejection)
    return answer.reason


def test_a_refused_push_is_a_signal_that_only_claims() -> None:
    signal = read(locked())
    assert isinstance(signal, Signal)
    assert (signal.symptom, signal.image, signal.registry, signal.at) == (
        Symptom.PUSH_DISALLOWED,
        Image("team/app", "v1"),
        "contoso",
        START,
    )
    assert (signal.proof, signal.address, signal.source) == (Proof.CLAIMED, None, Source.PUSH_REPORT)


@pytest.mark.parametrize(
    ("sent_from", "proof"),
    [(ADDRESS, Proof.SAME_ADDRESS), ("20.0.0.1", Proof.CLAIMED), ("", Proof.CLAIMED), (None, Proof.CLAIMED)],
)
def test_an_address_is_proven_only_if_the_report_came_from_it(sent_from: str | None, proof: Proof) -> None:
    signal = read(PushReport(text=DENIED, registry="contoso.azurecr.io"), sent_from=sent_from)
    assert isinstance(signal, Signal)
    assert (signal.symptom, signal.address, signal.proof) == (Symptom.ADDRESS_DENIED, ADDRESS, proof)


def test_where_a_report_came_from_proves_nothing_about_a_lock() -> None:
    signal = read(locked(), sent_from=ADDRESS)
    assert isinstance(signal, Signal)
    assert (signal.address, signal.proof) == (None, Proof.CLAIMED)


def test_a_registry_that_is_not_ours_is_rejected() -> None:
    assert reason(read(locked(registry="evil.example.com"))) == "unknown_registry"


TIMED_OUT = "dial tcp 20.1.2.3:443: i/o timeout"


def test_a_report_may_say_which_machine_it_comes_from() -> None:
    signal = read(PushReport(text=TIMED_OUT, resource=MACHINE))
    assert isinstance(signal, Signal)
    assert (signal.symptom, signal.origin) == (Symptom.UNREACHABLE, MACHINE)


def test_two_machines_that_say_the_same_are_two_reports() -> None:
    ids = {
        signal.id
        for resource in (MACHINE, MACHINE.upper(), f"{MACHINE}2", None)
        if isinstance(signal := read(PushReport(text=TIMED_OUT, resource=resource)), Signal)
    }
    assert len(ids) == 3


@pytest.mark.parametrize(
    "resource",
    [
        CONTOSO.resource_id,
        f"{MACHINE}/extensions/x",
        f"{MACHINE}/../{MACHINE}",
        f"https://evil.example{MACHINE}",
        "build1",
        f"{MACHINE}\n",
        f"{MACHINE}?api-version=1",
    ],
)
def test_what_is_no_machine_is_rejected(resource: str) -> None:
    assert reason(read(PushReport(text=TIMED_OUT, resource=resource))) == "illegal_name"


def test_of_what_is_no_matter_of_the_network_the_machine_is_not_kept() -> None:
    signal = read(locked(resource=MACHINE))
    assert isinstance(signal, Signal)
    assert signal.origin is None


def test_two_names_for_the_registry_are_one_too_many() -> None:
    contradicting = PushReport(
        text=f"pushing to fabrikam.azurecr.io/team/app:v1\n{LOCKED}", registry="contoso.azurecr.io"
    )
    assert reason(read(contradicting, CONTOSO, FABRIKAM)) == "unknown_registry"


def test_without_a_name_the_only_registry_is_meant_and_of_two_none() -> None:
    nameless = PushReport(text=LOCKED, image="team/app:v1")
    assert isinstance(read(nameless), Signal)
    assert reason(read(nameless, CONTOSO, FABRIKAM)) == "unknown_registry"


@pytest.mark.parametrize(
    "masked", ["***.azurecr.io", "<acr>.azurecr.io", "$(ACR).azurecr.io", "${ACR}.azurecr.io"]
)
def test_a_name_that_the_pipeline_masked_is_no_other_registry(masked: str) -> None:
    told = PushReport(text=f"docker push {masked}/team/app:v1\n{LOCKED}", registry="contoso.azurecr.io")
    assert isinstance(read(told, CONTOSO, FABRIKAM), Signal)
    assert isinstance(read(replace(told, registry=None), CONTOSO), Signal)
    assert reason(read(replace(told, registry=None), CONTOSO, FABRIKAM)) == "unknown_registry"
    assert reason(read(replace(told, registry=masked), CONTOSO)) == "unknown_registry"


def test_a_registry_is_known_by_the_name_of_its_private_endpoint() -> None:
    text = "dial tcp: lookup contoso.privatelink.azurecr.io on 10.0.0.10:53: no such host"
    for named in (None, "contoso.azurecr.io"):
        signal = read(PushReport(text=text, registry=named), CONTOSO, FABRIKAM)
        assert isinstance(signal, Signal)
        assert signal.registry == "contoso"


def test_a_registry_is_known_in_any_case() -> None:
    assert isinstance(read(locked(registry="Contoso.AzureCR.io")), Signal)


def test_a_text_that_lost_the_image_needs_a_report_that_names_it() -> None:
    assert reason(read(PushReport(text=LOCKED, registry="contoso.azurecr.io"))) == "no_image"


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("team/app", Image("team/app")),
        ("team/app:v1", Image("team/app", "v1")),
        (f"team/app@{NEW}", Image("team/app", digest=NEW)),
        (f"team/app:v1@{NEW}", Image("team/app", "v1", NEW)),
    ],
)
def test_an_image_is_a_repository_with_a_tag_or_a_digest_or_both(text: str, image: Image) -> None:
    signal = read(locked(image=text))
    assert isinstance(signal, Signal)
    assert signal.image == image


@pytest.mark.parametrize(
    "image",
    [
        "../../x",
        "Team/App:v1",
        "team/app:v1:v2",
        "team/app:<script>",
        "team/app@sha256:1",
        ":v1",
        "team/app:v 1",
        "x" * 300,
    ],
)
def test_an_image_that_is_none_is_rejected(image: str) -> None:
    assert reason(read(locked(image=image))) == "illegal_name"


def test_a_cause_that_nothing_here_can_look_at_is_only_explained() -> None:
    answer = read(PushReport(text="no space left on device", registry="contoso.azurecr.io"))
    assert isinstance(answer, Explained)
    assert answer.explanation.cause is CauseName.CLIENT_SIDE


def test_the_pipelines_own_id_makes_a_repeated_report_the_same_report() -> None:
    one, other = (
        read(locked(report_id="run-7")),
        read(locked(report_id="run-7", text=LOCKED + "!"), minutes=60),
    )
    assert isinstance(one, Signal)
    assert isinstance(other, Signal)
    assert one.id == other.id


@pytest.mark.parametrize(("minutes", "same"), [(0.5, True), (1, False)])
def test_without_an_id_the_same_text_within_the_minute_is_the_same_report(
    minutes: float, *, same: bool
) -> None:
    one, other = read(locked()), read(locked(), minutes=minutes)
    assert isinstance(one, Signal)
    assert isinstance(other, Signal)
    assert (one.id == other.id) is same


def test_a_long_text_is_read_whole_and_kept_short() -> None:
    signal = read(locked(text="building\n" * 50_000 + LOCKED))
    assert isinstance(signal, Signal)
    assert (len(signal.excerpt), signal.excerpt.endswith("acr/faq/")) == (1000, True)


BAD = {
    "nothing": b"",
    "no JSON": b"text=x",
    "no UTF-8": b'{"text":"\xff"}',
    "a list": b"[]",
    "no text": b'{"registry":"contoso.azurecr.io"}',
    "a number for the text": b'{"text":1}',
    "a field that there is not": b'{"text":"x","force":true}',
    "a field in another case": b'{"Text":"x"}',
    "a nesting too deep to read": b'{"text":"x","y":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_what_is_no_report_is_rejected_with_an_example(body: bytes) -> None:
    rejection = decode_report(body, Source.PUSH_REPORT)
    assert reason(rejection) == "not_a_report"


def test_more_than_a_megabyte_is_not_read() -> None:
    whole = json.dumps({"text": "x" * LARGEST_REPORT}).encode()
    assert reason(decode_report(whole, Source.PUSH_REPORT)) == "too_large"


def test_a_report_is_read_with_the_names_that_the_readme_gives() -> None:
    body = b'{"text":"x","registry":"r","image":"i","resource":"m","reportId":"7","runUrl":"https://ci/7"}'
    assert decode_report(body, Source.PUSH_REPORT) == PushReport("x", "r", "i", "m", "7", "https://ci/7")


@given(st.text(max_size=300), st.text(max_size=40), st.text(max_size=40))
def test_no_text_breaks_it_or_leads_to_another_registry(text: str, registry: str, image: str) -> None:
    answer = read(PushReport(text=text, registry=registry or None, image=image or None), sent_from=ADDRESS)
    if isinstance(answer, Signal):
        assert answer.registry == "contoso"


PRINTED = Path(__file__).parents[2] / "fixtures" / "client-errors" / "printed.jsonl"


@pytest.mark.parametrize("row", [json.loads(line) for line in PRINTED.read_text().splitlines()])
def test_whatever_a_real_client_printed_has_an_outcome(row: dict[str, object]) -> None:
    answer = read(PushReport(text=str(row["text"]), image="team/app:v1"))
    assert isinstance(answer, Signal | Explained | Rejection)


CLIENTS_SAY = {
    "dial tcp 20.1.2.3:443: i/o timeout": (Symptom.UNREACHABLE, CauseName.CONNECTIVITY_TIMEOUT),
    "dial tcp: lookup contoso.azurecr.io on 10.0.0.1:53: no such host": (
        Symptom.UNREACHABLE,
        CauseName.DNS_FAILURE,
    ),
    "dial tcp 20.1.2.3:443: connect: connection refused": (
        Symptom.UNREACHABLE,
        CauseName.CONNECTION_REFUSED_OR_RESET,
    ),
    "tls: failed to verify certificate: x509: certificate signed by unknown authority": (
        Symptom.UNREACHABLE,
        CauseName.TLS_ERROR,
    ),
    "proxyconnect tcp: dial tcp: lookup proxy.corp: no such host": (
        Symptom.UNREACHABLE,
        CauseName.PROXY_ERROR,
    ),
    "unauthorized: authentication required, visit https://aka.ms/acr/authorization for more information.": (
        Symptom.UNAUTHORIZED,
        CauseName.AUTHENTICATION_REQUIRED,
    ),
    "denied: requested access to the resource is denied": (
        Symptom.UNAUTHORIZED,
        CauseName.PERMISSION_DENIED,
    ),
    "toomanyrequests: Too many requests.": (Symptom.THROTTLED, CauseName.THROTTLED),
    "received unexpected HTTP status: 503 Service Unavailable": (
        Symptom.SERVER_ERROR,
        CauseName.SERVER_ERROR,
    ),
    "failed to copy: unexpected status: 405 Method Not Allowed": (Symptom.PUSH_DISALLOWED, None),
    "it did not work": (Symptom.UNEXPLAINED, None),
}


@pytest.mark.parametrize(("text", "expected"), CLIENTS_SAY.items())
def test_what_a_client_says_of_the_registry_is_a_signal_that_names_the_cause(
    text: str, expected: tuple[Symptom, CauseName | None]
) -> None:
    told = f"The push refers to repository [contoso.azurecr.io/team/app]\n{text}"
    signal = read(PushReport(text=told, registry="contoso.azurecr.io", image="team/app:v1"))
    assert isinstance(signal, Signal)
    assert (signal.symptom, signal.said) == expected
    assert (signal.image, signal.address, signal.proof) == (Image("team/app", "v1"), None, Proof.CLAIMED)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("no space left on device", CauseName.CLIENT_SIDE),
        (
            "denied: requested access to the resource is denied (docker.io/library/x)",
            CauseName.OTHER_REGISTRY,
        ),
        (
            "The resource with name 'nobody' and type 'Microsoft.ContainerRegistry/registries' could not be found.",
            CauseName.REGISTRY_NOT_FOUND,
        ),
        ("manifest invalid: manifest invalid", CauseName.REPOSITORY_OR_MANIFEST_INVALID),
        ("Failed to pull image contoso.azurecr.io/team/app:v1: not found", CauseName.NOT_A_PUSH),
    ],
)
def test_what_only_the_reporter_can_see_to_is_explained_whatever_registry_it_names(
    text: str, cause: CauseName
) -> None:
    for registries in ((CONTOSO,), (FABRIKAM, CONTOSO)):
        answer = read(PushReport(text=text), *registries)
        assert isinstance(answer, Explained), answer
        assert answer.explanation.cause is cause


def test_every_cause_is_either_a_signal_or_explained() -> None:
    assert set(_SYMPTOMS) == set(CauseName)
