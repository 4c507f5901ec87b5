"""Notices to tell people of, from the everyday to the hostile."""

from datetime import UTC, datetime
from typing import Final

from hypothesis import strategies as st

from remediations.model import Notice, Severity

AT: Final = datetime(2026, 3, 1, 12, 7, tzinfo=UTC)

MENDED: Final = Notice(
    incident="contosoacr-1a2b3c4d5e6f-1",
    step="outcome-1",
    severity=Severity.GOOD,
    title="A push was refused in contosoacr: mended (unlock tag team/api:1.4.2)",
    at=AT,
    facts=(
        ("Registry", "contosoacr.azurecr.io"),
        ("Image", "team/api:1.4.2"),
        ("Signals", "3 seen, first at 2026-03-01 12:05 UTC, 2 min ago"),
        ("Change", "unlock tag team/api:1.4.2"),
        ("Before", "writeEnabled false"),
        ("After", "writeEnabled true"),
        ("Until", "2026-03-01 12:37 UTC"),
    ),
    paragraphs=(
        "Push again now. It is undone when the push has succeeded, or at the time above.",
        "Look at it: medic show contosoacr-1a2b3c4d5e6f-1",
    ),
)

NEEDS_YOU: Final = Notice(
    incident="contosoacr-9f8e7d6c5b4a-2",
    step="needs-you-1",
    severity=Severity.URGENT,
    title="A client address was refused in contosoacr: address unproven",
    at=AT,
    facts=(
        ("Registry", "contosoacr.azurecr.io"),
        ("Client address", "203.0.113.77"),
        ("Signals", "1 seen, first at 2026-03-01 12:07 UTC"),
        ("Not mended because", "only a text claims this address, and texts can be made up"),
    ),
    paragraphs=(
        "Found: 203.0.113.77 is in none of the 4 network rules.",
        "If the address is yours: az acr network-rule add --name contosoacr --ip-address 203.0.113.77",
    ),
    quoted=(
        "denied: client with IP '203.0.113.77' is not allowed access.\n"
        "Refer https://aka.ms/acr/firewall to grant access."
    ),
    ticket_key="contosoacr-9f8e7d6c5b4a-2",
)

FILLING: Final = Notice(
    incident="contosoacr-0011223344ff-1",
    step="needs-you-1",
    severity=Severity.WARNING,
    title="Storage is filling up in contosoacr: no remediation",
    at=AT,
    facts=(("Registry", "contosoacr.azurecr.io"), ("Band", "80 %")),
    paragraphs=("Look: az acr show-usage --name contosoacr --output table.",),
    ticket_key="contosoacr-0011223344ff-1",
)

OVER: Final = Notice(
    incident="contosoacr-1a2b3c4d5e6f-1",
    step="final",
    severity=Severity.INFO,
    title="contosoacr: undone: unlock tag team/api:1.4.2",
    at=AT,
    facts=(("Registry", "contosoacr.azurecr.io"), ("Ended because", "the push has succeeded")),
)

# What Markdown, HTML, mail headers, terminals and readers have been fooled with.
_HOSTILE: Final = st.sampled_from(
    (
        "[click](http://evil.example)",
        "![x](http://evil.example/x.png)",
        "<at>Everyone</at>",
        "&lt;at&gt;Everyone&lt;/at&gt;",
        "<script>alert(1)</script>",
        "{{DATE(2026-01-01T00:00:00Z, SHORT)}}",
        "{{ 7 * 7 }}",
        "**bold** _it_ ~~gone~~ `code`",
        "# Heading",
        "Heading\n=====",
        "- item",
        "1. item",
        "1) item",
        "> quotation",
        "    indented code",
        "```\nfenced\n```",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "---",
        "\r\nBcc: victim@example.com",
        "\u202egnp.exe",
        "\u2066isolated\u2069",
        "zero\u200bwidth",
        "\x1b[31mred\x1b[0m\x00",
        "back\\slash\\",
        "\ud800",
        "\U000e0041 tag",
        "日本語のログ 🛑",
        "&amp; &copy; &#42;",
        "<http://evil.example>",
        "</div></td>",
        "$where 'x' OR 1=1 --",
        "'; DROP TABLE",
    )
)
TEXTS: Final = st.lists(st.one_of(_HOSTILE, st.text(max_size=40), st.just("\n")), max_size=6).map("".join)

NOTICES: Final = st.builds(
    Notice,
    incident=TEXTS,
    step=st.just("step"),
    severity=st.sampled_from(Severity),
    title=TEXTS,
    at=st.just(AT),
    facts=st.lists(st.tuples(TEXTS, TEXTS), max_size=4).map(tuple),
    paragraphs=st.lists(TEXTS, max_size=4).map(tuple),
    quoted=TEXTS,
)
