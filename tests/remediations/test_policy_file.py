"""A policy is read strictly, and what is wrong with it is said with file, line and reason."""

import json
from typing import Any, Final

import jsonschema
import pytest
import yaml

from checks.model import Image, LockLevel
from remediations.policy import Policy, is_protected, unlock_permit
from remediations.policy_file import PolicyError, parse_policy, policy_schema, policy_version
from tests.host.azurite import ROOT
from tests.worlds import OBJECTS, PERMISSIVE

SCHEMA: Final[dict[str, Any]] = json.loads((ROOT / "policy.schema.json").read_text())
UNLOCK = """\
version: 1
permits:
  - remediation: unlock
    registries: [contoso]
    repositories: ["team/*"]
    tags: ["*"]
    levels: [tag]
    lasts: 2h
"""
ALLOW = """\
version: 1
permits:
  - remediation: allow_address
    registries: [contoso]
    addresses:
      - 52.138.231.0/24
    lasts: 8h
"""
TRUST = """\
version: 1
issuers:
  - service: github_actions
    issuer: https://token.actions.githubusercontent.com
    audience: push-medic
    registries: [contoso]
    repositories: ["contoso/*"]
"""

# What both the schema and the parser refuse: the document, the line, the beginning of the reason.
WRONG = {
    "a time without quotes": (
        "version: 1\nnotices:\n  quiet_hours: {begin: 22:00, end: 07:00}\n",
        3,
        "Expected `str`, got `int`",
    ),
    "a cause that there is none of": (
        "version: 1\nnotices:\n  routes:\n    - channels: [teams]\n      causes: [gremlins]\n",
        5,
        "Invalid enum value 'gremlins'",
    ),
    "an unknown key": ("version: 1\nrehersal: true\n", 2, "Object contains unknown field `rehersal`"),
    "an unknown key of a permit": (UNLOCK + "    owner: me\n", 9, "Object contains unknown field `owner`"),
    "an unknown key of the brakes": (
        "version: 1\nbrakes:\n  storm:\n    changes: 5\n    per: 1h\n",
        5,
        "Object contains unknown field `per`",
    ),
    "no version": ("rehearsal: true\n", 1, "Object missing required field `version`"),
    "a version of the future": ("version: 2\n", 1, "Invalid enum value 2"),
    "a version in quotes": ('version: "1"\n', 1, "Expected `int`, got `str`"),
    "a switch in words": ("version: 1\nrehearsal: maybe\n", 2, "Expected `bool`, got `str`"),
    "a list": ("- version: 1\n", 1, "Expected `object`, got `array`"),
    "a word": ("permit everything\n", 1, "Expected `object`, got `str`"),
    "a number for a key": ("version: 1\n2: x\n", 1, "Expected `str`"),
    "a remediation that there is not": (UNLOCK.replace("unlock", "delete"), 3, "Invalid value 'delete'"),
    "a permit without a remediation": (
        "version: 1\npermits:\n  - lasts: 2h\n",
        3,
        "Object missing required field",
    ),
    "a permit without an end": (
        UNLOCK.replace("    lasts: 2h\n", ""),
        3,
        "Object missing required field `lasts`",
    ),
    "a permit for no registry": (UNLOCK.replace("[contoso]", "[]"), 4, "Expected `array` of length >= 1"),
    "a permit for one registry that is no list": (
        UNLOCK.replace("[contoso]", "contoso"),
        4,
        "Expected `array`, got `str`",
    ),
    "an empty pattern": (UNLOCK.replace('"team/*"', '""'), 5, "Expected `str` of length >= 1"),
    "no level": (UNLOCK.replace("[tag]", "[]"), 7, "Expected `array` of length >= 1"),
    "a level that there is not": (UNLOCK.replace("[tag]", "[layer]"), 7, "Invalid enum value 'layer'"),
    "an approval in words": (UNLOCK + "    approval: ask\n", 9, "Expected `bool`, got `str`"),
    "an approval of an address in words": (ALLOW + "    approval: 1\n", 8, "Expected `bool`, got `int`"),
    "a duration without a unit": (UNLOCK.replace("2h", "2"), 8, "Expected `str`, got `int`"),
    "a duration in words": (UNLOCK.replace("2h", "a while"), 8, "Expected `str` matching regex"),
    "a duration of nothing": (UNLOCK.replace("2h", "0h"), 8, "Expected `str` matching regex"),
    "a range that is too wide": (ALLOW.replace("/24", "/8"), 6, "Expected `str` matching regex"),
    "the whole Internet": (ALLOW.replace("52.138.231.0/24", "0.0.0.0/0"), 6, "Expected `str` matching regex"),
    "an IPv6 range": (
        ALLOW.replace("52.138.231.0/24", "'2001:db8::/32'"),
        6,
        "Expected `str` matching regex",
    ),
    "a proof that there is not": (ALLOW + "    proof: [trust_me]\n", 8, "Invalid enum value 'trust_me'"),
    "no proof": (ALLOW + "    proof: []\n", 8, "Expected `array` of length >= 1"),
    "a service that there is not": (TRUST.replace("github_actions", "jenkins"), 3, "Invalid value 'jenkins'"),
    "an issuer without a service": (
        TRUST.replace("  - service: github_actions\n    issuer", "  - issuer"),
        3,
        "Object missing required field",
    ),
    "an issuer that is not https": (TRUST.replace("https://", "http://"), 4, "Expected `str` matching regex"),
    "an issuer with a query": (
        TRUST.replace("usercontent.com", "usercontent.com/?a=b"),
        4,
        "Expected `str` matching regex",
    ),
    "an issuer with a password": (
        TRUST.replace("https://", "https://me:secret@"),
        4,
        "Expected `str` matching regex",
    ),
    "an issuer that nothing is for": (
        TRUST.replace("    audience: push-medic\n", ""),
        3,
        "Object missing required field `audience`",
    ),
    "an issuer for no registry": (TRUST.replace("[contoso]", "[]"), 6, "Expected `array` of length >= 1"),
    "everybody's repositories": (TRUST.replace('"contoso/*"', '"*"'), 7, "Expected `str` matching regex"),
    "everybody's repositories of one name": (
        TRUST.replace('"contoso/*"', '"*/app"'),
        7,
        "Expected `str` matching regex",
    ),
    "owners whose names begin alike": (
        TRUST.replace('"contoso/*"', '"contoso*/app"'),
        7,
        "Expected `str` matching regex",
    ),
    "no repository": (TRUST.replace('["contoso/*"]', "[]"), 7, "Expected `array` of length >= 1"),
    "another service's key": (TRUST + "    projects: [contoso/app]\n", 8, "Object contains unknown field"),
    "a token of last week": (TRUST + "    max_age: 7d\n", 8, "Expected `str` matching regex"),
    "a token of more than a day": (TRUST + "    max_age: 25h\n", 8, "Expected `str` matching regex"),
    "keys that are not https": (
        TRUST + "    keys_url: http://keys.example/jwks\n",
        8,
        "Expected `str` matching regex",
    ),
    "a storm of no changes": ("version: 1\nbrakes:\n  storm: {changes: 0}\n", 3, "Expected `int` >= 1"),
    "a pause without a name": (
        "version: 1\npause: {why: a release}\n",
        2,
        "Object missing required field `by`",
    ),
    "a band above the ceiling": ("version: 1\nstorage:\n  bands: [80, 100]\n", 3, "Expected `int` <= 99"),
    "no band": ("version: 1\nstorage:\n  bands: []\n", 3, "Expected `array` of length >= 1"),
}
# What only the parser can refuse: JSON has no lines, and a schema no notion of a public network.
BEYOND_A_SCHEMA = {
    "nothing": ("", 1, "the policy is empty"),
    "only a comment": ("# nothing here\n", 1, "the policy is empty"),
    "a key written twice": (
        "version: 1\nrehearsal: true\nrehearsal: false\n",
        3,
        "`rehearsal` is written twice",
    ),
    "a key of a permit written twice": (UNLOCK + "    lasts: 8d\n", 9, "`lasts` is written twice"),
    "YAML that does not close": ("version: 1\npermits: [\n", 3, "expected the node content"),
    "a tab": ("version: 1\n\trehearsal: true\n", 2, "found character '\\t'"),
    "two documents": ("version: 1\n---\nversion: 1\n", 2, "but found another document"),
    "a bell": ("version: 1\n# \x07\n", 2, "special characters are not allowed"),
    "a list for a key": ("version: 1\n[a, b]: 1\n", 2, "a key is one word"),
    "a part that contains itself": ("version: 1\npermits: &again\n  - *again\n", 2, "it contains itself"),
    "a date": ("version: 1\npause: {why: 2026-13-45, by: me}\n", 2, "`2026-13-45` is read as a date"),
    "an object of Python": ("version: !!python/name:os.system\n", 1, "could not determine a constructor"),
    "a name that nobody gave": ("version: *one\n", 1, "found undefined alias"),
    "a private range": (ALLOW.replace("52.138.231.0/24", "10.0.0.0/16"), 6, "10.0.0.0/16 is not a public"),
    "a range for documentation": (
        ALLOW.replace("52.138.231.0/24", "203.0.113.0/24"),
        6,
        "203.0.113.0/24 is not",
    ),
    "a range around a private one": (
        ALLOW.replace("52.138.231.0/24", "192.168.0.0/16"),
        6,
        "192.168.0.0/16 is not",
    ),
    "an issuer written twice": (
        TRUST + "".join(TRUST.splitlines(keepends=True)[2:]),
        9,
        "https://token.actions.githubusercontent.com is written twice",
    ),
    "a time zone that there is not": (
        'version: 1\nnotices:\n  quiet_hours: {begin: "22:00", end: "07:00", zone: Europe/Atlantis}\n',
        3,
        "Europe/Atlantis is no time zone",
    ),
    "a time zone that is a path": (
        'version: 1\nnotices:\n  quiet_hours:\n    begin: "22:00"\n    end: "07:00"\n    zone: ../../etc/passwd\n',
        6,
        "../../etc/passwd is no time zone",
    ),
    "an address that there is not": (
        ALLOW.replace("52.138.231.0/24", "52.138.231.256"),
        6,
        "52.138.231.256 is not",
    ),
}
GOOD = {
    "the least there is": "version: 1\n",
    "JSON": '{"version": 1, "permits": []}',
    "both cures": PERMISSIVE,
    "a permit": UNLOCK,
    "an address": ALLOW + "    proof: [claimed]\n",
    "a pause": "version: 1\npause: {why: a release, by: ops@contoso.com}\n",
    "no pause": "version: 1\npause: null\n",
    "brakes": "version: 1\nbrakes: {cooldown: 1h, storm: {changes: 1, within: 1d}, open_changes: 200}\n",
    "protection": 'version: 1\nprotected:\n  - repositories: ["base/*"]\n  - tags: [latest]\n',
    "an issuer": TRUST + "    refs: [refs/heads/main]\n    max_age: 24h\n",
    "an issuer whose keys are elsewhere": TRUST + "    keys_url: https://keys.example/discovery/keys\n",
    "proof by a job": ALLOW + "    proof: [oidc]\n",
    "Azure Pipelines": """\
version: 1
issuers:
  - service: azure_devops
    issuer: https://vstoken.dev.azure.com/0ca3ddd9-f0b0-4635-a98c-5866526961b6
    audience: api://AzureADTokenExchange
    registries: ["*"]
    pipelines: ["p://contoso/web shop/*", "sc://contoso/shop/registry"]
""",
    "GitLab and Entra": """\
version: 1
issuers:
  - service: gitlab
    issuer: https://gitlab.contoso.com:8443
    audience: push-medic
    registries: ["*"]
    projects: ["team/sub/*"]
    refs: [branch:main]
  - service: entra
    issuer: https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0
    audience: api://push-medic
    registries: ["*"]
    applications: [5e1f0000-0000-4000-8000-000000000001]
""",
    "routes": (
        "version: 1\nnotices:\n  routes:\n    - {channels: [teams], causes: [locked], outcomes: [mended]}\n"
        '  quiet_hours: {begin: "22:00", end: "07:00", zone: Asia/Tokyo}\n  per_hour: 60\n  heartbeat: false\n'
    ),
    "bands": "version: 1\nstorage: {bands: [50]}\n",
}


