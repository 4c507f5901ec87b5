"""The real registry client against the local Azure: locks, tokens, firewall and listings are as recorded."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3
from azure.containerregistry import ArtifactManifestOrder, ContainerRegistryClient
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError

from tests.local_azure import LocalAzure, Registry, cut_after, cut_before, delay, html, status

RECORDED = Path(__file__).parents[1] / "fixtures" / "acr"
READ = "Microsoft.ContainerRegistry/registries/metadata/read"
CUT = r"(?i)connection|remote"
REGISTRY_AUDIENCE = "https://containerregistry.azure.net"
WRITE = "Microsoft.ContainerRegistry/registries/metadata/write"


@pytest.fixture(scope="module")
def running() -> Iterator[LocalAzure]:
    with LocalAzure() as azure:
        yield azure


@pytest.fixture
def azure(running: LocalAzure) -> LocalAzure:
    running.reset()
    return running


@contextmanager
def client(
    azure: LocalAzure, registry: Registry, client_id: str = "medic", audience: str = REGISTRY_AUDIENCE
) -> Iterator[ContainerRegistryClient]:
    with ContainerRegistryClient(
        registry.endpoint,
        azure.credential(client_id),
        connection_verify=azure.ca_certificate,
        retry_total=0,
        audience=audience,
    ) as made:
        yield made


def push_with_the_sdk(
    made: ContainerRegistryClient, repository: str, tag: str, layer: bytes = b"layer"
) -> str:
    digest, size = made.upload_blob(repository, io.BytesIO(layer))
    config, _ = made.upload_blob(repository, io.BytesIO(b"{}"))
    oci = "application/vnd.oci.image"
    manifest = {
        "schemaVersion": 2,
        "config": {"mediaType": f"{oci}.config.v1+json", "digest": config, "size": 2},
        "layers": [{"mediaType": f"{oci}.layer.v1.tar", "digest": digest, "size": size}],
    }
    return str(made.set_manifest(repository, manifest, tag=tag))


def recorded(name: str) -> Any:  # noqa: ANN401 - a recording is whatever was recorded
    return json.loads(next(RECORDED.glob(f"{name}_*")).read_text())


def keys(document: Any) -> Any:  # noqa: ANN401 - as above
    """The document with only its shape left: names, and what kind of thing each holds."""
    match document:
        case dict():
            return {name: keys(value) for name, value in document.items()}
        case list():
            return [keys(document[0])] if document else []
        case _:
            return type(document).__name__


def call(
    azure: LocalAzure,
    url: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: str | None = None,
) -> urllib3.BaseHTTPResponse:
    with urllib3.PoolManager(ca_certs=azure.ca_certificate, retries=False) as pool:
        return pool.request(method, url, headers=headers, body=body)


def locking(made: ContainerRegistryClient, level: str, digest: str) -> Callable[[bool], bool | None]:
    """The call that sets whether that level may be written, and gives what the service then says of it."""

    def repository(can: bool) -> bool | None:  # noqa: FBT001 - the answer to the only question
        return made.update_repository_properties("team/app", can_write=can).can_write

    def tag(can: bool) -> bool | None:  # noqa: FBT001 - as above
        return made.update_tag_properties("team/app", "v1", can_write=can).can_write

    def manifest(can: bool) -> bool | None:  # noqa: FBT001 - as above
        return made.update_manifest_properties("team/app", digest, can_write=can).can_write

    return {"repository": repository, "tag": tag, "manifest": manifest}[level]


@pytest.mark.parametrize("level", ["repository", "tag", "manifest"])
def test_a_lock_on_any_of_three_levels_stops_a_push_until_it_is_taken_off(
    azure: LocalAzure, level: str
) -> None:
    registry = azure.add_registry("contoso")
    with client(azure, registry) as made:
        digest = push_with_the_sdk(made, "team/app", "v1")
        allow_writing = locking(made, level, digest)
        assert allow_writing(False) is False
        with pytest.raises(HttpResponseError) as refused:
            push_with_the_sdk(made, "team/app", "v1")
        assert refused.value.status_code == 405
        assert refused.value.response is not None
        assert refused.value.response.text().encode() == _compact("30")
        assert allow_writing(True) is True
        assert push_with_the_sdk(made, "team/app", "v1") == digest
    assert [made.method for made in azure.writes()] == ["PATCH", "PATCH"]
    assert azure.writes()[0].json == {"writeEnabled": False}


def _compact(name: str) -> bytes:
    return json.dumps(recorded(name), separators=(",", ":")).encode() + b"\n"


def test_the_body_for_a_lock_has_the_recorded_263_bytes() -> None:
    assert len(_compact("30")) == 263


def test_an_unlocked_tag_moves_away_from_a_locked_manifest_but_nobody_pushes_that_manifest_again(
    azure: LocalAzure,
) -> None:
    registry = azure.add_registry("contoso")
    digest = registry.push("team/app", "v1", b"one")
    registry.lock("team/app", digest=digest)
    assert azure.push(registry, "team/app", "v1", b"two").succeeded
    assert azure.push(registry, "team/app", "v1", b"one").status == 405
    assert azure.push(registry, "team/app", "other", b"one").status == 405


def test_a_locked_tag_refuses_every_digest_and_leaves_other_tags_alone(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.push("team/app", "v1", b"one")
    registry.lock("team/app", tag="v1")
    assert azure.push(registry, "team/app", "v1", b"two").status == 405
    assert azure.push(registry, "team/app", "v2", b"two").succeeded


def test_a_lock_does_not_say_when_it_was_set(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.push("team/app", "v1")
    with client(azure, registry) as made:
        before = made.get_repository_properties("team/app").last_updated_on
        assert made.update_repository_properties("team/app", can_write=False).last_updated_on == before


def test_what_is_locked_cannot_be_deleted_either(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    digest = registry.push("team/app", "v1")
    registry.lock("team/app", tag="v1", write=True, delete=False)
    with client(azure, registry) as made:
        with pytest.raises(HttpResponseError, match="REGISTRY_DISALLOWED_OPERATION"):
            made.delete_tag("team/app", "v1")
        with pytest.raises(HttpResponseError, match="REGISTRY_DISALLOWED_OPERATION"):
            made.delete_manifest("team/app", digest)
        with pytest.raises(HttpResponseError, match="REGISTRY_DISALLOWED_OPERATION"):
            made.delete_repository("team/app")
        registry.unlock("team/app", tag="v1")
        made.delete_manifest("team/app", digest)
    assert [event.type for event in azure.take_events()] == ["Microsoft.ContainerRegistry.ImageDeleted"]


def test_a_tag_may_refuse_its_own_unlocking_while_its_repository_is_locked_if_so_wished(
    azure: LocalAzure,
) -> None:
    registry = azure.add_registry("contoso")
    registry.push("team/app", "v1")
    registry.lock("team/app")
    with client(azure, registry) as made:
        made.update_tag_properties("team/app", "v1", can_write=True)
        azure.tag_patch_refused_under_repository_lock = True
        with pytest.raises(HttpResponseError, match="REGISTRY_DISALLOWED_OPERATION"):
            made.update_tag_properties("team/app", "v1", can_write=True)


def test_attributes_and_challenges_have_the_shape_of_the_recording(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.push("library/hello-world", "test1")
    challenged, _, _, shown, lacking, _, _, _ = recorded("50")["Entries"]
    url = f"{registry.endpoint}/acr/v1/library%2Fhello-world/_tags/test1?api-version=2021-07-01"

    first = call(azure, url)
    assert first.status == challenged["status"]
    assert _anonymous(first.headers["WWW-Authenticate"], registry) == challenged["www-authenticate"]
    assert first.json() == challenged["response"]

    token = access_token(azure, registry, "repository:library/hello-world:metadata_read")
    read = call(azure, url, headers={"Authorization": f"Bearer {token}"})
    assert keys(read.json()) == keys(shown["response"])

    body = json.dumps(lacking["request"])
    refused = call(azure, url, "PATCH", {"Authorization": f"Bearer {token}"}, body)
    assert _anonymous(refused.headers["WWW-Authenticate"], registry) == lacking["www-authenticate"]
    text = next(RECORDED.glob("32_*")).read_text()
    assert refused.data.decode() == text.partition("\n\n")[2]
    for line in text.partition("\n\n")[0].splitlines()[1:]:
        name, _, value = line.partition(": ")
        if name != "X-Ms-Correlation-Request-Id":
            assert _anonymous(refused.headers[name], registry) == value


def test_a_repository_is_described_with_the_keys_of_the_recording(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.push("team/app", "v1")
    token = access_token(azure, registry, "repository:team/app:metadata_read")
    shown = call(azure, f"{registry.endpoint}/acr/v1/team/app", headers={"Authorization": f"Bearer {token}"})
    assert keys(shown.json()) == keys(recorded("51"))


def _anonymous(text: str, registry: Registry) -> str:
    return text.replace(registry.login_server, "myregistry.azurecr.io")


def access_token(azure: LocalAzure, registry: Registry, scope: str, client_id: str = "medic") -> str:
    user, password = registry.login(client_id)
    headers = urllib3.make_headers(basic_auth=f"{user}:{password}")
    answer = call(azure, f"{registry.endpoint}/oauth2/token?service=x&scope={scope}", headers=headers)
    return str(answer.json()["access_token"])


def test_a_right_that_is_missing_shows_only_after_the_token_was_given(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.push("team/app", "v1")
    azure.rights["reader"] = {READ}
    with client(azure, registry, "reader") as made:
        assert made.get_tag_properties("team/app", "v1").can_write
        with pytest.raises(ClientAuthenticationError):
            made.update_tag_properties("team/app", "v1", can_write=False)
    tokens = [seen.status for seen in azure.requests if seen.path == "/oauth2/token"]
    assert set(tokens) == {200}
    assert {seen.identity for seen in azure.requests if seen.action == WRITE} == {None, "reader"}
    assert azure.writes() == []


def test_repository_permissions_have_other_names_where_roles_are_assigned_per_repository(
    azure: LocalAzure,
) -> None:
    registry = azure.add_registry("contoso", role_assignment_mode="AbacRepositoryPermissions")
    registry.push("team/app", "v1")
    azure.rights["reader"] = {"Microsoft.ContainerRegistry/registries/repositories/metadata/read"}
    with client(azure, registry, "reader") as made:
        assert made.get_repository_properties("team/app").can_write
        with pytest.raises(ClientAuthenticationError):
            list(made.list_repository_names())


def test_a_token_for_another_audience_is_not_exchanged(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.push("team/app", "v1")
    with (
        client(azure, registry, audience="https://vault.azure.net") as made,
        pytest.raises(ClientAuthenticationError, match="token validation failed"),
    ):
        made.get_repository_properties("team/app")


def test_an_expired_refresh_token_is_refused(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.push("team/app", "v1")
    user, password = registry.login()
    azure.clock = lambda: datetime.now(UTC) + timedelta(hours=3, minutes=1)
    assert azure.push(registry, "team/app", "v2", login=(user, password)).step == "token"
    row = azure.diagnostic_records[-1]
    assert (row["category"], row["resultDescription"]) == ("ContainerRegistryLoginEvents", "401")


def test_the_client_that_reuses_an_expired_refresh_token_is_refused(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.push("team/app", "v1")
    with client(azure, registry) as made:
        made.get_repository_properties("team/app")
        azure.clock = lambda: datetime.now(UTC) + timedelta(hours=4)
        policy: Any = made._client._config.authentication_policy
        policy._exchange_client._expiration_time = 0
        with pytest.raises(ClientAuthenticationError):
            made.get_repository_properties("team/app")


def test_anonymous_pull_lets_strangers_read_and_nothing_else(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso", anonymous_pull=True)
    digest = registry.push("team/app", "v1")
    with ContainerRegistryClient(
        registry.endpoint, None, connection_verify=azure.ca_certificate, retry_total=0
    ) as stranger:
        assert stranger.get_manifest("team/app", "v1").digest == digest
        with pytest.raises(ClientAuthenticationError):
            stranger.update_repository_properties("team/app", can_write=False)
    assert azure.push(registry, "team/app", "v2", login=("", "")).step == "token"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("team/app/_tags/none", "TAG_UNKNOWN"),
        ("team/app/_manifests/sha256:" + "0" * 64, "MANIFEST_UNKNOWN"),
        ("nobody/home", "NAME_UNKNOWN"),
    ],
)
def test_what_is_not_there_is_named_by_its_own_code(azure: LocalAzure, path: str, code: str) -> None:
    registry = azure.add_registry("contoso")
    registry.push("team/app", "v1")
    repository = path.partition("/_")[0]
    token = access_token(azure, registry, f"repository:{repository}:metadata_read")
    answer = call(azure, f"{registry.endpoint}/acr/v1/{path}", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status, answer.json()["errors"][0]["code"]) == (404, code)


def test_the_sdk_sees_a_missing_tag_as_not_found(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.push("team/app", "v1")
    with client(azure, registry) as made, pytest.raises(ResourceNotFoundError):
        made.get_tag_properties("team/app", "v2")


def test_listings_come_in_pages_and_in_the_wanted_order(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    pushed = [registry.push(f"team/app{number}", "v1") for number in range(5)]
    digests = [registry.push("team/app0", f"v{number}", bytes([number])) for number in range(2, 7)]
    registry.attributes("team/app4").list_enabled = False
    with client(azure, registry) as made:
        assert list(made.list_repository_names(results_per_page=2)) == [f"team/app{n}" for n in range(4)]
        tags = made.list_tag_properties("team/app0", results_per_page=2)
        assert [tag.name for tag in tags] == ["v1", "v2", "v3", "v4", "v5", "v6"]
        newest_first = made.list_manifest_properties(
            "team/app0", order_by=ArtifactManifestOrder.LAST_UPDATED_ON_DESCENDING, results_per_page=4
        )
        assert [manifest.digest for manifest in newest_first] == [*digests[::-1], pushed[0]]


def test_the_firewall_refuses_every_path_with_the_recorded_text(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso", default_action="Deny", ip_rules=["203.0.113.0/28"])
    azure.client_address = "198.51.100.9"
    expected = next(RECORDED.glob("31_*")).read_bytes().replace(b"203.0.113.7", b"198.51.100.9")
    for path in (
        "/v2/",
        "/oauth2/token",
        "/oauth2/exchange",
        "/acr/v1/_catalog",
        "/v2/team/app/manifests/v1",
    ):
        method = "POST" if path.startswith("/oauth2") else "GET"
        answer = call(azure, registry.endpoint + path, method)
        assert (answer.status, answer.data) == (403, expected)
    azure.client_address = "203.0.113.15"
    assert call(azure, registry.endpoint + "/v2/").status == 401
    assert azure.diagnostic_records == []


def test_public_access_that_is_off_reads_like_an_address_that_is_not_allowed(azure: LocalAzure) -> None:
    registry = azure.add_registry(
        "contoso", public_network_access="Disabled", ip_rules=[azure.client_address]
    )
    refused = azure.push(registry, "team/app", "v1")
    assert (refused.status, refused.step) == (403, "ping")
    assert f"client with IP \\u0027{azure.client_address}\\u0027 is not allowed access" in refused.text


def test_some_clients_are_sent_the_refusal_as_its_own_message(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso", default_action="Deny")
    plain = azure.push(registry, "team/app", "v1").text
    azure.firewall_body_nested = True
    nested = json.loads(azure.push(registry, "team/app", "v1").text)
    assert nested["errors"][0]["message"] + "\n" == plain


def test_the_bot_comes_by_private_endpoint_unless_told_otherwise(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso", public_network_access="Disabled")
    registry.push("team/app", "v1")
    with client(azure, registry) as made:
        assert made.get_repository_properties("team/app").can_write
        azure.bot_address = "20.50.2.9"
        with pytest.raises(HttpResponseError, match="not allowed access"):
            made.get_repository_properties("team/app")


def test_a_firewall_denial_is_logged_only_if_so_wished(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso", default_action="Deny")
    azure.push(registry, "team/app", "v1")
    assert azure.diagnostic_records == []
    azure.log_firewall_denials = True
    azure.push(registry, "team/app", "v1")
    assert [row["resultDescription"] for row in azure.diagnostic_records] == ["403"]


def test_a_full_registry_refuses_like_a_locked_one_and_is_logged_as_a_failed_push(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso", maximum_storage_capacity=10_000)
    registry.push("team/app", "v1")
    registry.fill_to(1)
    refused = azure.push(registry, "team/app", "v2", b"new")
    assert (refused.status, refused.step, refused.text.encode()) == (405, "blob", _compact("30"))
    azure.refuse_uploads_when_full = False
    assert azure.push(registry, "team/app", "v2", b"new").step == "manifest"
    rows = [row for row in azure.diagnostic_records if row["operationName"] == "Push"]
    assert [(row["resultDescription"], row["properties"]["tag"]) for row in rows] == [
        ("405", "<nil>"),
        ("405", "v2"),
    ]


def test_a_throttled_registry_says_when_to_come_back(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.throttle(1, retry_after=17)
    answer = call(azure, registry.endpoint + "/v2/")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "17")
    assert answer.json()["errors"][0]["code"] == "TOOMANYREQUESTS"
    assert call(azure, registry.endpoint + "/v2/").status == 401


def test_a_quarantined_image_is_refused_by_the_words_of_a_lock(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso", quarantine=True)
    assert azure.push(registry, "team/app", "v1").succeeded
    assert azure.push(registry, "team/app", "v1").status == 405


def test_a_manifest_that_names_an_absent_blob_is_refused(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    made = registry.push("team/app", "v1")
    manifest = registry.repositories["team/app"].manifests[made].content.decode()
    token = access_token(azure, registry, "repository:other:pull,push")
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/vnd.oci.image.manifest.v1+json",
    }
    answer = call(azure, registry.endpoint + "/v2/other/manifests/v1", "PUT", headers, manifest)
    assert (answer.status, answer.json()["errors"][0]["code"]) == (400, "MANIFEST_BLOB_UNKNOWN")


def test_a_token_with_a_scope_map_reaches_only_its_repositories(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.add_token("ci", "pw", {"team/*": {"pull", "push"}})
    assert azure.push(registry, "team/app", "v1", login=("ci", "pw")).succeeded
    assert azure.push(registry, "other/app", "v1", login=("ci", "pw")).status == 401
    assert azure.push(registry, "team/app", "v1", login=("ci", "wrong")).step == "token"


def test_a_call_that_is_cut_after_it_was_carried_out_did_change_the_lock(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.push("team/app", "v1")
    fault = azure.faults.add(method="PATCH", path="/_tags/v1", after=1, effect=cut_after())
    with client(azure, registry) as made, pytest.raises(Exception, match=CUT):
        made.update_tag_properties("team/app", "v1", can_write=False)
    assert fault.hits == 1
    assert not registry.attributes("team/app", "v1").write_enabled
    assert [(one.carried_out, one.answered) for one in azure.writes()] == [(True, False)]


def test_a_call_that_is_cut_before_changes_nothing(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.push("team/app", "v1")
    azure.faults.add(method="PATCH", path="/_tags/v1", after=1, effect=cut_before())
    with client(azure, registry) as made, pytest.raises(Exception, match=CUT):
        made.update_tag_properties("team/app", "v1", can_write=False)
    assert registry.attributes("team/app", "v1").write_enabled
    assert azure.writes() == []


def test_faults_strike_as_often_as_asked_and_where_asked(azure: LocalAzure) -> None:
    one, other = azure.add_registry("one"), azure.add_registry("other")
    page = azure.faults.add(path="^/v2/$", host=one.login_server, times=2, effect=html(503))
    slow = azure.faults.add(path="^/v2/$", host=other.login_server, times=None, effect=delay(0.05))
    own = azure.faults.add(path="^/oauth2/token$", effect=status(418, "teapot", {"X-Own": "yes"}))
    assert [call(azure, one.endpoint + "/v2/").status for _ in range(3)] == [503, 503, 401]
    assert [call(azure, other.endpoint + "/v2/").status for _ in range(2)] == [401, 401]
    assert call(azure, one.endpoint + "/oauth2/token").headers["X-Own"] == "yes"
    assert (page.hits, slow.hits, own.hits) == (2, 2, 1)
