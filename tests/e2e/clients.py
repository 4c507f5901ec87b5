"""Push clients as people have them, unmodified: what to run, and what came of it.

Each is told only what any of its users would tell it: the image, the registry's name, where the login is.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar, override

from tests.e2e import images
from tests.host.azurite import ROOT

_PATIENCE = 150
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[^\n]*\r(?!\n)")


@dataclass(frozen=True)
class Attempt:
    """One push: the command as a person would type it, its exit status, and everything it printed."""

    command: str
    status: int
    text: str
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether the client itself says so."""
        return self.status == 0


class Workshop:
    """A folder to work in, the logins, and the environment in which the clients run."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.logins = folder / "login/config.json"
        self.logins.parent.mkdir()
        self._users: dict[str, tuple[str, str]] = {}
        self._wrapper: tuple[Path, ...] = ()
        # Whatever proxy this machine has, what is on loopback is not behind it.
        direct = {"NO_PROXY": "*", "no_proxy": "*", "DOCKER_CONFIG": str(self.logins.parent)}
        self.environment = {**os.environ, **environment, **direct}

    def log_in(self, login_server: str, user: str, password: str) -> None:
        """Keep a login where every client looks for it, as `az acr login` does."""
        self._users[login_server] = user, password
        kept = {
            server: {"auth": base64.b64encode(f"{name}:{secret}".encode()).decode()}
            for server, (name, secret) in self._users.items()
        }
        self.logins.write_text(json.dumps({"auths": kept}))

    def user(self, login_server: str) -> tuple[str, str]:
        """The user and the password of a login."""
        return self._users[login_server]

    def image(self, content: str) -> Path:
        """An image with that content, as an OCI layout."""
        return images.layout(content, self.folder / f"image-{content}")

    @contextmanager
    def through(self, wrapper: Path, **environment: str) -> Iterator[None]:
        """Every command is run by that wrapper, as a step of a pipeline would."""
        before = self.environment
        self._wrapper, self.environment = (wrapper,), {**before, **environment}
        try:
            yield
        finally:
            self._wrapper, self.environment = (), before

    def run(self, *command: str | Path, stdin: bytes | None = None) -> Attempt:
        """Run a command to its end."""
        begun = time.monotonic()
        done = subprocess.run(
            (*self._wrapper, *command),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            cwd=self.folder,
            timeout=_PATIENCE,
            check=False,
        )
        # What a terminal would show in the end: progress bars overwrite themselves.
        text = _TERMINAL.sub("", done.stdout.decode("utf-8", "replace").replace("\r\n", "\n"))
        return Attempt(self._as_typed(command), done.returncode, text.strip(), time.monotonic() - begun)

    def must(self, *command: str | Path, stdin: bytes | None = None) -> str:
        """What a command printed that has to succeed."""
        done = self.run(*command, stdin=stdin)
        if not done.succeeded:
            raise RuntimeError(f"{done.command} ended with {done.status}:\n{done.text}")
        return done.text

    def _as_typed(self, command: Sequence[str | Path]) -> str:
        typed = " ".join(map(str, command)).replace(sys.executable, "python")
        for place in (self.folder, ROOT):
            typed = typed.replace(f"{place}/", "")
        for _, password in self._users.values():
            typed = typed.replace(password, "…")
        return typed


class Client(ABC):
    """A push client that is on this machine."""

    name: ClassVar[str]
    # Whether it sends a manifest that is there already; who does not can meet no lock on one.
    rewrites_manifests: ClassVar[bool] = True
    # Whether it sends a refused layer again for most of a minute.
    insists_on_layers: ClassVar[bool] = False
    # Whether it wraps the image in an index: then a lock refuses first a manifest without a tag, and no event
    # ever tells that this one was pushed.
    pushes_an_index: ClassVar[bool] = False

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    @property
    @abstractmethod
    def version(self) -> str:
        """What it calls its own version."""

    @abstractmethod
    def push(self, reference: str, content: str) -> Attempt:
        """Push an image with that content to `login-server/repository:tag`."""

    def _version_in(self, *command: str) -> str:
        found = re.search(r"\d+(\.\d+)+", self.workshop.run(*command).text)
        return found[0] if found else "of a version that it does not say"


class Skopeo(Client):
    """Copies images between registries; every Linux distribution packages it."""

    name = "skopeo"

    @property
    @override
    def version(self) -> str:
        return self._version_in("skopeo", "--version")

    @override
    def push(self, reference: str, content: str) -> Attempt:
        image = f"oci:{self.workshop.image(content)}:{images.TAG}"
        login = ("--dest-authfile", self.workshop.logins)
        return self.workshop.run(
            "skopeo", "--insecure-policy", "copy", *login, image, f"docker://{reference}"
        )


class Oras(Client):
    """The OCI client on PyPI."""

    name = "oras-py"

    @property
    @override
    def version(self) -> str:
        return version("oras")

    @override
    def push(self, reference: str, content: str) -> Attempt:
        artifact = self.workshop.folder / f"release-{content}.tar"
        artifact.write_bytes(images.layer(content))
        script = Path(__file__).with_name("oras_push.py")
        login = ("--login", self.workshop.logins)
        return self.workshop.run(sys.executable, script, *login, reference, artifact)


class Buildah(Client):
    """Builds and pushes without an engine; it tries a refused push three times more."""

    name = "buildah"

    @property
    @override
    def version(self) -> str:
        return self._version_in("buildah", "--version")

    @override
    def push(self, reference: str, content: str) -> Attempt:
        # It makes a name of the path, and not every absolute path is a legal one.
        image = f"oci:{self.workshop.image(content).name}:{images.TAG}"
        pulled = self.workshop.must(*self._buildah, "pull", "--quiet", image).splitlines()[-1]
        login = ("--authfile", self.workshop.logins)
        return self.workshop.run(*self._buildah, "push", *login, pulled, f"docker://{reference}")

    @property
    def _buildah(self) -> tuple[str | Path, ...]:
        folder = self.workshop.folder
        roots = ("--root", folder / "buildah", "--runroot", folder / "buildah-run")
        return ("buildah", "--storage-driver", "vfs", *roots)


class Docker(Client):
    """The one that most pipelines use, with an engine of its own behind it."""

    name = "docker"
    insists_on_layers = True

    def __init__(self, workshop: Workshop, socket: Path) -> None:
        super().__init__(workshop)
        self._docker = ("docker", "--host", f"unix://{socket}")
        self._built: set[str] = set()

    @property
    @override
    def version(self) -> str:
        told = self.workshop.must(
            *self._docker, "version", "--format", "{{.Client.Version}}/{{.Server.Version}}"
        )
        return told.splitlines()[-1]

    @override
    def push(self, reference: str, content: str) -> Attempt:
        built = f"e2e:{content}"
        if built not in self._built:  # imported twice, it would be another image: the engine notes the time
            self.workshop.must(*self._docker, "import", "-", built, stdin=images.layer(content))
            self._built.add(built)
        self.workshop.must(*self._docker, "tag", built, reference)
        return self.workshop.run(*self._docker, "push", reference)


class Ctr(Client):
    """The bare client of containerd."""

    name = "ctr"
    rewrites_manifests = False
    pushes_an_index = True

    def __init__(self, workshop: Workshop, socket: Path) -> None:
        super().__init__(workshop)
        self._ctr = ("ctr", "--address", str(socket), "--namespace", "e2e")

    @property
    @override
    def version(self) -> str:
        return self._version_in("ctr", "--version")

    @override
    def push(self, reference: str, content: str) -> Attempt:
        archive = images.packed(self.workshop.image(content), self.workshop.folder / f"image-{content}.tar")
        self.workshop.must(*self._ctr, "images", "import", "--no-unpack", "--index-name", reference, archive)
        login = ":".join(self.workshop.user(reference.partition("/")[0]))
        return self.workshop.run(*self._ctr, "images", "push", "--user", login, reference)


class Crane(Client):
    """The client of go-containerregistry."""

    name = "crane"
    rewrites_manifests = False

    @property
    @override
    def version(self) -> str:
        return self._version_in("crane", "version")

    @override
    def push(self, reference: str, content: str) -> Attempt:
        return self.workshop.run("crane", "push", self.workshop.image(content), reference)


class OrasCommand(Client):
    """The oras command, which is not the oras of PyPI."""

    name = "oras"

    @property
    @override
    def version(self) -> str:
        return self._version_in("oras", "version")

    @override
    def push(self, reference: str, content: str) -> Attempt:
        image = f"{self.workshop.image(content)}:{images.TAG}"
        login = ("--to-registry-config", self.workshop.logins)
        return self.workshop.run("oras", "copy", "--from-oci-layout", *login, image, reference)


def is_there(command: str) -> bool:
    """Whether this machine has that command."""
    return shutil.which(command) is not None


def engineless(workshop: Workshop) -> Iterator[Client]:
    """The clients on this machine that need no engine."""
    commands: tuple[tuple[str, type[Client]], ...] = (
        ("skopeo", Skopeo),
        ("buildah", Buildah),
        ("crane", Crane),
        ("oras", OrasCommand),
    )
    for command, client in commands:
        if is_there(command):
            yield client(workshop)
    yield Oras(workshop)
