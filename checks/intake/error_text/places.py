"""Which registries, repositories, tags and digests a text names, and whose they are.

Sources: the grammar of image references (distribution/reference), the paths of the OCI distribution
specification, and the host names that registries are known by.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from checks.intake.error_text.reading import Reading


class Owner(Enum):
    """Whose host it is, as far as its name tells."""

    ACR = "an Azure container registry"
    OTHER = "another registry"
    SERVICE = "not a registry"
    UNSURE = "the name does not tell"


class Role(Enum):
    """How a place came to be mentioned."""

    PUSHED_TO = "the words say that a push goes there"
    CALLED = "a request was sent there"
    READ_FROM = "the words say that it was pulled"
    NAMED = "it is named in passing"


@dataclass(frozen=True, slots=True)
class Place:
    """One mention of a registry or of something in it."""

    position: int
    host: str | None
    owner: Owner
    role: Role
    repository: str | None = None
    tag: str | None = None
    digest: str | None = None


# --- Whose host -------------------------------------------------------------------------------------

_ACR_NAME: Final = re.compile(r"azurecr\.[a-z]{2,12}$|azureacr\.io$|azurecr\.io", re.IGNORECASE)
"""Also the misspelt ones: who writes them means an Azure container registry."""
_OTHER_REGISTRIES: Final = (
    r"docker\.(?:io|com)", r"ghcr\.io", r"(?:docker|containers)\.pkg\.github\.com", r"gcr\.io", r"pkg\.dev",
    r"quay\.io",
    r"amazonaws\.com(?:\.cn)?", r"ecr\.aws", r"gitlab\.com", r"digitalocean\.com", r"heroku\.com",
    r"jfrog\.io",
    r"icr\.io", r"ocir\.io", r"oraclecloud\.com", r"nvcr\.io", r"mcr\.microsoft\.com", r"k8s\.io",
    r"redhat\.(?:io|com)",
    r"aliyuncs\.com", r"scw\.cloud", r"fly\.io", r"cr\.yandex", r"myhuaweicloud\.com", r"tencentyun\.com",
    r"cloudsmith\.io", r"nuget\.org", r"npmjs\.(?:org|com)", r"pypi\.org", r"localhost",
)  # fmt: skip
_OTHER_REGISTRY: Final = re.compile(rf"(?:^|\.)(?:{'|'.join(_OTHER_REGISTRIES)})$", re.IGNORECASE)
_SERVICES: Final = (
    r"aka\.ms", r"microsoft\.com", r"microsoftonline\.(?:com|us)", r"azure\.com", r"windows\.net",
    r"visualstudio\.com",
    r"github\.com", r"githubusercontent\.com", r"github\.io", r"docs\.docker\.com", r"success\.docker\.com",
    r"hub\.docker\.com", r"desktop\.docker\.com", r"vsassets\.io", r"w3\.org", r"golang\.org", r"go\.dev",
    r"python\.org",
    r"readthedocs\.io", r"stackoverflow\.com", r"docs\.gitlab\.com", r"dev\.azure\.com",
)  # fmt: skip
_SERVICE: Final = re.compile(rf"(?:^|\.)(?:{'|'.join(_SERVICES)})$", re.IGNORECASE)
_DATA_OF_A_REGISTRY: Final = re.compile(
    r"(?:^|\.)(?:data\.mcr\.microsoft\.com|mcr\.microsoft\.com|docker\.pkg\.github\.com)$", re.IGNORECASE
)

_PORT_OF_DISTRIBUTION: Final = "5000"
_TLS_PORTS: Final = frozenset({"", "443"})


def owner_of(host: str, port: str = "") -> Owner:
    """Whose host this is. An Azure container registry has an azurecr name and answers on port 443."""
    if _ACR_NAME.search(host):
        return Owner.ACR
    if _DATA_OF_A_REGISTRY.search(host):
        return Owner.OTHER
    if _SERVICE.search(host):
        return Owner.SERVICE
    if _OTHER_REGISTRY.search(host):
        return Owner.OTHER
    if _is_address(host):
        return Owner.UNSURE if _may_be_a_way_to_acr(host, port) else Owner.OTHER
    return Owner.UNSURE


def _may_be_a_way_to_acr(address: str, port: str) -> bool:
    """A private endpoint called by its address, or a tunnel on this machine."""
    return port in _TLS_PORTS or (address.startswith("127.") and port != _PORT_OF_DISTRIBUTION)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


# --- How places are written -------------------------------------------------------------------------

_PLACEHOLDER: Final = r"<[^<>\n]{0,60}>|\$?\{[^{}\n]{0,60}\}|\$\([^()\n]{0,60}\)|\[[^\[\]\n/]{0,60}\]"
_STAR: Final = r"\*{2,12}|<[^<>\n.]{0,40}>|xxx+"
# Each text is a name in one way only, else all of them would be tried: a $ that begins a placeholder is no letter.
_ACR_HOST: Final = (
    rf"(?!-)(?:{_PLACEHOLDER}|[A-Za-z0-9_*#-]|\$(?![{{(])){{1,80}}"
    r"(?:\.[A-Za-z0-9-]{1,63}){0,3}\.azurecr\.(?:io|cn|us|de)(?![A-Za-z0-9-])"
)
_LABEL: Final = r"[A-Za-z0-9*][A-Za-z0-9*_-]{0,62}"
_MASKED_LABEL: Final = r"<[^<>\s]{1,40}>"
_DOTTED_HOST: Final = (
    rf"(?:(?:(?:{_LABEL}|{_MASKED_LABEL})\.){{1,7}}[A-Za-z0-9-]{{1,24}}|localhost|\[[0-9A-Fa-f:.]{{3,45}}\])"
)
_HOST: Final = rf"(?P<host>{_ACR_HOST}|{_DOTTED_HOST}|{_STAR})"
_PORT: Final = r"(?::(?P<port>\d{2,5})(?![\d.]))?"
_COMPONENT: Final = (
    rf"(?:{_PLACEHOLDER}|\*{{2,12}}|[A-Za-z0-9$_])(?:{_PLACEHOLDER}|[A-Za-z0-9$._*-]){{0,127}}"
)
_REPOSITORY: Final = rf"(?P<repository>{_COMPONENT}(?:/{_COMPONENT}){{0,9}})"
_TAG: Final = rf"(?P<tag>(?:{_PLACEHOLDER}|[A-Za-z0-9_$*])(?:{_PLACEHOLDER}|[A-Za-z0-9_.$*-]){{0,127}})"
_DIGEST: Final = r"(?P<digest>sha256:[0-9a-fA-F]{64})"
_REST: Final = rf"(?:/{_REPOSITORY})?(?::{_TAG})?(?:@{_DIGEST})?"
_BEGINS: Final = r"(?:(?<=[^ps]://)|(?<=\bbr:)|(?<![A-Za-z0-9_.*/@$#:-]))"

# Docker says so of Docker Hub when it did not even reach its daemon, wherever the push was to go.
_URL: Final = re.compile(
    rf"(?<!using system default: )https?\\?:/?/ ?{_HOST}{_PORT}(?P<path>/[^\s\"']{{0,800}})?", re.IGNORECASE
)
_ACR_NAMED: Final = re.compile(rf"{_BEGINS}(?P<host>{_ACR_HOST}){_PORT}{_REST}")
_OTHER_NAMED: Final = re.compile(
    rf"{_BEGINS}(?P<host>(?:[A-Za-z0-9*-]{{1,63}}\.){{0,6}}(?:{'|'.join(_OTHER_REGISTRIES)}))"
    rf"(?![A-Za-z0-9-]|\.[a-z]){_PORT}{_REST}"
)
_OPTIONS: Final = r"(?:-{1,2}[a-z-]{1,30}(?:[= ][^\s-]\S{0,80})? ){0,6}"
_PUSHERS: Final = (
    r"docker|podman|buildah|nerdctl|crane|oras|helm|img|regctl|sregistry|singularity|images?|chart|artifact"
)
_PUSH_COMMANDS: Final = (
    r"the push refers to (?:a )?repository \[",
    rf"(?:^|[ /\\'])(?:{_PUSHERS})(?:\.exe)? push {_OPTIONS}",
    r"checking push permissions? for ",
    r"--destination[= ]",
    r"does not exist locally with the tag: ",
)
"""After these even a name without a host is an image: Docker Hub's."""
_PUSH_WORDS: Final = (
    r"failed to push (?:to destination |image )?",
    r"error pushing image \"[^\"]{1,300}\" to ",
    r"(?:pushing|pushed|push) (?:(?:image|manifest|signature|tag) )?(?:to |for )?\[?",
    r"uploading manifest [^ ]{1,128} to ",
    r"writing manifest to ",
    r"failed to sign ",
    r"unauthorized for ",
    r"credentials for ",
    r"publishing (?:image )?(?:to )?",
)
_READ_WORDS: Final = (
    r"unable to find image ",
    rf"(?:^|[ /\\'])(?:{_PUSHERS}|crictl)(?:\.exe)? (?:pull|fetch) {_OPTIONS}",
    r"failed to pull (?:and unpack )?image ",
    r"trying to pull (?:repository )?",
    r"pulling (?:image |from )?",
    r"load metadata for ",
    r"base image ",
    r"(?:>>> |: )from ",
    r"step \d{1,3}/\d{1,3} : from ",
    r"(?:back-off )pulling image ",
    r"failed to resolve (?:source metadata for |reference )",
)
_OPENING: Final = r"[\"'\\]{0,4}(?:docker://|oci://)?"
_NAME: Final = rf"{_REPOSITORY}(?::{_TAG})?(?:@{_DIGEST})?"
_REFERENCE: Final = rf"{_OPENING}(?P<reference>(?:{_HOST}{_PORT}/)?{_NAME})"
_FULL_REFERENCE: Final = rf"{_OPENING}(?P<reference>{_HOST}{_PORT}/{_NAME})"
_COMMANDED: Final = re.compile(rf"(?:{'|'.join(_PUSH_COMMANDS)}){_REFERENCE}", re.IGNORECASE)
_PUSHED: Final = re.compile(rf"(?:{'|'.join(_PUSH_WORDS)}){_FULL_REFERENCE}", re.IGNORECASE)
_PULLED: Final = re.compile(rf"(?:{'|'.join(_READ_WORDS)}){_REFERENCE}", re.IGNORECASE)
_LOOKED_UP: Final = re.compile(
    r"(?:lookup |could not resolve host: |getaddrinfo (?:enotfound|eai_again) |host=['\"]"
    rf"|failed to resolve ['\"]|unknownhostexception: )(?P<host>{_DOTTED_HOST})",
    re.IGNORECASE,
)
_ARM_ID: Final = re.compile(
    r"microsoft\.containerregistry/registries/(?P<first>[a-z0-9]{2,50})(?![a-z0-9])"
    r"|resource with name '(?P<second>[a-z0-9]{2,50})' and type 'microsoft\.containerregistry/registries'"
    r"|in the registry '(?P<third>[a-z0-9.-]{2,80})'",
    re.IGNORECASE,
)
_API_PATH: Final = re.compile(
    r"/v2/(?P<repository>[^?#\s]{1,300}?)"
    r"/(?:manifests/(?P<reference>[^?#/\s,;)]{1,200})|blobs/|tags/|referrers/)"
)
_SCOPE: Final = re.compile(r"repository(?::|%3a)(?P<repository>[^:&\s]{1,300}?)(?::|%3a)", re.IGNORECASE)
_WRITE_SCOPE: Final = re.compile(
    r"repository(?::|%3a)(?P<repository>(?:(?!%3a)[^:&\s]){1,300})(?::|%3a)(?:[a-z_]{1,20}(?:,|%2c)){0,4}push",
    re.IGNORECASE,
)
_REGIONAL: Final = re.compile(r"\.[a-z0-9]{1,40}\.(?:data|geo)(?=\.azurecr\.)", re.IGNORECASE)
"""What a registry's own endpoints have in their names besides: https://aka.ms/acr/dedicated-data-endpoints."""
_PLAIN_NAME: Final = re.compile(
    r"[a-z0-9]{1,128}(?:[._/-]{1,2}[a-z0-9]{1,128}){0,20}(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$"
)


