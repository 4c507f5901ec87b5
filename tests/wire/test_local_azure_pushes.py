"""Real push clients against the local Azure, and the rows and events that their pushes leave behind."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from oras.provider import Registry as OrasRegistry

from tests.local_azure import LocalAzure, Registry
from tests.local_azure.images import HELM_CONFIG, digest_of, image

RECORDED = Path(__file__).parents[1] / "fixtures" / "acr"
REAL_NAME = "pushmedic.azurecr.io"


@pytest.fixture(scope="module")
def running() -> Iterator[LocalAzure]:
    with LocalAzure() as azure:
        yield azure


@pytest.fixture
def azure(running: LocalAzure) -> LocalAzure:
    running.reset()
    return running


def recorded(name: str) -> Any:  # noqa: ANN401 - a recording is whatever was recorded
    return json.loads(next(RECORDED.glob(f"{name}_*")).read_text())


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def layout(folder: Path, content: bytes = b"layer") -> Path:
    """An OCI layout with one image, tagged v1, for clients that push from disk."""
    made = image(content)
    blobs = folder / "layout" / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for blob in (*made.blobs, made.manifest):
        (blobs / digest_of(blob).removeprefix("sha256:")).write_bytes(blob)
    described = {
        "mediaType": made.media_type,
        "digest": made.digest,
        "size": len(made.manifest),
        "annotations": {"org.opencontainers.image.ref.name": "v1"},
    }
    (folder / "layout" / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (folder / "layout" / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [described]}))
    return folder / "layout"


def run(azure: LocalAzure, home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | azure.environment() | {"HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def skopeo(
    azure: LocalAzure, registry: Registry, folder: Path, source: Path
) -> subprocess.CompletedProcess[str]:
    user, password = registry.login("ci")
    return run(
        azure,
        folder,
        program("skopeo"),
        "--insecure-policy",
        "copy",
        "--dest-creds",
        f"{user}:{password}",
        f"oci:{source}:v1",
        f"docker://{registry.login_server}/team/app:v1",
    )


def test_skopeo_pushes_and_is_refused_by_a_lock_and_by_the_firewall(
    azure: LocalAzure, tmp_path: Path
) -> None:
    program("skopeo")
    registry, source = azure.add_registry("contoso"), layout(tmp_path)
    pushed = skopeo(azure, registry, tmp_path, source)
    assert pushed.returncode == 0, pushed.stderr
    registry.lock("team/app", tag="v1")
    refused = skopeo(azure, registry, tmp_path, source)
    assert refused.returncode == 1
    assert "The operation is disallowed on this registry, repository or image." in refused.stderr
    registry.unlock("team/app", tag="v1")
    registry.default_action = "Deny"
    assert "403" in skopeo(azure, registry, tmp_path, source).stderr
    registry.ip_rules = [azure.client_address]
    assert skopeo(azure, registry, tmp_path, source).returncode == 0
    rows = [row for row in azure.diagnostic_records if row["operationName"] == "Push"]
    assert [row["resultDescription"] for row in rows] == ["201", "405", "201"]
    assert {row["identity"] for row in rows} == {"ci"}
    assert [event.subject for event in azure.take_events()] == ["team/app:v1"] * 2


def test_skopeo_without_the_right_to_push_is_denied_after_its_token(
    azure: LocalAzure, tmp_path: Path
) -> None:
    program("skopeo")
    registry = azure.add_registry("contoso")
    azure.rights["ci"] = {"Microsoft.ContainerRegistry/registries/pull/read"}
    refused = skopeo(azure, registry, tmp_path, layout(tmp_path))
    assert "denied" in refused.stderr
    rows = [row for row in azure.diagnostic_records if row["operationName"] == "Push"]
    assert {row["resultDescription"] for row in rows} == {"401"}


@pytest.mark.parametrize("name", ["crane", "oras"])
def test_other_clients_push_and_are_refused_by_a_lock(azure: LocalAzure, tmp_path: Path, name: str) -> None:
    found, registry = program(name), azure.add_registry("contoso")
    user, password = registry.login("ci")
    login = ["auth", "login"] if name == "crane" else ["login"]
    assert (
        run(azure, tmp_path, found, *login, registry.login_server, "-u", user, "-p", password).returncode == 0
    )
    source = layout(tmp_path)

    def push(tag: str) -> subprocess.CompletedProcess[str]:
        target = f"{registry.login_server}/team/app:{tag}"
        words = ["push", str(source)] if name == "crane" else ["cp", "--from-oci-layout", f"{source}:v1"]
        return run(azure, tmp_path, found, *words, target)

    assert push("v1").returncode == 0
    registry.lock("team/app")
    assert (
        "disallowed" in push("v2").stderr
    )  # crane does not even try to push what is there under the same tag


def test_the_python_client_of_oras_pushes_pulls_and_is_refused_by_a_lock(
    azure: LocalAzure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in azure.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    registry = azure.add_registry("contoso", admin_user=True)
    (tmp_path / "hello.txt").write_text("hello")
    target = f"{registry.login_server}/team/artifact:v1"
    oras = OrasRegistry(hostname=registry.login_server, auth_backend="basic")
    try:
        oras.auth.set_basic_auth(registry.name, registry.admin_password)
        assert oras.push(target, files=["hello.txt"]).status_code == 201
        (pulled,) = oras.pull(target, outdir=str(tmp_path / "out"))
        assert Path(pulled).read_text() == "hello"
        registry.lock("team/artifact")
        with pytest.raises(ValueError, match="Method Not Allowed"):
            oras.push(target, files=["hello.txt"])
    finally:
        oras.session.close()


def test_a_push_leaves_records_with_the_names_of_the_real_one(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso", resource_group="docker")
    azure.push(registry, "team/app", "v1")
    registry.lock("team/app")
    azure.push(registry, "team/app", "v1")
    login, pushed, _, refused = azure.diagnostic_records
    real, batch = recorded("01"), recorded("02")["records"]
    assert list(refused) == list(real)
    assert list(refused["properties"]) == list(real["properties"])
    assert list(pushed["properties"]) == list(batch[0]["properties"])
    assert list(login["properties"]) == list(batch[-1]["properties"])
    same = ("operationName", "resultType", "resultDescription", "category", "RegionStamp", "location")
    assert {name: refused[name] for name in same} == {name: batch[1][name] for name in same}
    assert {name: refused["properties"][name] for name in ("tag", "digest", "mediaType", "repository")} == {
        name: batch[1]["properties"][name] for name in ("tag", "digest", "mediaType", "repository")
    }
    assert len(refused["time"]) == len(real["time"])
    assert refused["resourceId"].isupper()


def test_a_client_that_is_only_challenged_leaves_no_record_unless_so_wished(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    for wished in (False, True):
        azure.log_challenges = wished
        azure.push(registry, "team/app", "v1", login=("stranger", "guess"))
    assert {row["operationName"] for row in azure.diagnostic_records} == {"Login"}


def test_records_are_handed_over_once_in_bodies_of_the_wanted_size(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    for _ in range(3):
        azure.push(registry, "team/app", "v1")
    bodies = [json.loads(body) for body in azure.take_hub_bodies(max_records_per_body=4)]
    assert [len(body["records"]) for body in bodies] == [4, 2]
    assert [record for body in bodies for record in body["records"]] == azure.diagnostic_records
    assert azure.take_hub_bodies() == []


def test_a_push_raises_an_event_in_either_documented_form(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.connected_registry = "edge1"
    outcome = azure.push(registry, "aci-helloworld", "v1")
    (event,) = azure.take_events()
    (grid,), (cloud,) = recorded("11"), recorded("12")
    assert _names(event.as_event_grid()) == _names(grid)
    assert _names(event.as_cloud_event()) == _names(cloud)
    assert event.as_cloud_event()["type"] == cloud["type"]
    assert event.subject == cloud["subject"]
    assert event.data["target"]["digest"] == outcome.digest
    assert len(event.data["timestamp"]) == len(cloud["data"]["timestamp"])


def test_a_helm_chart_raises_an_event_of_its_own(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    manifest = json.loads(image(b"chart").manifest)
    manifest["config"]["mediaType"] = HELM_CONFIG
    registry.push("charts/wordpress", None, b"chart")
    target = f"{registry.endpoint}/v2/charts/wordpress/manifests/5.4.0"
    headers = {
        "Authorization": f"Bearer {_push_token(azure, registry)}",
        "Content-Type": manifest["mediaType"],
    }
    assert _http(azure, "PUT", target, headers, json.dumps(manifest)) == 201
    (event,) = azure.take_events()
    documented = recorded("16")
    assert event.type == "Microsoft.ContainerRegistry.ChartPushed"
    assert event.data["action"] == documented["action"]
    assert set(documented["target"]) <= set(event.data["target"])


def test_a_deleted_manifest_raises_an_event_and_a_tag_taken_off_does_not(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    digest = registry.push("team/app", "v1")
    headers = {"Authorization": f"Bearer {_push_token(azure, registry)}"}
    base = f"{registry.endpoint}/v2/team/app/manifests"
    assert _http(azure, "DELETE", f"{base}/v1", headers) == 202
    assert azure.take_events() == []
    assert _http(azure, "DELETE", f"{base}/{digest}", headers) == 202
    (event,) = azure.take_events()
    (documented,) = recorded("13")
    assert _names(event.as_cloud_event()) == _names(documented)


def test_the_real_names_lead_here_in_a_mount_namespace_of_its_own(tmp_path: Path) -> None:
    found = program("skopeo")
    if os.geteuid() != 0:
        pytest.skip("only root may listen on port 443")
    with LocalAzure(https_port=443, real_names=True) as azure:
        registry = azure.add_registry("pushmedic")
        assert registry.login_server == REAL_NAME
        assert azure.arm_url == "https://management.azure.com"
        hosts, source = tmp_path / "hosts", layout(tmp_path)
        hosts.write_text(azure.hosts())
        user, password = registry.login("ci")
        push = f"{found} --insecure-policy copy --dest-creds {user}:{password} oci:{source}:v1 docker://{REAL_NAME}/a:v1"
        script = f"mount --bind {hosts} /etc/hosts && exec {push}"
        pushed = run(azure, tmp_path, "unshare", "-m", "sh", "-c", script)
        if "unshare failed" in pushed.stderr or "mount:" in pushed.stderr:
            pytest.skip("mount namespaces are not to be had here")
        assert pushed.returncode == 0, pushed.stderr
        assert [event.subject for event in azure.take_events()] == ["a:v1"]


def _push_token(azure: LocalAzure, registry: Registry) -> str:
    access = [
        {"type": "repository", "name": name, "actions": ["pull", "push", "delete"]}
        for name in (*registry.repositories, "team/app")
    ]
    return azure.mint.token(
        azure.now(),
        azure.access_token_lifetime,
        aud=registry.login_server,
        appid="ci",
        access=access,
        grant_type="access_token",
    )


def _http(azure: LocalAzure, method: str, url: str, headers: dict[str, str], body: str | None = None) -> int:
    import urllib3

    with urllib3.PoolManager(ca_certs=azure.ca_certificate, retries=False) as pool:
        return int(pool.request(method, url, headers=headers, body=body).status)


def _names(document: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(document, dict):
        return {name: _names(value) for name, value in document.items()}
    return None
