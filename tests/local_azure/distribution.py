"""The OCI distribution API, /v2: what docker, skopeo, oras, crane and the SDK push and pull through.

Locations are relative, as the registry's are; an absolute one breaks the SDK's uploads.
"""

import json
import re
from typing import Any
from uuid import uuid4

from werkzeug import Response

from tests.local_azure.calls import Call, RefusedError, Route, json_answer
from tests.local_azure.diagnostics import repository_row
from tests.local_azure.images import OCI_INDEX, OCI_MANIFEST, digest_of
from tests.local_azure.paging import page
from tests.local_azure.registry_access import authorise, disallowed, registry_error
from tests.local_azure.registry_events import image_deleted, image_pushed
from tests.local_azure.registry_metadata import known_manifest, known_repository, listed, removable
from tests.local_azure.world import Manifest, Registry

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")


def catalog(call: Call) -> Response:
    """List the repositories."""
    authorise(call)
    names, more = page(call, listed(call))
    return json_answer({"repositories": names}, headers=more)


def tags(call: Call) -> Response:
    """List the tags of a repository."""
    authorise(call, "pull")
    repository = known_repository(call)
    names, more = page(
        call, sorted(tag.name for tag in repository.tags.values() if tag.attributes.list_enabled)
    )
    return json_answer({"name": repository.name, "tags": names}, headers=more)


def referrers(call: Call) -> Response:
    """List the manifests that name this one as their subject."""
    authorise(call, "pull")
    home = call.registry.repositories.get(call.arguments["repository"])
    found = [
        _referrer(manifest)
        for manifest in (home.manifests.values() if home else ())
        if (manifest.document.get("subject") or {}).get("digest") == call.arguments["digest"]
    ]
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": found}
    return Response(json.dumps(document), content_type=OCI_INDEX)


def pull_manifest(call: Call) -> Response:
    """Give a manifest."""
    authorise(call, "pull")
    repository = known_repository(call)
    manifest = known_manifest(repository, call.arguments["reference"])
    levels = [repository.attributes, manifest.attributes]
    if call.arguments["reference"] in repository.tags:
        levels.append(repository.tags[call.arguments["reference"]].attributes)
    if not all(level.read_enabled for level in levels) or manifest.digest in call.registry.quarantined:
        raise RefusedError(disallowed())
    headers = {"Docker-Content-Digest": manifest.digest, "ETag": f'"{manifest.digest}"'}
    return Response(manifest.content, headers=headers, content_type=manifest.media_type)


def pulled(call: Call, answer: Response) -> None:
    """Write the record of a pull; asking whether something is there is none."""
    if call.request.method != "GET" or answer.status_code in {401, 403}:
        return
    reference = call.arguments["reference"]
    repository_row(
        call,
        "Pull",
        answer.status_code,
        repository=call.arguments["repository"],
        tag=reference,
        digest=answer.headers.get("Docker-Content-Digest"),
        media_type=answer.mimetype if answer.status_code == 200 else None,
    )


