"""Notices as mails: readable without HTML, threaded by incident, and safe to show."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from hypothesis import given
from msgspec.structs import replace

from remediations.mails import mail
from remediations.model import Notice, Severity
from remediations.plain import one_line, plain
from tests.remediations.notices import MENDED, NEEDS_YOU, NOTICES, OVER
from tests.remediations.test_cards import Shown

ID = "59803838-8697-5ae5-9f76-9ad62750857f"


def test_a_mail_is_the_same_whenever_it_is_made() -> None:
    assert mail(NEEDS_YOU, ID, "contoso.com") == mail(NEEDS_YOU, ID, "contoso.com")


def test_all_mails_of_an_incident_are_one_thread() -> None:
    mended, over, other = (mail(notice, ID, "contoso.com") for notice in (MENDED, OVER, NEEDS_YOU))
    assert mended.thread == over.thread != other.thread
    assert mended.headers == {
        "Message-ID": f"<{ID}@contoso.com>",
        "In-Reply-To": mended.thread,
        "References": mended.thread,
        "Auto-Submitted": "auto-generated",
    }


def test_the_subject_says_what_is_wanted_what_happened_and_which_incident() -> None:
    assert mail(NEEDS_YOU, ID, "contoso.com").subject == (
        "\N{DOUBLE EXCLAMATION MARK} Needs you now: A client address was refused in contosoacr: address unproven "
        "[contosoacr-9f8e7d6c5b4a-2]"
    )


def test_a_ticket_mailbox_finds_its_key_in_the_subject() -> None:
    assert mail(NEEDS_YOU, ID, "contoso.com", key="KEY-1").subject.endswith(" [KEY-1]")


def test_the_plain_text_is_complete_on_its_own() -> None:
    text = mail(NEEDS_YOU, ID, "contoso.com").text
    assert text.splitlines()[:4] == [
        "\N{DOUBLE EXCLAMATION MARK} Needs you now",
        "A client address was refused in contosoacr: address unproven",
        "",
        "Found: 203.0.113.77 is in none of the 4 network rules.",
    ]
    for title, value in NEEDS_YOU.facts:
        assert f"{title}: {value}" in text
    assert "> Refer https://aka.ms/acr/firewall to grant access." in text
    assert NEEDS_YOU.incident in text


@given(NOTICES)
def test_both_parts_say_everything_to_the_letter(notice: Notice) -> None:
    written = mail(notice, ID, "contoso.com")
    shown = " ".join(Shown(re.sub(r"<style>.*?</style>", "", written.html, flags=re.DOTALL)).text.split())
    text = " ".join(written.text.split())
    said = (notice.title, *notice.paragraphs, *(part for fact in notice.facts for part in fact))
    for one in said:
        assert one_line(one) in shown
        assert one_line(one) in text


@given(NOTICES)
def test_no_text_becomes_a_tag(notice: Notice) -> None:
    tags = Shown(mail(notice, ID, "contoso.com").html).tags
    assert tags <= {
        "html", "head", "meta", "title", "style", "body", "table", "tr", "td", "th", "p", "h1", "div",
    }  # fmt: skip


@given(NOTICES)
def test_no_notice_adds_a_header(notice: Notice) -> None:
    written = mail(notice, ID, "contoso.com")
    assert written.subject == one_line(written.subject)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = written.subject
    message.set_content(written.text)
    assert message_from_bytes(message.as_bytes(), policy=SMTP).get("Bcc") is None


def test_a_mail_is_narrow_and_loads_nothing() -> None:
    html = mail(NEEDS_YOU, ID, "contoso.com").html
    assert "max-width:600px" in html
    assert "prefers-color-scheme: dark" in html
    assert not re.search(r"<img|<link|@import|url\(|src=|href=", html)


def test_each_severity_has_its_own_words_and_colour() -> None:
    mails = [mail(replace(MENDED, severity=severity), ID, "contoso.com") for severity in Severity]
    assert len({written.text.splitlines()[0] for written in mails}) == len(Severity)
    assert len({re.findall(r'bgcolor="(#\w+)"', written.html)[0] for written in mails}) == len(Severity)


def test_a_text_that_nobody_would_read_to_the_end_is_cut_and_says_so() -> None:
    written = mail(replace(NEEDS_YOU, title="x" * 999, quoted="x" * 1_000_000), ID, "contoso.com")
    assert len(written.subject) < 300
    assert "… cut" in written.subject
    assert "… cut" in written.text
    assert len(written.html) < 60_000


def test_plain_text_hides_nothing() -> None:
    written = mail(replace(NEEDS_YOU, title="\u202egnp.exe\x1b[31m"), ID, "contoso.com")
    assert plain(written.text) == written.text.rstrip("\n")


def bars(notice: Notice) -> list[int]:
    """How high each bar is that the mail draws of the trend."""
    return [int(height) for height in re.findall(r'<td height="(\d+)"', mail(notice, ID, "contoso.com").html)]


def test_a_trend_is_drawn_in_cells_because_clients_drop_pictures() -> None:
    drawn = replace(NEEDS_YOU, trend=(0, 50, None, 75, 100, 104))
    html = mail(drawn, ID, "contoso.com").html
    assert bars(drawn) == [1, 36, 54, 72, 72]
    assert html.count('<td valign="bottom"') == 6
    assert "The last 6 days, from 0 % to 104 % of the ceiling" in html
    assert not re.search("<svg|<img|data:", html)


def test_a_long_trend_is_drawn_by_its_peaks() -> None:
    drawn = bars(replace(NEEDS_YOU, trend=tuple(range(40, 96))))
    assert len(drawn) == 28
    assert drawn == sorted(drawn)


def test_without_a_trend_nothing_is_drawn() -> None:
    for trend in ((), (80,), (None, 80)):
        assert bars(replace(NEEDS_YOU, trend=trend)) == []
        assert "of the ceiling" not in mail(replace(NEEDS_YOU, trend=trend), ID, "contoso.com").html
