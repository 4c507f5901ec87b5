"""The local Azure as a whole: one world, served on loopback for as long as a `with` block lasts."""

import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from azure.core.credentials import AccessToken
from werkzeug import Request

from tests.local_azure.channels import WORKFLOW
from tests.local_azure.dispatch import Dispatcher, Reply
from tests.local_azure.pushing import USER_AGENT, PushClient, PushOutcome
from tests.local_azure.signing import job_claims
from tests.local_azure.sockets import Listener
from tests.local_azure.trust import REGISTRY_ADDRESSES, Trust
from tests.local_azure.world import Registry, World


class LocalAzure(World):
    """Azure on loopback. Every registry has an address of its own; all other services are on 127.0.0.1.

    With `real_names` the services are known by their names in the world, and whoever maps those names to 127.0.0.1
    (see `hosts`) needs no other settings than trust in our certificate.
    """

    def __init__(self, *, https_port: int = 0, http_port: int = 0, real_names: bool = False) -> None:
        super().__init__()
        self._wanted_ports = https_port, http_port
        self._real_names = real_names
        self._stopping = threading.Event()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._listener: Listener | None = None
        self._trust: Trust | None = None
        self.https_port = self.http_port = 0

    def __enter__(self) -> Self:
        """Start to listen."""
        self._folder = tempfile.TemporaryDirectory(prefix="local-azure-")
        self._trust = Trust(Path(self._folder.name))
        dispatcher = Dispatcher(self, self._stopping)

        def answer(request: Request) -> Reply:
            return dispatcher.reply(request, self._origin_seen_by(request))

        self._listener = Listener(answer, self._crashed, self._trust.server)
        self.https_port = self._listener.listen("127.0.0.1", self._wanted_ports[0], secure=True)
        self.http_port = self._listener.listen("127.0.0.1", self._wanted_ports[1], secure=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, leaving no thread and no socket; if the local Azure itself failed, say so."""
        assert self._listener is not None, "it was never started"
        assert self._folder is not None, "it was never started"
        self._stopping.set()
        self._listener.close()
        self._folder.cleanup()
        if self.crashes and error is None:
            message = "the local Azure itself failed"
            raise BaseExceptionGroup(message, self.crashes)

    def _crashed(self, crash: BaseException) -> None:
        with self.lock:
            self.crashes.append(crash)

    @property
    def ca_bundle(self) -> str:
        """Give the path of the system's certificate authorities and ours, for REQUESTS_CA_BUNDLE and SSL_CERT_FILE."""
        return str(self._started.bundle)

    @property
    def ca_certificate(self) -> str:
        """Give the path of our certificate authority alone, which is read thirty times faster."""
        return str(self._started.certificate)

    def environment(self) -> dict[str, str]:
        """Give what a program needs in its environment to take this for Azure."""
        return {
            "REQUESTS_CA_BUNDLE": self.ca_bundle,
            "SSL_CERT_FILE": self.ca_bundle,
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{self.http_port}/msi/token",
            "IDENTITY_HEADER": self.identity_header,
        }

    def credential(self, client_id: str | None = None, **claims: object) -> "LocalCredential":
        """Give a credential of that application for SDK clients, which needs no round trip."""
        return LocalCredential(self, client_id or self.system_assigned, claims)

    def push(
        self,
        registry: Registry,
        repository: str,
        tag: str,
        content: bytes = b"layer",
        *,
        login: tuple[str, str] | None = None,
        user_agent: str = USER_AGENT,
    ) -> PushOutcome:
        """Push over the wire as a pipeline does, from `client_address`; unlike `Registry.push` it may be refused."""
        user, password = login or registry.login()
        client = PushClient(registry.endpoint, self.ca_certificate, user, password, user_agent)
        try:
            return client.push(repository, tag, content)
        finally:
            client.close()

    @property
    def arm_url(self) -> str:
        """Give the base of Resource Manager."""
        return self._origin("management.azure.com")

    @property
    def authority_url(self) -> str:
        """Give the base of Entra ID."""
        return self._origin("login.microsoftonline.com")

    @property
    def issuer_url(self) -> str:
        """Give the issuer of jobs' tokens, as they name it."""
        return self._origin("token.actions.githubusercontent.com")

    def job_token(
        self, repository: str = "contoso/app", audience: str = "push-medic", **claims: object
    ) -> str:
        """Give a job of that repository its token, with these claims for the usual ones; None leaves one out."""
        return self.issuer.key.sign(job_claims(self.issuer_url, self.now(), repository, audience, **claims))

    @property
    def logs_url(self) -> str:
        """Give the endpoint for LogsQueryClient."""
        return self._origin("api.loganalytics.io")

    @property
    def event_grid_url(self) -> str:
        """Give the endpoint of the custom topic."""
        return self._origin("push-medic.westeurope-1.eventgrid.azure.net") + "/api/events"

    @property
    def acs_url(self) -> str:
        """Give the endpoint of Communication Services."""
        return self._origin("contoso.communication.azure.com")

    @property
    def devops_url(self) -> str:
        """Give the base of the ticket desk's organisation."""
        return f"{self._origin('dev.azure.com')}/{self.devops_organisation}"

    @property
    def desks_url(self) -> str:
        """Give the base of the ticket desks that are not Microsoft's."""
        return self._origin("desks.example")

    @property
    def teams_url(self) -> str:
        """Give the workflow's address; its last part is a secret."""
        query = f"api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={self.teams_signature}"
        return f"{self._origin('default0.05.environment.api.powerplatform.com')}{WORKFLOW}?{query}"

    def hosts(self) -> str:
        """Give the text for /etc/hosts of a mount namespace in which the real names lead here."""
        services = (
            self.arm_url,
            self.authority_url,
            self.issuer_url,
            self.logs_url,
            self.event_grid_url,
            self.acs_url,
        )
        origins = (
            *services,
            self.devops_url,
            self.teams_url,
            *(one.endpoint for one in self.registries.values()),
        )
        names = sorted({origin.split("/")[2].partition(":")[0] for origin in origins})
        return f"127.0.0.1 localhost\n127.0.0.1 {' '.join(names)}\n"

    def _login_server(self, name: str) -> str:
        if self._real_names:
            return self._origin(f"{name}.azurecr.io").removeprefix("https://")
        assert self._listener is not None, "start the local Azure before adding registries"
        taken = {registry.login_server for registry in self.registries.values()}
        free = (one for one in REGISTRY_ADDRESSES if f"{one}:{self.https_port}" not in taken)
        address = next(free)
        self._listener.listen(address, self.https_port, secure=True)
        return f"{address}:{self.https_port}"

    def _origin(self, name: str) -> str:
        if not self._real_names:
            return f"https://127.0.0.1:{self.https_port}"
        return f"https://{name}" + ("" if self.https_port == 443 else f":{self.https_port}")

    def _origin_seen_by(self, request: Request) -> str:
        return f"{request.scheme}://{request.host}" if self._real_names else self._origin("")

    @property
    def _started(self) -> Trust:
        assert self._trust is not None, "it was never started"
        return self._trust


class LocalCredential:
    """A credential for SDK clients that mints its tokens on the spot."""

    def __init__(self, azure: LocalAzure, client_id: str, claims: dict[str, object]) -> None:
        self._azure = azure
        self._client_id = client_id
        self._claims = claims

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        """Give a token for the first scope's audience."""
        audience = scopes[0].removesuffix("/.default")
        return AccessToken(
            self._azure.token(self._client_id, audience, **self._claims), int(time.time()) + 3600
        )
