"""What was being done when it failed: a push, a pull, or a build that had not come to either."""

from dataclasses import dataclass
from enum import Enum
from re import Pattern
from typing import Final

from checks.intake.error_text.reading import Reading, phrases


class Operation(Enum):
    """What the client was doing."""

    PUSH = "push"
    PULL = "pull"
    BUILD = "build"


@dataclass(frozen=True, slots=True)
class Marker:
    """Words that say which operation is under way, and why they do."""

    name: str
    operation: Operation
    certain: bool
    """Whether the words are of the failing request itself, and so outweigh what is around them."""
    pattern: Pattern[str]
    why: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a marker was seen."""

    position: int
    marker: Marker


def _marker(name: str, operation: Operation, why: str, *words: str, certain: bool = False) -> Marker:
    return Marker(name=name, operation=operation, certain=certain, pattern=phrases(*words), why=why)


_CLIENTS: Final = (
    r"\b(?:docker|podman|buildah|nerdctl|crane|oras|helm|img|ctr|crictl|regctl|skopeo|image|images|chart|compose"
    r"|artifact|singularity|apptainer)(?:\.exe)?"
)

MARKERS: Final = (
    _marker(
        "write request", Operation.PUSH, "only a push writes blobs and manifests",
        r"\b(?:post|put|patch)(?: request to)? [\"'\\]{0,3}https?:/[^\s\"]{1,300}/v2/", r"/blobs/uploads/",
        r"initiating layer upload",
        r"uploading manifest", r"action[: '\"=]{1,4}push\b", r"(?:\b|%3a)pull(?:,|%2c)push\b",
        r"\bpush(?:,|%2c)pull\b", r"checking push permission",
        certain=True,
    ),
    _marker(
        "failed push", Operation.PUSH, "the client says that it was pushing",
        r"failed to push", r"error pushing", r"push access denied", r"could not push", r"unable to push",
        r"cannot push", r"push (?:failed|error)", r"failed to sign",
        certain=True,
    ),
    _marker(
        "failed pull", Operation.PULL, "the daemon says that it was pulling", r"pull access denied for ",
        certain=True,
    ),
    _marker(
        "health check", Operation.PUSH, "azure-cli asks the registry itself; the pull before is of a sample",
        r"\bconnectivity_[a-z_]{1,40}_error\b",
        certain=True,
    ),
    _marker(
        "read request", Operation.PULL, "only reading asks for this",
        r"repository(?::|%3a)[^\s&\"]{1,300}(?::|%3a)(?:metadata_read,)?pull(?![a-z,%_]|%2c)",
        r"\bget (?:request to )?[\"'\\]{0,3}https?:/[^\s\"]{1,200}/v2/[^\s\"]{1,200}/(?:manifest|blob|tag)s/",
        r"/tags/list", r"/_catalog", r"get https:\?", r"get https:: ",
        r"(?:daemon: |\"message\": ?\")head [\"'\\]{0,3}https?:/",
        certain=True,
    ),
    _marker(
        "push command", Operation.PUSH, "the command that was run",
        rf"{_CLIENTS} push\b", r"\b(?:notation|cosign) (?:sign|attach|attest)", r"\boras (?:attach|cp|copy)",
        r"docker trust ", r"--push\b", r"\bpush=true", r"type=registry",
        r"\baz acr (?:import|login|helm push|pack|build|run)\b", r"\bskopeo (?:copy|sync)\b",
        r"\bcrane (?:cp|copy|append|mutate|tag)\b", r"\bdotnet publish\b", r"jib:build|jib-maven|jib-gradle",
    ),
    _marker(
        "push progress", Operation.PUSH, "what clients print while pushing",
        r"the push refers to", r"\bpush(?:ing|ed)\b", r"push permission", r"exporting to image",
        r"exporting manifest", r"trying to reuse blob", r"writing blob", r"writing manifest",
        r"uploading layer", r"layer already exists", r"containerregistry(?:login|push)", r"images?\.push\b",
        r"container1\d{3}: failed to push", r"importimage|import image", r"publishing service",
    ),
    _marker(
        "login", Operation.PUSH, "a login serves both; a pipeline that fails there does not push",
        r"\bdocker login\b", r"login attempt", r"logging in ?to", r"registry login\b",
    ),
    _marker(
        "pull by a node", Operation.PULL, "kubelet, containerd and CRI-O pull; they never push",
        r"image ?pull ?(?:backoff|failure|error|unauthorized)?\b", r"errimagepull", r"failed to pull",
        r"back-off pulling", r"\bpulling\b",
        r"(?:unable|failing|failed|cannot|can't|could not|error) (?:to )?pull(?:ing)?\b",
        r"pull access denied,", r"failcreatepodsandbox", r"failed to resolve image",
        r"error: failed to fetch ", r"objectreference\{kind: ?\W{0,2}pod\b",
    ),
    _marker(
        "read command", Operation.PULL, "the command that was run",
        rf"{_CLIENTS} (?:pull|run|fetch|ls|inspect|manifest inspect|create)\b", r"unable to find image",
        r"docker: error response", r"trying to pull",
        r"helm (?:install|upgrade|template|repo add|dependency|show)",
        r"(?:installation|upgrade) failed", r"not a valid chart repository", r"could not download",
        r"failed to download (?:chart|\"oci)", r"reading tags for", r"requesting tags",
        r"\baz acr (?:repository (?:list|show|show-tags|show-manifests)|manifest list)",
        r"bicep restore", r"unable to restore the (?:module|artifact)",
        r"does not exist for the repository", r"unable to access the repository",
        r"error getting manifest|getting manifest", r"(?:docker|buildah) build .{0,80}--pull\b",
    ),
    _marker(
        "base image", Operation.PULL, "a build reads its base images before there is anything to push",
        r"load metadata for", r"failed to resolve source metadata", r"resolve image config for",
        r"failed to load cache key", r"retrieving image (?:manifest )?",
        r"failed to get filesystem from image",
        r"^(?:step \d{1,3}/\d{1,3} : |\d{1,4} \| )?(?:>>> )?from [^\s]{1,200}", r"initializing source",
        r"reading manifest", r"error creating build container", r"creating build container",
        r"failed to copy: httpreadseeker",
    ),
    _marker(
        "layer from storage", Operation.PULL, "ACR sends a client to its storage account for downloads only",
        r"<error>.{0,80}<message>", r"https?://[a-z0-9]{3,40}\.blob\.core\.windows\.net",
    ),
    _marker(
        "deployment", Operation.PULL, "a service that runs images reads them",
        r"containertemplate", r"template\.containers", r"webhookinvalidparametervalue",
        r"containerappoperation", r"revision .{0,60}(?:failed|provision)", r"inaccessibleimage",
        r"registryerrorresponse", r"container ?group",
        r"helmrelease", r"helmchart", r"imagerepository", r"ocirepository", r"dockerapiexception",
        r"linuxfxversion", r"artifact not ready", r"component=warmer",
    ),
    _marker(
        "build step", Operation.BUILD, "a step of a build that does neither",
        r"step \d{1,3}/\d{1,3} : (?!from)[a-z]",
        r"\[ ?(?:[a-z0-9_-]{1,40} )?\d{1,3}/\d{1,3}\] (?:run|copy|add|workdir)\b", r"successfully built",
        r"building image '",
    ),
)  # fmt: skip
"""Words that show the operation, the plainest first."""


def operations_in(reading: Reading) -> tuple[Sighting, ...]:
    """Every place where the text shows what was being done, in order."""
    seen = [
        Sighting(position=found.start(), marker=marker)
        for marker in MARKERS
        for found in marker.pattern.finditer(reading.low)
    ]
    return tuple(sorted(seen, key=lambda sighting: sighting.position))


def operation_at(line: int, reading: Reading, sightings: tuple[Sighting, ...]) -> Operation | None:
    """What was being done on this line: as it says itself, else as was said last before it, else at all.

    Who pushes reads as well: what is there already, and the image whose layers his own shares. So what is certainly a
    push outweighs what is certainly a read.
    """
    start, end = reading.start_of(line), reading.end_of(line)
    here = [seen for seen in sightings if start <= seen.position < end]
    certain = [seen for seen in here if seen.marker.certain]
    pushing = [seen for seen in certain if seen.marker.operation is Operation.PUSH]
    before = [seen for seen in sightings if seen.position < start]
    after = [seen for seen in sightings if seen.position >= end]
    for group in (pushing, certain, here, before):
        if group:
            return group[-1].marker.operation
    return after[0].marker.operation if after else None