def places_in(reading: Reading) -> tuple[Place, ...]:
    """Every registry, repository and image that the text names, in order."""
    words = reading.names
    plain = [
        *_called(words),
        *_after(_COMMANDED, Role.PUSHED_TO, words),
        *_after(_PUSHED, Role.PUSHED_TO, words),
        *_after(_PULLED, Role.READ_FROM, words),
    ]
    explained = {place.position for place in plain}
    in_passing = [place for place in (*_named(words), *_looked_up(words)) if place.position not in explained]
    return tuple(sorted((*plain, *in_passing), key=lambda place: place.position))


def _called(words: str) -> Iterator[Place]:
    """The addresses that were called, with what their path says of repository and reference."""
    for found in _URL.finditer(words):
        path = found["path"] or ""
        owner = _owner_when_called(found["host"], found["port"] or "", path)
        if owner is Owner.SERVICE:
            continue
        api, scope = _API_PATH.search(path), _WRITE_SCOPE.search(path) or _SCOPE.search(path)
        repository = api["repository"] if api else scope["repository"] if scope else None
        reference = api["reference"] if api else None
        yield Place(
            position=found.start("host"),
            host=_host(found["host"], found["port"], owner),
            owner=owner,
            role=Role.CALLED,
            repository=re.sub("%2f", "/", repository, flags=re.IGNORECASE) if repository else None,
            tag=None if _is_digest(reference) else _trimmed(reference),
            digest=_trimmed(reference) if _is_digest(reference) else None,
        )


