"""What only other registries say, and what only ACR says, for texts in which no host is named."""

from typing import Final

from checks.intake.error_text.reading import Reading, phrases

ACR_SAYS: Final = phrases(
    r"aka\.ms/acr", r"registry[_ ]disallowed[_ ]operation", r"client with ip '", r"operation is disallowed",
    r"microsoft\.containerregistry", r"azurecr\.", r"\baz acr\b", r"server: azurecontainerregistry",
)  # fmt: skip
"""Words of ACR's own bodies, names and tools."""

OTHERS_SAY: Final = (
    ("Amazon ECR", phrases(
        r"\becr:[a-z]", r"no basic auth credentials", r"in the registry with id '\d", r"amazonecr|aws ecr",
        r"cannot be overwritten because the repository is immutable",
    )),
    ("GitHub", phrases(
        r"(?:write|read|create)_package", r"installation not allowed to (?:create|write)",
        r"user cannot be authenticated with the token provided", r"blocked by (?:the )?organization",
        r"resource not accessible by integration",
    )),
    ("Google", phrases(
        r"artifactregistry\.", r"cloud\.google\.com", r"storage\.buckets\.", r"gcloud auth", r"gcr\.io/",
        r"unauthenticated requests? do(?:es)? not have permission", r"token exchange failed for project",
    )),
    ("Docker Hub", phrases(
        r"pull rate limit", r"increase-rate-limit", r"hub\.docker\.com", r"docker hub",
        r"personal access token is", r"immutability settings",
    )),
    ("Harbor", phrases(
        r"unauthorized to access repository", r"configured upper limit", r"configured as immutable",
        r"harbor", r"action: push: unauthorized", r"project .{1,80} not found",
    )),
    ("Quay", phrases(
        r"requested resource is not authorized", r"could not find robot",
        r"quota has been exceeded on namespace", r"quay\.io",
    )),
    ("GitLab", phrases(r"http basic: access denied", r"ci_registry", r"gitlab")),
    ("IBM Cloud", phrases(r"exceeded your storage quota", r"ibmcloud", r"pricing plan")),
    ("DigitalOcean", phrases(r"registry contains \d{1,5} repositories", r"doctl")),
    ("Nexus or Artifactory", phrases(
        r"does not allow updating", r"rejected the resolution", r"artifactory", r"nexus repository",
    )),
    ("others", phrases(
        r"\bsregistry push", r"is frozen, push not allowed", r"cannot overwrite .{0,60}immutable",
        r"tag is immutable", r"immutable tag",
    )),
)  # fmt: skip
"""Words of other registries' bodies and tools, each under its owner's name."""


def speaks_acr(reading: Reading) -> bool:
    """Whether the text holds something that only ACR, or a tool for it, says."""
    return ACR_SAYS.search(reading.low) is not None


def another_registry(reading: Reading) -> str | None:
    """Whose words they are, when they are another registry's."""
    return next((owner for owner, said in OTHERS_SAY if said.search(reading.low)), None)
