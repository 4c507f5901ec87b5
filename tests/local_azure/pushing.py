"""A push client of a hundred lines less than any real one: what it meets on the wire is what they meet."""

import base64
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin

import urllib3

from tests.local_azure.images import digest_of, image

USER_AGENT = "docker/27.3.1 go/go1.22.7 git-commit/41ca978 kernel/6.8.0 os/linux arch/amd64"


@dataclass(frozen=True)
class PushOutcome:
    """How a push ended: the last status, at which step, and the text that came with it."""

    status: int
    step: str
    text: str
    digest: str

    @property
    def succeeded(self) -> bool:
        """Tell whether the image is there under its tag now."""
        return self.status == 201 and self.step == "manifest"


class PushClient:
    """Pushes images to one registry for one user, as docker does: ping, token, blobs, manifest."""

    def __init__(self, endpoint: str, ca_certificate: str, user: str, password: str, user_agent: str) -> None:
        self._endpoint = endpoint
        self._pool = urllib3.PoolManager(ca_certs=ca_certificate, retries=False, timeout=10)
        self._headers = {"User-Agent": user_agent}
        self._user, self._password = user, password

    def push(self, repository: str, tag: str, content: bytes) -> PushOutcome:
        """Push a one-layer image and tell how far it got."""
        made = image(content)
        ping = self._send("GET", "/v2/")
        if ping.status != 401:
            return _outcome(ping, "ping", made.digest)
        token = self._token(ping.headers["WWW-Authenticate"], f"repository:{repository}:pull,push")
        if token.status != 200:
            return _outcome(token, "token", made.digest)
        self._headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        for blob in made.blobs:
            refused = self._upload(repository, blob)
            if refused is not None:
                return _outcome(refused, "blob", made.digest)
        sent = self._send("PUT", f"/v2/{repository}/manifests/{tag}", made.manifest, made.media_type)
        return _outcome(sent, "manifest", made.digest)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _token(self, challenge: str, scope: str) -> urllib3.BaseHTTPResponse:
        said = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        basic = base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
        query = urlencode({"service": said["service"], "scope": scope})
        headers = self._headers | {"Authorization": f"Basic {basic}"}
        return self._pool.request("GET", f"{said['realm']}?{query}", headers=headers)

    def _upload(self, repository: str, blob: bytes) -> urllib3.BaseHTTPResponse | None:
        digest = digest_of(blob)
        if self._send("HEAD", f"/v2/{repository}/blobs/{digest}").status == 200:
            return None
        begun = self._send("POST", f"/v2/{repository}/blobs/uploads/", b"")
        if begun.status != 202:
            return begun
        ended = self._send("PUT", f"{begun.headers['Location']}&{urlencode({'digest': digest})}", blob)
        return None if ended.status == 201 else ended

    def _send(
        self, method: str, path: str, body: bytes | None = None, media_type: str = "application/octet-stream"
    ) -> urllib3.BaseHTTPResponse:
        headers = self._headers | ({"Content-Type": media_type} if body is not None else {})
        return self._pool.request(method, urljoin(self._endpoint, path), body=body, headers=headers)


def _outcome(answer: urllib3.BaseHTTPResponse, step: str, digest: str) -> PushOutcome:
    return PushOutcome(answer.status, step, answer.data.decode(errors="replace"), digest)
