"""What a message names: registry, repository, tag and digest of the failing push."""

import pytest

from checks.intake.error_text import Explanation, explain

DIGEST = "sha256:" + "ab" * 32
TOKEN = (
    "https://shop.azurecr.io/oauth2/token?scope=repository%3Ateam%2Fweb%3Apull%2Cpush&service=shop.azurecr.io"
)
BOTH = "scope=repository%3Ateam%2Fweb%3Apull%2Cpush&scope=repository%3Ateam%2Fbase%3Apull"
ENDPOINT = "docker push shop.azurecr.io/team/web:1\\nGet https://shop.westeurope.{}.azurecr.io/x: i/o timeout"
DETAIL = '[{"Type":"repository","Name":"team/web","Action":"push"}]'


def _names(answer: Explanation) -> tuple[str | None, str | None, str | None, str | None]:
    return answer.registry, answer.repository, answer.tag, answer.digest


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("docker push shop.azurecr.io/team/web:1.2\ndenied", ("shop.azurecr.io", "team/web", "1.2", None)),
        ("The push refers to repository [shop.azurecr.io/web]\nUsing default tag: latest\nEOF",
         ("shop.azurecr.io", "web", "latest", None)),
        ("PUT https://shop.azurecr.io/v2/team/web/manifests/1.2: DENIED: no",
         ("shop.azurecr.io", "team/web", "1.2", None)),
        (f"PUT https://shop.azurecr.io/v2/web/manifests/{DIGEST}: 500 Internal Server Error",
         ("shop.azurecr.io", "web", None, DIGEST)),
        (f"failed to push shop.azurecr.io/web:1@{DIGEST}: EOF", ("shop.azurecr.io", "web", "1", DIGEST)),
        (f'Get "{TOKEN}": EOF', ("shop.azurecr.io", "team/web", None, None)),
        (f'Get "https://shop.azurecr.io/oauth2/token?{BOTH}": EOF', ("shop.azurecr.io", "team/web", None, None)),
        (f'Get "https://shop.azurecr.io/oauth2/token?{"&".join(reversed(BOTH.split("&")))}": EOF',
         ("shop.azurecr.io", "team/web", None, None)),
        (ENDPOINT.format("data"), ("shop.azurecr.io", "team/web", "1", None)),
        (ENDPOINT.format("geo"), ("shop.azurecr.io", "team/web", "1", None)),
        ("lookup shop.westeurope.data.azurecr.io: no such host", ("shop.azurecr.io", None, None, None)),
        ("docker push shop-h0a1b2c3.azurecr.us/web:1\nEOF", ("shop-h0a1b2c3.azurecr.us", "web", "1", None)),
        ("docker push xn--shp-1la.azurecr.io:443/web:1\nEOF", ("xn--shp-1la.azurecr.io", "web", "1", None)),
        ("docker push sh\x1b[1mop.azurecr.io/te\x1b[0mam/web:1.2\nEOF", ("shop.azurecr.io", "team/web", "1.2", None)),
        ("\x1b]8;;https://a.b/c\x1b\\docker push shop.azurecr.io/web:1.2\x1b]8;;\x1b\\\nEOF",
         ("shop.azurecr.io", "web", "1.2", None)),
        ("\x00".join("docker push shop.azurecr.io/web:1.2\nEOF"), ("shop.azurecr.io", "web", "1.2", None)),
        ("helm push web-1.tgz oci://shop.azurecr.io/charts\nunauthorized", ("shop.azurecr.io", "charts", None, None)),
        ("skopeo copy docker-archive:a.tar docker://shop.azurecr.io/web:1\nEOF",
         ("shop.azurecr.io", "web", "1", None)),
        ("docker push <acr>.azurecr.io/web:$(Build.BuildId)\nEOF",
         ("<acr>.azurecr.io", "web", "$(Build.BuildId)", None)),
        ("docker push ***/web:7\nEOF", (None, "web", "7", None)),
        ("docker push me/web:7\ndenied", (None, "me/web", "7", None)),
        ("docker push localhost:5000/web:7\nEOF", ("localhost:5000", "web", "7", None)),
        ("Get https://shop.azurecr.cn/v2/: EOF", ("shop.azurecr.cn", None, None, None)),
        ("see https://aka.ms/acr/authorization and https://docs.microsoft.com/azure", (None, None, None, None)),
        (f'{{"errors":[{{"code":"UNAUTHORIZED","message":"m","detail":{DETAIL}}}]}}', (None, "team/web", None, None)),
    ],
)  # fmt: skip
def test_the_place_of_the_failing_push_is_named(text: str, names: tuple[str | None, ...]) -> None:
    assert _names(explain(text)) == names


LOCKED = (
    "error: PUT https://shop.azurecr.io/v2/team/web/manifests/2026.11.26-1: REGISTRY_DISALLOWED_OPERATION: "
    "The operation is disallowed on this registry, repository or image"
)


def _on_a_screen(text: str, width: int) -> list[str]:
    return [text[start : start + width] for start in range(0, len(text), width)]


@pytest.mark.parametrize("width", range(40, len(LOCKED) // 2))
@pytest.mark.parametrize(
    ("clock", "end"), [("", "\n"), ("", "\r\n"), ("2026-11-26T19:30:00.1234567Z ", "\n")]
)
def test_a_name_is_whole_however_wide_the_screen_was(width: int, clock: str, end: str) -> None:
    answer = explain(end.join(f"{clock}{line}" for line in _on_a_screen(LOCKED, width)))
    assert (answer.registry, answer.repository) == ("shop.azurecr.io", "team/web")
    assert answer.tag == "2026.11.26-1"


@pytest.mark.parametrize(
    "after",
    [
        "EOF",
        "docker push shop.azurecr.io/team/two:1\nEOF",
        "  is the name\nEOF",
        "Error response from daemon:\nEOF",
    ],
)
def test_lines_that_are_as_long_as_each_other_by_chance_stay_apart(after: str) -> None:
    command = "docker push shop.azurecr.io/team/web:1"
    other = "a".rjust(len(command), "-")
    assert explain(f"{other}\n{command}\n{after}").repository in {"team/web", "team/two"}
    assert explain(f"{other}\n{command}\n{after}").tag == "1"


def test_the_signs_around_a_link_are_no_part_of_a_name() -> None:
    assert explain("PUT <https://shop.azurecr.io/v2/web/manifests/1>: EOF").tag == "1"


def test_the_failing_request_names_the_registry_and_not_the_one_before() -> None:
    text = (
        "docker pull mcr.microsoft.com/dotnet/sdk:8.0\n"
        "docker push shop.azurecr.io/web:1\n"
        "Get https://shop.azurecr.io/v2/: EOF"
    )
    assert explain(text).registry == "shop.azurecr.io"


def test_the_base_image_is_not_what_was_pushed() -> None:
    text = (
        "Building image 'web' on top of base image mcr.microsoft.com/dotnet/aspnet:8.0\n"
        "error CONTAINER1013: Failed to push to the output registry: EOF"
    )
    assert explain(text).registry is None
