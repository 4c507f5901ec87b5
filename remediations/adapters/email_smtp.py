"""The email channel through a mail relay of one's own.

SMTP has no second look: once the message is on its way, a lost answer stays lost.
"""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from remediations.adapters.http_call import is_this_machine
from remediations.mails import Mail, mail
from remediations.model import Notice
from remediations.ports import Accepted, Dead, Delivery, Later, Unsure

_TIMEOUT: Final = 10
_ASK_AGAIN_AFTER: Final = 60
_TLS_FROM_THE_START: Final = 465
_TEMPORARY: Final = 400
_PERMANENT: Final = 500


class SmtpEmail:
    """Mail from one sender to fixed recipients, encrypted where the relay offers it, and always for a password."""

    desk: Final = False
    repeatable: Final = False

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        recipients: tuple[str, ...],
        *,
        name: str = "email",
        login: tuple[str, str] | None = None,
        ca_bundle: str | None = None,
    ) -> None:
        self.name = name
        self._host = host
        self._port = port
        self._sender = sender
        self._recipients = recipients
        self._login = login
        self._ca_bundle = ca_bundle

    @property
    def domain(self) -> str:
        """The domain that mail is sent from."""
        return self._sender.rpartition("@")[2]

    def send(self, message_id: str, notice: Notice) -> Delivery:
        """Hand the notice over as a mail."""
        return self.hand_over(message_id, mail(notice, message_id, self.domain))

    def hand_over(self, message_id: str, written: Mail) -> Delivery:
        """Hand a mail over to the relay."""
        try:
            relay = self._connected()
        except smtplib.SMTPResponseException as answer:
            return _refusal(answer.smtp_code)
        except (smtplib.SMTPException, OSError) as failure:
            return _unreached(failure)
        try:
            return self._refused(relay) or _sent(relay, message_id, self._message(written).as_bytes())
        except smtplib.SMTPResponseException as answer:
            return _refusal(answer.smtp_code)
        except (smtplib.SMTPException, OSError) as failure:
            return _unreached(failure)
        finally:
            _leave(relay)

    def _connected(self) -> smtplib.SMTP:
        if self._port == _TLS_FROM_THE_START:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=_TIMEOUT, context=self._trust())
        return smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT)

    def _refused(self, relay: smtplib.SMTP) -> Later | Dead | None:
        """Why the relay will not take a message from us, or None when it waits for the text."""
        relay.ehlo_or_helo_if_needed()
        encrypted = self._port == _TLS_FROM_THE_START
        if not encrypted and relay.has_extn("starttls"):
            relay.starttls(context=self._trust())
            relay.ehlo()
            encrypted = True
        if self._login:
            if not encrypted and not is_this_machine(self._host):
                return Dead("it offers no encryption, and a password is not sent without")
            relay.login(*self._login)
        code, _ = relay.mail(self._sender)
        if code >= _TEMPORARY:
            return _refusal(code)
        codes = [relay.rcpt(recipient)[0] for recipient in self._recipients]
        return None if any(code < _TEMPORARY for code in codes) else _refusal(min(codes))

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._ca_bundle)

    def _message(self, written: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
        message["From"] = self._sender
        message["To"] = ", ".join(self._recipients)
        message["Subject"] = written.subject
        message["Date"] = written.date
        for name, value in written.headers.items():
            message[name] = value
        message.set_content(written.text)
        message.add_alternative(written.html, subtype="html")
        return message


def _sent(relay: smtplib.SMTP, message_id: str, content: bytes) -> Delivery:
    """What came of the text itself. From here on a broken connection may mean anything."""
    try:
        code, _ = relay.data(content)
    except smtplib.SMTPDataError as answer:
        return _refusal(answer.smtp_code)
    except (smtplib.SMTPException, OSError) as failure:
        return Unsure(f"the connection was lost while it was being sent ({type(failure).__name__})")
    return Accepted(message_id) if code < _TEMPORARY else _refusal(code)


def _leave(relay: smtplib.SMTP) -> None:
    """The connection is closed. What the relay says to a farewell changes nothing about the message."""
    with suppress(smtplib.SMTPException, OSError):
        relay.quit()
    relay.close()


def _unreached(failure: Exception) -> Later:
    return Later(_ASK_AGAIN_AFTER, f"it could not be reached ({type(failure).__name__})")


def _refusal(code: int) -> Later | Dead:
    why = f"it answered {code}"
    return Dead(why) if code >= _PERMANENT else Later(_ASK_AGAIN_AFTER, why)
