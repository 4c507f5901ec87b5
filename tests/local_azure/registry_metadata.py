"""The registry's own API, /acr/v1: listings, attributes and locks, and removals (shapes of the SDK's recordings)."""

from typing import Any

from werkzeug import Response

from tests.local_azure.calls import Call, RefusedError, Route, json_answer
from tests.local_azure.clock import seven_decimals
from tests.local_azure.diagnostics import repository_row
from tests.local_azure.paging import page
from tests.local_azure.registry_access import authorise, disallowed, registry_error
from tests.local_azure.registry_events import image_deleted
from tests.local_azure.world import Attributes, Manifest, Repository, Tag


def known_repository(call: Call) -> Repository:
    """Give the repository that the call names, or refuse as for one that is not there."""
    name = call.arguments["repository"]
    repository = call.registry.repositories.get(name)
    if repository is None or not repository.manifests:
        message = "repository name not known to registry"
        raise RefusedError(registry_error(404, "NAME_UNKNOWN", message, {"name": name}))
    return repository


def known_tag(call: Call, repository: Repository) -> Tag:
    """Give the tag that the call names, or refuse as for one that is not there."""
    name = call.arguments["tag"]
    if name not in repository.tags:
        message = "the specified tag does not exist"
        raise RefusedError(
            registry_error(404, "TAG_UNKNOWN", message, {"repository": repository.name, "tag": name})
        )
    return repository.tags[name]


def known_manifest(repository: Repository, reference: str) -> Manifest:
    """Give the manifest that a tag or digest means, or refuse as for one that is not there."""
    manifest = repository.resolve(reference)
    if manifest is None:
        detail = {"Name": repository.name, "Revision": reference}
        raise RefusedError(registry_error(404, "MANIFEST_UNKNOWN", "manifest unknown", detail))
    return manifest


def removable(repository: Repository, digest: str) -> bool:
    """Tell whether no lock on any level forbids to remove that manifest and its tags."""
    levels = [repository.attributes, repository.manifests[digest].attributes]
    levels += [tag.attributes for tag in repository.tags.values() if tag.digest == digest]
    return all(level.write_enabled and level.delete_enabled for level in levels)


def catalog(call: Call) -> Response:
    """List the repositories."""
    authorise(call)
    names, more = page(call, listed(call))
    return json_answer({"repositories": names}, headers=more)


def listed(call: Call) -> list[str]:
    """Give the names of the repositories that may be listed."""
    homes = call.registry.repositories
    return sorted(name for name, home in homes.items() if home.manifests and home.attributes.list_enabled)


def repository_attributes(call: Call) -> Response:
    """Show a repository."""
    authorise(call, "metadata_read")
    return json_answer(_repository(call, known_repository(call)))


def change_repository(call: Call) -> Response:
    """Change a repository's attributes."""
    authorise(call, "metadata_write")
    repository = known_repository(call)
    _change(call, repository.attributes)
    return json_answer(_repository(call, repository))


def tags(call: Call) -> Response:
    """List a repository's tags; `digest` narrows it to one manifest's."""
    authorise(call, "metadata_read")
    repository = known_repository(call)
    digest = call.request.args.get("digest")
    shown = [
        tag
        for tag in repository.tags.values()
        if tag.attributes.list_enabled and digest in {None, tag.digest}
    ]
    ordered = [tag.name for tag in sorted(shown, key=lambda tag: (tag.updated, tag.name))]
    names, more = page(call, _in_order(call, ordered, sorted(ordered)))
    return json_answer(_about(call) | {"tags": [_tag(repository.tags[name]) for name in names]}, headers=more)


def tag_attributes(call: Call) -> Response:
    """Show a tag."""
    authorise(call, "metadata_read")
    return json_answer(_about(call) | {"tag": _tag(known_tag(call, known_repository(call)))})


def change_tag(call: Call) -> Response:
    """Change a tag's attributes."""
    authorise(call, "metadata_write")
    repository = known_repository(call)
    tag = known_tag(call, repository)
    if call.world.tag_patch_refused_under_repository_lock and not repository.attributes.write_enabled:
        raise RefusedError(disallowed())
    _change(call, tag.attributes)
    return json_answer(_about(call) | {"tag": _tag(tag)})


def manifests(call: Call) -> Response:
    """List a repository's manifests."""
    authorise(call, "metadata_read")
    repository = known_repository(call)
    shown = [manifest for manifest in repository.manifests.values() if manifest.attributes.list_enabled]
    ordered = [manifest.digest for manifest in sorted(shown, key=lambda one: (one.updated, one.digest))]
    digests, more = page(call, _in_order(call, ordered, sorted(ordered)))
    described = [_manifest(call, repository, repository.manifests[digest]) for digest in digests]
    return json_answer(_about(call) | {"manifests": described}, headers=more)


def manifest_attributes(call: Call) -> Response:
    """Show a manifest."""
    authorise(call, "metadata_read")
    repository = known_repository(call)
    manifest = known_manifest(repository, call.arguments["digest"])
    return json_answer(_about(call) | {"manifest": _manifest(call, repository, manifest)})