def _owner_when_called(host: str, port: str, path: str) -> Owner:
    """Whose host it is: a name that does not tell is a registry's when the path is one of a registry's."""
    owner = owner_of(host, port)
    is_registry_path = path.startswith(("/v2", "/oauth2/token", "/token", "/service/token", "/jwt/auth"))
    if owner is Owner.UNSURE and not _is_masked(host) and not _is_address(host):
        return Owner.OTHER if is_registry_path else Owner.SERVICE
    return Owner.SERVICE if owner is Owner.OTHER and not is_registry_path and port else owner


def _after(pattern: re.Pattern[str], role: Role, words: str) -> Iterator[Place]:
    """The references that follow words which say what is done with them."""
    for found in pattern.finditer(words):
        host, port = found["host"], found["port"] or ""
        if host is None and not _is_reference(found["reference"]):
            continue
        owner = Owner.OTHER if host is None else owner_of(host, port)
        if owner is Owner.UNSURE and host and not _is_masked(host) and not _is_address(host):
            owner = Owner.OTHER
        if owner is Owner.SERVICE:
            continue
        yield Place(
            position=found.start("reference"),
            host=_host(host, port, owner) if host else None,
            owner=owner,
            role=role,
            repository=_trimmed(found["repository"]),
            tag=_trimmed(found["tag"]),
            digest=found["digest"],
        )


