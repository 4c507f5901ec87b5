"""What about a registry is no fault, and worth knowing where a push fails."""

from collections.abc import Iterator
from typing import Final

from checks.evidence import Challenge, Evidence, Login, NotAsked, Profile, RegistrySettings, Unreadable
from checks.model import Value


class Remark(Value, frozen=True):
    """One thing worth knowing: what it is about, what was seen, and why that matters."""

    about: str
    saw: str
    advice: str

    @property
    def source(self) -> str:
        """Who says so."""
        return SOURCES[self.about]


def remarks(evidence: Evidence) -> tuple[Remark, ...]:
    """What is worth knowing of the settings and policies that were read."""
    of_settings = _of_settings(evidence.settings) if isinstance(evidence.settings, RegistrySettings) else ()
    of_policies = _of_policies(evidence.profile) if isinstance(evidence.profile, Profile) else ()
    return (*of_settings, *of_policies, *_of_looking(evidence))


def _of_settings(settings: RegistrySettings) -> Iterator[Remark]:
    if not settings.public_network_access:
        yield Remark(
            "firewall",
            "public network access is disabled",
            "Whoever does not come by a private endpoint is refused, and no network rule changes that.",
        )
    elif settings.denies_by_default:
        yield Remark(
            "firewall",
            f"the firewall is open to private endpoints and to {_rules(len(settings.ip_rules))} only",
            "Whoever comes from elsewhere is refused: `az acr network-rule list --name REGISTRY`.",
        )
    if settings.admin_user:
        yield Remark(
            "admin_user",
            "the admin user is enabled",
            "Whoever has its password may do everything, and nobody can tell who it was.",
        )
    if settings.anonymous_pull:
        yield Remark(
            "anonymous_pull",
            "anonymous pull is enabled",
            "Everybody whom the network lets in may pull; a push still needs a login.",
        )
    if settings.quarantine:
        yield Remark(
            "quarantine",
            "the quarantine policy is enabled",
            "An image that no scanner has released refuses operations in the words of a lock.",
        )


def _rules(count: int) -> str:
    return "one network rule" if count == 1 else f"{count} network rules"


def _of_policies(profile: Profile) -> Iterator[Remark]:
    if profile.retention_days is not None:
        yield Remark(
            "retention",
            f"untagged manifests are deleted after {profile.retention_days} days",
            "What is pushed by digest only, and named by nothing, is gone by then; a lock keeps it.",
        )
    if isinstance(profile.soft_delete_days, Unreadable):
        yield Remark(
            "soft_delete",
            f"whether what is deleted is kept for a while could not be read: {profile.soft_delete_days.why}",
            "If it is, it uses storage until then: `az acr config soft-delete show --registry REGISTRY`.",
        )
    elif profile.soft_delete_days is not None:
        yield Remark(
            "soft_delete",
            f"what is deleted is kept for {profile.soft_delete_days} days",
            "It uses storage until then, and can be restored: `az acr manifest restore`.",
        )
    if profile.content_trust:
        yield Remark(
            "content_trust",
            "content trust is enabled",
            "Clients with DOCKER_CONTENT_TRUST=1 push only with a signing key and the role AcrImageSigner.",
        )
    if not profile.export:
        yield Remark(
            "export",
            "export is disabled",
            "Artifacts cannot be imported from here into another registry.",
        )
    for link in profile.private_links:
        if not link.approved:
            yield Remark(
                "private_endpoint",
                f"the private endpoint {link.name} is {link.status}",
                "It carries no traffic until somebody approves it.",
            )


def _of_looking(evidence: Evidence) -> Iterator[Remark]:
    """What could have been looked at, and was not."""
    if isinstance(evidence.repository, NotAsked):
        yield Remark(
            "locks",
            "no lock was looked for, because no repository was named",
            "Locks sit on repositories, tags and manifests: `medic check REGISTRY --repository NAME:TAG` reads them.",
        )
    let_in = isinstance(evidence.challenge, Challenge) and isinstance(evidence.login, Login)
    if let_in and isinstance(evidence.data_endpoints, NotAsked):
        yield Remark(
            "data_endpoints",
            "no data endpoint was tried: the registry has no dedicated ones, and sent nobody anywhere",
            "Layers are fetched from *.blob.core.windows.net; with --repository that host is found and tried.",
        )


_PAGES: Final = "https://learn.microsoft.com/azure/container-registry"
SOURCES: Final = {
    "admin_user": f"{_PAGES}/container-registry-authentication",
    "anonymous_pull": f"{_PAGES}/anonymous-pull-access",
    "content_trust": f"{_PAGES}/container-registry-content-trust",
    "data_endpoints": f"{_PAGES}/container-registry-dedicated-data-endpoints",
    "export": f"{_PAGES}/data-loss-prevention",
    "firewall": f"{_PAGES}/container-registry-access-selected-networks",
    "locks": f"{_PAGES}/container-registry-image-lock",
    "private_endpoint": f"{_PAGES}/container-registry-private-link",
    "quarantine": "https://github.com/Azure/acr/tree/main/docs/preview/quarantine",
    "retention": f"{_PAGES}/container-registry-retention-policy",
    "soft_delete": f"{_PAGES}/container-registry-soft-delete-policy",
}
