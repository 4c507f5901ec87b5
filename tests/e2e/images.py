"""Something to push: an image with one file in it, the same bytes whenever its content is the same."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

TAG = "built"


def layer(content: str) -> bytes:
    """The image's only layer, a tar archive with one file."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        text = f"{content}\n".encode()
        member = tarfile.TarInfo("release.txt")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return written.getvalue()


def layout(content: str, folder: Path) -> Path:
    """The image as an OCI layout in `folder`, tagged `built`."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def kept(media_type: str, data: bytes) -> dict[str, object]:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        media_type = f"application/vnd.oci.image.{media_type}"
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    archive = layer(content)
    diff_id = f"sha256:{hashlib.sha256(archive).hexdigest()}"
    system = {"architecture": "amd64", "os": "linux", "config": {}}
    config = kept("config.v1+json", _json(system | {"rootfs": {"type": "layers", "diff_ids": [diff_id]}}))
    layers = [kept("layer.v1.tar+gzip", gzip.compress(archive, mtime=0))]
    media_type = "application/vnd.oci.image.manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers}
    tagged = kept("manifest.v1+json", _json(manifest))
    tagged["annotations"] = {"org.opencontainers.image.ref.name": TAG}
    (folder / "index.json").write_bytes(_json({"schemaVersion": 2, "manifests": [tagged]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder


def packed(layout: Path, archive: Path) -> Path:
    """An OCI layout as one tar archive."""
    with tarfile.open(archive, "w") as written:
        for part in ("oci-layout", "index.json", "blobs"):
            written.add(layout / part, arcname=part)
    return archive


def _json(document: object) -> bytes:
    return json.dumps(document).encode()