def agrees(document: str) -> bool:
    """Whether the published schema takes the document."""
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(yaml.safe_load(document)))


@pytest.mark.parametrize(("document", "line", "why"), [*WRONG.values(), *BEYOND_A_SCHEMA.values()])
def test_a_wrong_policy_is_refused_with_file_line_and_reason(document: str, line: int, why: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_policy(document, "policy.yaml")
    assert str(refused.value).startswith(f"policy.yaml:{line}: {why}")


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD)
def test_a_good_policy_is_read(document: str) -> None:
    assert parse_policy(document, "policy.yaml").version == 1


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD)
def test_the_published_schema_takes_what_the_parser_takes(document: str) -> None:
    assert agrees(document)


@pytest.mark.parametrize("document", [document for document, _, _ in WRONG.values()], ids=WRONG)
def test_the_published_schema_refuses_what_the_parser_refuses(document: str) -> None:
    assert not agrees(document)


def test_the_published_schema_is_the_one_that_the_types_make() -> None:
    assert json.loads(json.dumps(policy_schema())) == SCHEMA


def test_the_published_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def _shipped(name: str) -> Policy:
    return parse_policy((ROOT / name).read_text(encoding="utf-8"), name)


def test_the_policy_that_is_shipped_permits_nothing_and_rehearses() -> None:
    assert _shipped("policy.yaml") == Policy(version=1)


def test_the_example_permits_a_team_its_daily_tags_and_protects_what_is_released() -> None:
    example = _shipped("policy.example.yaml")
    tag = OBJECTS[LockLevel.TAG]
    assert not example.rehearsal
    assert unlock_permit(example, "contoso", tag, Image("team/app", "dev-7"))
    assert not unlock_permit(example, "contoso", tag, Image("base/os", "dev-7"))
    assert is_protected(example, "team/app", ["v1.0"], [])
    assert is_protected(example, "base/os", ["dev-7"], [])
    assert not is_protected(example, "team/app", ["dev-7"], [])


@pytest.mark.parametrize("name", ["policy.yaml", "policy.example.yaml"])
def test_an_editor_is_told_of_the_schema_and_the_schema_takes_the_file(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=policy.schema.json\n")
    assert agrees(text)


def test_a_version_is_of_exactly_this_text() -> None:
    assert policy_version(UNLOCK) == policy_version(UNLOCK)
    assert policy_version(UNLOCK) != policy_version(UNLOCK + "\n")


def test_no_part_of_the_schema_lacks_a_word_for_the_editor() -> None:
    silent = [name for name, part in SCHEMA["$defs"].items() if not part.get("description")]
    assert silent == []