def _named(words: str) -> Iterator[Place]:
    """Names under a suffix that can only be a registry's."""
    for pattern in (_ACR_NAMED, _OTHER_NAMED):
        for found in pattern.finditer(words):
            owner = owner_of(found["host"], found["port"] or "")
            repository = _trimmed(found["repository"])
            if repository and repository.split("/")[0] in {"v2", "v1", "oauth2", "helm", "acr", "token"}:
                repository = None
            yield Place(
                position=found.start("host"),
                host=_host(found["host"], found["port"], owner),
                owner=owner,
                role=Role.NAMED,
                repository=repository,
                tag=_trimmed(found["tag"]) if repository else None,
                digest=found["digest"],
            )
    for found in _ARM_ID.finditer(words):
        name = found["first"] or found["second"] or found["third"]
        yield Place(position=found.start(), host=name, owner=Owner.ACR, role=Role.NAMED)


def _looked_up(words: str) -> Iterator[Place]:
    """Hosts whose address was asked for."""
    for found in _LOOKED_UP.finditer(words):
        owner = owner_of(found["host"])
        if owner in {Owner.ACR, Owner.OTHER}:
            host = _host(found["host"], None, owner)
            yield Place(position=found.start("host"), host=host, owner=owner, role=Role.NAMED)


def _is_reference(words: str) -> bool:
    """Whether it is an image name without a host, and not just the next word of a sentence."""
    return ("/" in words or ":" in words) and _PLAIN_NAME.match(words) is not None


