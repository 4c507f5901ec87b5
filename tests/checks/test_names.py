"""The grammars of what Azure and OCI name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.names import is_address_like, is_digest, is_host, is_registry_id, is_repository, is_tag, place_of

SUBSCRIPTION = "00000000-0000-0000-0000-00000000000a"
REGISTRY_ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-1/providers"
    "/Microsoft.ContainerRegistry/registries/contoso"
)
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
COMPONENTS = st.builds(
    lambda words, marks: "".join(f"{w}{m}" for w, m in zip(words, [*marks, ""], strict=False)),
    st.lists(st.text(ALPHABET, min_size=1, max_size=5), min_size=2, max_size=3),
    st.lists(st.sampled_from([".", "_", "__", "-", "---"]), min_size=2, max_size=2),
).map(lambda text: text.rstrip("._-"))


@given(st.lists(COMPONENTS, min_size=1, max_size=4).map("/".join))
def test_components_between_single_slashes_are_a_repository(name: str) -> None:
    assert is_repository(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "team/",
        "/team",
        "team//app",
        "Team/app",
        "team/app:v1",
        "team/app@sha256:1",
        "team/.app",
        "team/app.",
        "team/a..b",
        "team/a___b",
        "team/a._b",
        "team/app\n",
        "team/app ",
        "../../etc/passwd",
        "team/äpp",
        "team/app\x00",
        "team/app?x=1",
        "team/app#x",
        "a" * 256,
    ],
)
def test_what_could_lead_elsewhere_is_no_repository(name: str) -> None:
    assert not is_repository(name)


def test_a_repository_has_at_most_255_characters() -> None:
    assert is_repository("a" * 255)


@given(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", fullmatch=True))
def test_a_word_of_at_most_128_characters_is_a_tag(tag: str) -> None:
    assert is_tag(tag)


@pytest.mark.parametrize("tag", ["", ".v1", "-v1", "v 1", "v1\n", "a/b", "v1:2", "ä", "<nil>", "a" * 129])
def test_what_begins_or_goes_on_otherwise_is_no_tag(tag: str) -> None:
    assert not is_tag(tag)


@given(st.text(max_size=300))
def test_no_text_passes_a_grammar_and_could_still_leave_its_place_in_a_path(text: str) -> None:
    for grammar in (is_repository, is_tag, is_digest):
        if grammar(text):
            assert text.isascii()
            assert not set(text) & set("?#% \\\r\n\t\"'<>&")
            assert ".." not in text.split("/")


@pytest.mark.parametrize(
    ("text", "legal"),
    [
        ("sha256:" + "0" * 64, True),
        ("sha512:" + "0" * 128, True),
        ("sha256:" + "0" * 63, False),
        ("sha256:" + "G" * 64, False),
        ("sha256:" + "A" * 64, False),
        ("sha512:" + "0" * 64, False),
        ("md5:" + "0" * 32, False),
        ("", False),
    ],
)
def test_a_digest_is_exactly_as_long_as_its_algorithm_says(text: str, *, legal: bool) -> None:
    assert is_digest(text) is legal


@given(st.integers(min_value=0, max_value=2 ** len(REGISTRY_ID) - 1))
def test_a_registry_id_may_be_written_in_any_case(bits: int) -> None:
    cased = "".join(
        letter.upper() if bits >> place & 1 else letter for place, letter in enumerate(REGISTRY_ID)
    )
    assert is_registry_id(cased)


@pytest.mark.parametrize(
    "text",
    [
        "",
        REGISTRY_ID + "/",
        REGISTRY_ID + "/replications/x",
        REGISTRY_ID + "\n",
        REGISTRY_ID.replace("contoso", "abcd"),
        REGISTRY_ID.replace("contoso", "con-toso"),
        REGISTRY_ID.replace("contoso", "a" * 51),
        REGISTRY_ID.replace("ContainerRegistry", "Storage"),
        REGISTRY_ID.replace(SUBSCRIPTION, "x"),
        REGISTRY_ID.replace("rg-1", "../rg"),
        REGISTRY_ID.replace("rg-1", "rg-1/x"),
        "https://management.azure.com" + REGISTRY_ID,
    ],
)
def test_what_is_not_exactly_a_registry_is_no_registry_id(text: str) -> None:
    assert not is_registry_id(text)


@given(st.ip_addresses())
def test_every_address_looks_like_one(address: object) -> None:
    assert is_address_like(str(address))


@pytest.mark.parametrize(
    "text", ["", "1", "<script>", "1.2.3.4\n", "1.2.3.4 or 5.6.7.8", "example.com", "1" * 65]
)
def test_what_has_other_characters_does_not_look_like_an_address(text: str) -> None:
    assert not is_address_like(text)


def test_machines_of_a_scale_set_share_their_place() -> None:
    scale_set = (
        f"{REGISTRY_ID.partition('/providers')[0]}/providers/Microsoft.Compute/virtualMachineScaleSets/A"
    )
    for machine in ("0", "1/networkInterfaces/nic"):
        assert place_of(f"{scale_set}/virtualMachines/{machine}") == scale_set.lower()
    alone = scale_set.replace("virtualMachineScaleSets", "virtualMachines")
    assert place_of(alone) == alone.lower()


@pytest.mark.parametrize(
    "name", ["contoso.azurecr.io", "contoso-h0a1.azurecr.us:443", "localhost:5000", "10.0.0.4"]
)
def test_a_host_has_labels_and_perhaps_a_port(name: str) -> None:
    assert is_host(name)


@pytest.mark.parametrize(
    "name", ["", "***.azurecr.io", "<acr>.azurecr.io", "a..b", "a.b.", "a b", "a/b", "a:b", "a\n"]
)
def test_what_is_masked_or_more_than_a_name_is_no_host(name: str) -> None:
    assert not is_host(name)
