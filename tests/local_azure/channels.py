"""Where notices go: a Teams workflow, and the mail of Azure Communication Services."""

import base64
import hashlib
import hmac
import json
from typing import Any
from uuid import uuid4

from werkzeug import Response

from tests.local_azure.calls import Call, RefusedError, Route, caller_of, json_answer
from tests.local_azure.tokens import COMMUNICATION_AUDIENCE
from tests.local_azure.world import Mail, TeamsPost

WORKFLOW = "/powerautomate/automations/direct/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke"
TEAMS_LIMIT = 28 * 1024


def teams(call: Call) -> Response:
    """Start the flow: 202 and nothing more, even for a card that the flow will then find too large."""
    if call.request.args.get("sig") != call.world.teams_signature:
        message = "The authentication credentials are not valid."
        return json_answer({"error": {"code": "DirectApiAuthorizationRequired", "message": message}}, 401)
    body = call.body()
    if not isinstance(body, dict) or not isinstance(body.get("attachments"), list):
        message = "The input body for trigger 'manual' of type 'Request' did not match its schema definition."
        return json_answer({"error": {"code": "TriggerInputSchemaMismatch", "message": message}}, 400)
    size = len(json.dumps(body).encode())
    if call.world.teams_status < 300:
        call.world.teams_posts.append(TeamsPost(body, size, size > TEAMS_LIMIT, call.world.now()))
    return Response(status=call.world.teams_status)


def send_mail(call: Call) -> Response:
    """Take a mail on; the same Operation-Id again is the same mail, a repeated Message-ID is refused if so wished."""
    call.action = "Microsoft.Communication/CommunicationServices/Write"
    _authorise(call)
    operation = call.request.headers.get("Operation-Id") or str(uuid4())
    message = _message(call)
    known = {mail.operation_id for mail in call.world.mails}
    if operation not in known:
        _refuse_repeated_message_id(call, message)
        call.world.mails.append(Mail(operation, message, call.world.now()))
    version = call.request.args.get("api-version", "")
    where = f"{call.https_origin}/emails/operations/{operation}?api-version={version}"
    headers = {"Operation-Location": where, "retry-after": "0"}
    return json_answer({"id": operation, "status": "Running", "error": None}, 202, headers)


def mail_operation(call: Call) -> Response:
    """Tell how far a mail is."""
    call.action = "Microsoft.Communication/CommunicationServices/Read"
    _authorise(call)
    operation = call.arguments["operation"]
    if operation not in {mail.operation_id for mail in call.world.mails}:
        raise RefusedError(_error(404, "NotFound", "The operation was not found."))
    return json_answer(
        {"id": operation, "status": call.world.mail_status.get(operation, "Succeeded"), "error": None}
    )


def _authorise(call: Call) -> None:
    claims = call.claims(call.bearer) if call.bearer else None
    if claims is not None and str(claims["aud"]).rstrip("/") == COMMUNICATION_AUDIENCE:
        call.caller = caller_of(claims)
        return
    if not _signed(call):
        raise RefusedError(_error(401, "Denied", "Denied by the resource provider."))


def _signed(call: Call) -> bool:
    """Tell whether the request carries the HMAC that azure-communication's policy computes with our key."""
    headers = call.request.headers
    content = base64.b64encode(hashlib.sha256(call.request.get_data()).digest()).decode()
    query = f"?{call.request.query_string.decode()}" if call.request.query_string else ""
    signed = f"{headers.get('x-ms-date', '')};{headers.get('Host', '')};{content}"
    text = f"{call.request.method}\n{call.request.path}{query}\n{signed}"
    key = base64.b64decode(call.world.acs_key)
    signature = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
    return headers.get("Authorization", "").endswith(f"&Signature={signature}")


def _message(call: Call) -> dict[str, Any]:
    message = call.body()
    if not isinstance(message, dict):
        raise RefusedError(_error(400, "BadRequest", "The request body is not valid JSON."))
    for name in ("senderAddress", "recipients", "content"):
        if not message.get(name):
            raise RefusedError(_error(400, "BadRequest", f"The {name} field is required."))
    return message


def _refuse_repeated_message_id(call: Call, message: dict[str, Any]) -> None:
    headers = {name.lower(): value for name, value in (message.get("headers") or {}).items()}
    if str(headers.get("x-ms-acsemail-validate-message-id", "")).lower() != "true":
        return
    used = {
        value
        for mail in call.world.mails
        for name, value in (mail.message.get("headers") or {}).items()
        if name.lower() == "message-id"
    }
    if headers.get("message-id") in used:
        raise RefusedError(
            _error(400, "BadRequest", "A message with the same Message-ID has been sent already.")
        )


def _error(status: int, code: str, message: str) -> Response:
    return json_answer({"error": {"code": code, "message": message}}, status)


ROUTES = (
    Route("POST", WORKFLOW, teams),
    Route("POST", "/emails:send", send_mail),
    Route("GET", "/emails/operations/<operation>", mail_operation),
)
