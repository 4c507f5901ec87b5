"""The email channel against a mail relay on loopback."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from remediations.adapters.email_smtp import SmtpEmail
from remediations.mails import mail
from remediations.ports import Accepted, Dead, Delivery, Later, Unsure
from tests.remediations.adapters.relay import Relay, relay
from tests.remediations.notices import MENDED, NEEDS_YOU

ID = "59803838-8697-5ae5-9f76-9ad62750857f"
TO = ("ops@contoso.com", "build@contoso.com")


def email(there: Relay, login: tuple[str, str] | None = None) -> SmtpEmail:
    return SmtpEmail(
        "127.0.0.1",
        there.port,
        "push-medic@notify.contoso.com",
        TO,
        login=login,
        ca_bundle=there.ca_bundle or None,
    )


def test_a_notice_becomes_one_mail_with_both_parts(tmp_path: Path) -> None:
    written = mail(NEEDS_YOU, ID, "notify.contoso.com")
    with relay(tmp_path) as there:
        assert email(there).send(ID, NEEDS_YOU) == Accepted(ID)
    (message,) = there.taken
    assert there.envelopes[0].rcpt_tos == list(TO)
    assert {name: str(message[name]) for name in ("From", "To", "Subject", *written.headers)} == {
        "From": "push-medic@notify.contoso.com",
        "To": "ops@contoso.com, build@contoso.com",
        "Subject": written.subject,
        **written.headers,
    }
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert plain.get_content().replace("\r\n", "\n").strip() == written.text.strip()
    assert html.get_content().replace("\r\n", "\n").strip() == written.html.strip()


def test_what_a_client_said_adds_no_header(tmp_path: Path) -> None:
    hostile = replace(
        NEEDS_YOU, title="Refused\r\nBcc: victim@example.com", quoted="\r\n.\r\nMAIL FROM:<x@y>\r\n"
    )
    with relay(tmp_path) as there:
        assert email(there).send(ID, hostile) == Accepted(ID)
    (message,) = there.taken
    assert message["Bcc"] is None
    assert there.envelopes[0].rcpt_tos == list(TO)


def test_a_relay_that_offers_encryption_gets_nothing_without_it(tmp_path: Path) -> None:
    with relay(tmp_path, starttls=True) as there:
        assert email(there).send(ID, MENDED) == Accepted(ID)
    assert there.encrypted == [True]


def test_a_relay_with_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    with relay(tmp_path, starttls=True) as there:
        there.ca_bundle = ""
        assert email(there).send(ID, MENDED) == Later(
            60, "it could not be reached (SSLCertVerificationError)"
        )
    assert there.taken == []


def test_a_password_opens_the_relay_and_a_wrong_one_is_a_dead_channel(tmp_path: Path) -> None:
    with relay(tmp_path, starttls=True, password="right") as there:
        assert email(there, ("medic", "right")).send(ID, MENDED) == Accepted(ID)
        assert email(there, ("medic", "wrong")).send(ID, MENDED) == Dead("it answered 535")


def test_a_password_is_not_sent_where_others_could_read_it(tmp_path: Path) -> None:
    with relay(tmp_path) as there:
        # Not a loopback address by its number, and yet it leads here.
        far = SmtpEmail("0.0.0.0", there.port, "push-medic@notify.contoso.com", TO, login=("medic", "right"))
        assert far.send(ID, MENDED) == Dead("it offers no encryption, and a password is not sent without")
    assert there.taken == []


@pytest.mark.parametrize(
    ("answers", "delivery"),
    [
        ({TO[0]: "550 who?"}, Accepted(ID)),
        ({"QUIT": "421 not so fast"}, Accepted(ID)),
        ({TO[0]: "550 who?", TO[1]: "550 who?"}, Dead("it answered 550")),
        ({TO[0]: "550 who?", TO[1]: "451 later"}, Later(60, "it answered 451")),
        ({"DATA": "452 full"}, Later(60, "it answered 452")),
        ({"DATA": "554 spam"}, Dead("it answered 554")),
    ],
)
def test_an_answer_means_what_it_means_for_the_message(
    tmp_path: Path, answers: dict[str, str], delivery: Delivery
) -> None:
    with relay(tmp_path) as there:
        there.answers = answers
        assert email(there).send(ID, MENDED) == delivery


def test_a_connection_that_breaks_in_the_middle_may_have_been_a_mail(tmp_path: Path) -> None:
    with relay(tmp_path) as there:
        there.hang_up_in_data = True
        came = email(there).send(ID, MENDED)
    assert came == Unsure("the connection was lost while it was being sent (SMTPServerDisconnected)")
    assert len(there.taken) == 1


def test_a_relay_that_cannot_be_reached_got_nothing() -> None:
    assert email(Relay(port=1)).send(ID, MENDED) == Later(
        60, "it could not be reached (ConnectionRefusedError)"
    )