def _is_digest(reference: str | None) -> bool:
    return reference is not None and reference.startswith("sha256:")


def _is_masked(host: str) -> bool:
    """Whether nothing of the host can be read."""
    return (host[:1] == "<" and host[-1:] == ">") or not host.lower().strip("*x")


def _host(host: str, port: str | None, owner: Owner) -> str | None:
    """The host as printed, with a port only where it is part of the name; nothing when it is masked.

    An endpoint that a registry has for a region is that registry's: its login server says which.
    """
    if _is_masked(host) and owner is not Owner.ACR:
        return None
    if owner is Owner.ACR:
        host = _REGIONAL.sub("", host)
    return f"{host}:{port}" if port and owner is not Owner.ACR and port not in _TLS_PORTS else host


def _trimmed(name: str | None) -> str | None:
    """A name without the punctuation of the sentence around it."""
    if not name:
        return None
    trimmed = name.rstrip(".,;:-_\"'")
    return trimmed or None


# --- What the body of an answer names ----------------------------------------------------------------

_DETAIL_NAME: Final = re.compile(
    r"\bname['\"]? ?: ?['\"]?(?P<name>[a-z0-9][a-z0-9._/-]{0,255})", re.IGNORECASE
)
_REPOSITORY_NAMED: Final = re.compile(
    r"repository(?:: ['\"]?| ['\"])(?P<name>[a-z0-9][a-z0-9._/-]{0,255})", re.IGNORECASE
)
_TAG_NAMED: Final = re.compile(
    r"(?:manifest|tag) ['\"](?P<first>\w[\w.-]{0,127})['\"]"
    r"|tagged by ['\"](?P<second>\w[\w.-]{0,127})['\"]"
    r"|['\"]tag['\"] ?: ?['\"](?P<third>\w[\w.-]{0,127})['\"]"
    r"|\bmap\[tag:(?P<fourth>\w[\w.-]{0,127})\]",
    re.IGNORECASE,
)
_DIGEST_NAMED: Final = re.compile(
    r"(?:(?:revision|digest)['\"]? ?: ?|failed commit on ref )['\"]?(?P<first>sha256:[0-9a-f]{64})"
    r"|(?:manifest|index)-(?P<second>sha256:[0-9a-f]{64})",
    re.IGNORECASE,
)
_DEFAULT_TAG: Final = "using default tag: latest"


def completed(place: Place | None, places: tuple[Place, ...], reading: Reading) -> Place:
    """The failing place with what the rest of the text says of the same image."""
    known = place or Place(position=0, host=None, owner=Owner.UNSURE, role=Role.NAMED)
    known = _with_repository(known, places, reading)
    for other in places:
        if known.repository and other.repository == known.repository:
            known = replace(
                known,
                tag=known.tag or other.tag,
                digest=known.digest or other.digest,
                host=known.host or other.host,
            )
    if known.tag is None:
        known = replace(known, tag=_tag_in_words(reading))
    if known.digest is None and (digest := _DIGEST_NAMED.search(reading.names)):
        known = replace(known, digest=digest["first"] or digest["second"])
    return known


def _with_repository(known: Place, places: tuple[Place, ...], reading: Reading) -> Place:
    if known.repository:
        return known
    for other in reversed(places):
        same_host = known.host is None or other.host is None or other.host == known.host
        if other.repository and same_host and other.owner is known.owner:
            return replace(known, repository=other.repository, tag=other.tag, digest=other.digest)
    found = _REPOSITORY_NAMED.search(reading.names)
    if found is None and "detail" in reading.low:
        found = _DETAIL_NAME.search(reading.names)
    return replace(known, repository=found["name"].rstrip(".")) if found else known


def _tag_in_words(reading: Reading) -> str | None:
    if found := _TAG_NAMED.search(reading.names):
        return next(name for name in found.groups() if name)
    return "latest" if _DEFAULT_TAG in reading.low else None