def push_manifest(call: Call) -> Response:
    """Store a manifest and put the tag on it, unless a lock, the ceiling or quarantine stands against it."""
    authorise(call, "pull", "push")
    registry, name, reference = call.registry, call.arguments["repository"], call.arguments["reference"]
    content = call.request.get_data()
    digest = digest_of(content)
    tag = None if _DIGEST.fullmatch(reference) else reference
    if tag is None and reference != digest:
        raise RefusedError(
            registry_error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        )
    if tag is not None and not _TAG.fullmatch(tag):
        raise RefusedError(registry_error(404, "TAG_INVALID", "manifest tag did not match URI"))
    document = _manifest_document(content)
    if _locked(registry, name, tag, digest) or registry.full or digest in registry.quarantined:
        raise RefusedError(disallowed())
    _refuse_what_names_absent_parts(call, document)
    media_type = call.request.mimetype or document.get("mediaType") or OCI_MANIFEST
    manifest = registry.keep_manifest(name, tag, content, media_type)
    registry.pushes.append((call.world.now(), True))
    if tag is not None:
        image_pushed(call, name, tag, manifest)
    headers = {"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest}
    if "subject" in document:
        headers["OCI-Subject"] = document["subject"]["digest"]
    return Response(status=201, headers=headers)


def pushed(call: Call, answer: Response) -> None:
    """Write the record of a push, however it ended."""
    if answer.status_code == 403 or _only_challenged(call, answer):
        return
    reference = call.arguments["reference"]
    stored = answer.status_code == 201
    if not stored:
        call.registry.pushes.append((call.world.now(), False))
    repository_row(
        call,
        "Push",
        answer.status_code,
        repository=call.arguments["repository"],
        tag=reference,
        digest=answer.headers["Docker-Content-Digest"] if stored else None,
        media_type=call.request.mimetype if stored else None,
        size=len(call.request.get_data()) if stored else None,
    )


def delete_manifest(call: Call) -> Response:
    """Remove a manifest with its tags, or take off one tag."""
    authorise(call, "delete")
    repository, reference = known_repository(call), call.arguments["reference"]
    manifest = known_manifest(repository, reference)
    if not removable(repository, manifest.digest):
        raise RefusedError(disallowed())
    by_tag = reference in repository.tags
    for name in [reference] if by_tag else repository.tags_of(manifest.digest):
        del repository.tags[name]
    operation = "Untag" if by_tag else "Delete"
    repository_row(call, operation, 202, repository=repository.name, tag=reference, digest=manifest.digest)
    if not by_tag:
        del repository.manifests[manifest.digest]
        image_deleted(call, repository.name, manifest)
    return Response(status=202)


def blob(call: Call) -> Response:
    """Give a blob."""
    authorise(call, "pull")
    digest = call.arguments["digest"]
    home = call.registry.repositories.get(call.arguments["repository"])
    if home is None or digest not in home.blobs:
        message = "blob unknown to registry"
        raise RefusedError(registry_error(404, "BLOB_UNKNOWN", message, {"digest": digest}))
    headers = {"Docker-Content-Digest": digest, "ETag": f'"{digest}"', "Accept-Ranges": "bytes"}
    return Response(call.registry.blobs[digest], headers=headers, content_type="application/octet-stream")


def start_upload(call: Call) -> Response:
    """Begin a blob: whole in this request, borrowed from another repository, or piece by piece."""
    authorise(call, "pull", "push")
    registry, name, query = call.registry, call.arguments["repository"], call.request.args
    if not _REPOSITORY.fullmatch(name):
        raise RefusedError(registry_error(400, "NAME_INVALID", "invalid repository name"))
    if registry.full and call.world.refuse_uploads_when_full:
        raise RefusedError(disallowed())
    lender = registry.repositories.get(query.get("from", ""))
    if lender is not None and query.get("mount") in lender.blobs:
        registry.repository(name).blobs.add(query["mount"])
        return _blob_made(name, query["mount"])
    if "digest" in query:
        return _finish(call, call.request.get_data())
    upload = str(uuid4())
    registry.uploads[upload] = bytearray()
    return _upload_accepted(name, upload, 0)


def upload_refused(call: Call, answer: Response) -> None:
    """Write the record of a push that ended before its manifest: no right, no room, too often."""
    if answer.status_code >= 400 and answer.status_code != 403 and not _only_challenged(call, answer):
        call.registry.pushes.append((call.world.now(), False))
        repository_row(call, "Push", answer.status_code, repository=call.arguments["repository"])


def continue_upload(call: Call) -> Response:
    """Take the next piece."""
    authorise(call, "pull", "push")
    content = _upload(call)
    content += call.request.get_data()
    return _upload_accepted(call.arguments["repository"], call.arguments["upload"], len(content))


def upload_status(call: Call) -> Response:
    """Tell how much has arrived."""
    authorise(call, "pull", "push")
    answer = _upload_accepted(call.arguments["repository"], call.arguments["upload"], len(_upload(call)))
    answer.status_code = 204
    return answer


def finish_upload(call: Call) -> Response:
    """Take the last piece, if any, and keep the blob if it is what it was said to be."""
    authorise(call, "pull", "push")
    answer = _finish(call, bytes(_upload(call)) + call.request.get_data())
    del call.registry.uploads[call.arguments["upload"]]
    return answer


def cancel_upload(call: Call) -> Response:
    """Forget what has arrived."""
    authorise(call, "pull", "push")
    _upload(call)
    del call.registry.uploads[call.arguments["upload"]]
    return Response(status=204)


def _locked(registry: Registry, name: str, tag: str | None, digest: str) -> bool:
    """Tell whether any level forbids writing: the repository, the tag whatever it points to, the manifest itself."""
    home = registry.repositories.get(name)
    if home is None:
        return False
    levels = [home.attributes]
    if tag in home.tags:
        levels.append(home.tags[tag].attributes)
    if digest in home.manifests:
        levels.append(home.manifests[digest].attributes)
    return not all(level.write_enabled for level in levels)


def _manifest_document(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    if not isinstance(document, dict) or document.get("schemaVersion") != 2:
        raise RefusedError(registry_error(400, "MANIFEST_INVALID", "manifest invalid"))
    return document


def _refuse_what_names_absent_parts(call: Call, document: dict[str, Any]) -> None:
    home = call.registry.repository(call.arguments["repository"])
    parts = [document.get("config") or {}, *document.get("layers", [])]
    blobs = [part["digest"] for part in parts if part and not part.get("urls")]
    children = [child["digest"] for child in document.get("manifests", [])]
    absent = [digest for digest in blobs if digest not in home.blobs]
    absent += [digest for digest in children if digest not in home.manifests]
    if absent:
        message = "manifest blob unknown to registry"
        raise RefusedError(registry_error(400, "MANIFEST_BLOB_UNKNOWN", message, {"digest": absent[0]}))


def _only_challenged(call: Call, answer: Response) -> bool:
    """Tell whether this is the first, tokenless try of a client; whether those are logged is not documented."""
    return (
        answer.status_code == 401
        and not call.world.log_challenges
        and "Authorization" not in call.request.headers
    )


def _upload(call: Call) -> bytearray:
    content = call.registry.uploads.get(call.arguments["upload"])
    if content is None:
        raise RefusedError(registry_error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"))
    return content


def _finish(call: Call, content: bytes) -> Response:
    wanted, name = call.request.args.get("digest", ""), call.arguments["repository"]
    if not _DIGEST.fullmatch(wanted) or digest_of(content) != wanted:
        raise RefusedError(
            registry_error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        )
    return _blob_made(name, call.registry.keep_blob(name, content))


def _blob_made(name: str, digest: str) -> Response:
    headers = {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest}
    return Response(status=201, headers=headers)


def _upload_accepted(name: str, upload: str, length: int) -> Response:
    headers = {
        "Location": f"/v2/{name}/blobs/uploads/{upload}?_nouploadcache=false&_state={uuid4().hex}",
        "Docker-Upload-Uuid": upload,
        "Range": f"0-{max(0, length - 1)}",
    }
    return Response(status=202, headers=headers)


def _referrer(manifest: Manifest) -> dict[str, Any]:
    document = manifest.document
    kind = document.get("artifactType") or (document.get("config") or {}).get("mediaType", "")
    described = {
        "mediaType": manifest.media_type,
        "digest": manifest.digest,
        "size": len(manifest.content),
        "artifactType": kind,
    }
    return described | ({"annotations": document["annotations"]} if "annotations" in document else {})


ROUTES = (
    Route("GET", "/v2/_catalog", catalog, "catalog"),
    Route("GET", "/v2/<path:repository>/tags/list", tags, "pull"),
    Route("GET", "/v2/<path:repository>/referrers/<digest>", referrers, "pull"),
    Route("GET", "/v2/<path:repository>/manifests/<reference>", pull_manifest, "pull", afterwards=pulled),
    Route("PUT", "/v2/<path:repository>/manifests/<reference>", push_manifest, "push", afterwards=pushed),
    Route("DELETE", "/v2/<path:repository>/manifests/<reference>", delete_manifest, "delete"),
    Route("POST", "/v2/<path:repository>/blobs/uploads/", start_upload, "push", afterwards=upload_refused),
    Route("GET", "/v2/<path:repository>/blobs/uploads/<upload>", upload_status, "push"),
    Route("PATCH", "/v2/<path:repository>/blobs/uploads/<upload>", continue_upload, "push"),
    Route("PUT", "/v2/<path:repository>/blobs/uploads/<upload>", finish_upload, "push"),
    Route("DELETE", "/v2/<path:repository>/blobs/uploads/<upload>", cancel_upload, "push"),
    Route("GET", "/v2/<path:repository>/blobs/<digest>", blob, "pull"),
)