def change_manifest(call: Call) -> Response:
    """Change a manifest's attributes."""
    authorise(call, "metadata_write")
    repository = known_repository(call)
    manifest = known_manifest(repository, call.arguments["digest"])
    _change(call, manifest.attributes)
    return json_answer(_about(call) | {"manifest": _manifest(call, repository, manifest)})


def delete_repository(call: Call) -> Response:
    """Remove a repository with everything in it."""
    authorise(call, "delete")
    repository = known_repository(call)
    if not all(removable(repository, digest) for digest in repository.manifests):
        raise RefusedError(disallowed())
    del call.registry.repositories[repository.name]
    repository_row(call, "Delete", 202, repository=repository.name)
    removed = {"manifestsDeleted": list(repository.manifests), "tagsDeleted": list(repository.tags)}
    for manifest in repository.manifests.values():
        image_deleted(call, repository.name, manifest)
    return json_answer(removed, 202)


def delete_tag(call: Call) -> Response:
    """Take a tag off; Event Grid is not told of it (so the webhook reference says)."""
    authorise(call, "delete")
    repository = known_repository(call)
    tag = known_tag(call, repository)
    if not all(
        level.write_enabled and level.delete_enabled for level in (repository.attributes, tag.attributes)
    ):
        raise RefusedError(disallowed())
    del repository.tags[tag.name]
    repository_row(call, "Untag", 202, repository=repository.name, tag=tag.name, digest=tag.digest)
    return Response(status=202)


def _change(call: Call, attributes: Attributes) -> None:
    body = call.body()
    if not isinstance(body, dict) or not all(isinstance(value, bool) for value in body.values()):
        raise RefusedError(registry_error(400, "BAD_REQUEST", "the request body is not valid"))
    attributes.change(body)


def _in_order(call: Call, by_time: list[str], by_name: list[str]) -> list[str]:
    match call.request.args.get("orderby"):
        case "timeasc":
            return by_time
        case "timedesc":
            return by_time[::-1]
        case _:
            return by_name


def _about(call: Call) -> dict[str, Any]:
    return {"registry": call.registry.login_server, "imageName": call.arguments["repository"]}


def _repository(call: Call, repository: Repository) -> dict[str, Any]:
    return {
        "registry": call.registry.login_server,
        "imageName": repository.name,
        "createdTime": seven_decimals(repository.created),
        "lastUpdateTime": seven_decimals(repository.updated),
        "manifestCount": len(repository.manifests),
        "tagCount": len(repository.tags),
        "changeableAttributes": repository.attributes.as_wire(),
    }


def _tag(tag: Tag) -> dict[str, Any]:
    return {
        "name": tag.name,
        "digest": tag.digest,
        "createdTime": seven_decimals(tag.created),
        "lastUpdateTime": seven_decimals(tag.updated),
        "signed": False,
        "changeableAttributes": tag.attributes.as_wire(),
    }


def _manifest(call: Call, repository: Repository, manifest: Manifest) -> dict[str, Any]:
    config = manifest.document.get("config") or {}
    described: dict[str, Any] = {
        "digest": manifest.digest,
        "imageSize": manifest.image_size,
        "createdTime": seven_decimals(manifest.created),
        "lastUpdateTime": seven_decimals(manifest.updated),
        "mediaType": manifest.media_type,
        "changeableAttributes": manifest.attributes.as_wire()
        | {"quarantineState": "Quarantined" if manifest.digest in call.registry.quarantined else "Passed"},
    }
    if config:
        described |= {"architecture": "amd64", "os": "linux", "configMediaType": config.get("mediaType")}
    on_it = repository.tags_of(manifest.digest)
    return described | ({"tags": on_it} if on_it else {})


ROUTES = (
    Route("GET", "/acr/v1/_catalog", catalog, "catalog"),
    Route("GET", "/acr/v1/<path:repository>/_tags", tags, "metadata_read"),
    Route("GET", "/acr/v1/<path:repository>/_tags/<tag>", tag_attributes, "metadata_read"),
    Route("PATCH", "/acr/v1/<path:repository>/_tags/<tag>", change_tag, "metadata_write"),
    Route("DELETE", "/acr/v1/<path:repository>/_tags/<tag>", delete_tag, "delete"),
    Route("GET", "/acr/v1/<path:repository>/_manifests", manifests, "metadata_read"),
    Route("GET", "/acr/v1/<path:repository>/_manifests/<digest>", manifest_attributes, "metadata_read"),
    Route("PATCH", "/acr/v1/<path:repository>/_manifests/<digest>", change_manifest, "metadata_write"),
    Route("GET", "/acr/v1/<path:repository>", repository_attributes, "metadata_read"),
    Route("PATCH", "/acr/v1/<path:repository>", change_repository, "metadata_write"),
    Route("DELETE", "/acr/v1/<path:repository>", delete_repository, "delete"),
)
