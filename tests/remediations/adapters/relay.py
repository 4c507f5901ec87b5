"""A mail relay on loopback that can be told to misbehave."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any, cast

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Relay:
    """What it took, how it took it, and what it answers instead where it is told to."""

    port: int = 0
    ca_bundle: str = ""
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    hang_up_in_data: bool = False

    async def handle_RCPT(  # noqa: N802  aiosmtpd finds it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  as above
        content = cast("bytes", envelope.content)
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.taken.append(message_from_bytes(content, policy=SMTP_POLICY))
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        if self.hang_up_in_data:
            assert server.transport is not None
            server.transport.close()
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  as above
        del server, session, envelope
        return self.answers.get("QUIT", "221 Bye")


class _Controller(Controller):
    """A controller that finds out which port it was given."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def relay(folder: Path, *, starttls: bool = False, password: str | None = None) -> Iterator[Relay]:
    """A relay for as long as the block lasts."""
    handler = Relay()
    settings: dict[str, Any] = {"hostname": "127.0.0.1", "port": 0}
    if starttls:
        authority = trustme.CA()
        certificate = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(certificate))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        settings["tls_context"] = context
        handler.ca_bundle = str(certificate)
    if password:

        def known(
            server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
        ) -> AuthResult:
            del server, session, envelope, mechanism
            return AuthResult(success=data.password == password.encode(), handled=False)

        settings |= {"authenticator": known, "auth_required": True, "auth_require_tls": starttls}
    controller = _Controller(handler, **settings)
    controller.start()
    handler.port = controller.port
    try:
        yield handler
    finally:
        controller.stop()
