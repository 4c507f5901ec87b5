"""A job pushes through the wrapper: mended while it still runs, or told why not; and its status is the push's."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from checks.intake.error_text import explain
from tests.front_end import FrontEnd, front_end, served
from tests.host.azurite import ROOT
from tests.installation import PERMISSIVE, Installation
from tests.local_azure import LocalAzure, Registry
from tests.local_azure.network import SecurityGroup, SecurityRule
from tests.stories.test_proven_reports import ISSUERS

WRAPPER = ROOT / "integrations/medic-push"
KEY = "a-function-key"
SHELLS = [shell for shell in (["sh"], ["dash"], ["busybox", "sh"], ["bash"]) if shutil.which(shell[0])]
DENIED = "denied: client with IP '52.138.231.5' is not allowed access"


@pytest.fixture
def contoso(azure: LocalAzure) -> Registry:
    return azure.add_registry("contoso")


@pytest.fixture
def policy(tmp_path: Path, azure: LocalAzure) -> Path:
    """A policy that lets in whoever proves to be a job, and trusts the local issuer."""
    file = tmp_path / "policy.yaml"
    permits = PERMISSIVE.replace("    proof: [registry_log, same_address]\n", "")
    file.write_text(permits + ISSUERS.format(url=azure.issuer_url))
    return file


@pytest.fixture
def front(bot: Installation) -> Iterator[FrontEnd]:
    with front_end(bot) as front:
        yield front


@dataclass
class Job:
    """A job in a pipeline, with the environment that the pipeline gives it."""

    folder: Path
    environment: dict[str, str]
    shell: list[str] = field(default_factory=lambda: ["sh"])

    def runs(self, *command: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command through the wrapper."""
        return subprocess.run(
            [*self.shell, WRAPPER, *command],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
            cwd=self.folder,
        )

    def prints(self, text: str, status: int = 7) -> subprocess.CompletedProcess[str]:
        """Run a push that prints this and fails."""
        (self.folder / "said").write_text(text)
        return self.runs("sh", "-c", f"cat said >&2; exit {status}")

    def pushes(self, registry: Registry, image: str) -> subprocess.CompletedProcess[str]:
        """Push with the real client of oras."""
        user, password = registry.login()
        auth = base64.b64encode(f"{user}:{password}".encode()).decode()
        login = self.folder / "login.json"
        login.write_text(json.dumps({"auths": {registry.login_server: {"auth": auth}}}))
        (self.folder / "release.tar").write_bytes(b"a release")
        client = ROOT / "tests/e2e/oras_push.py"
        self.environment |= {"PUSH_MEDIC_REGISTRY": registry.login_server, "PUSH_MEDIC_IMAGE": image}
        reference = f"{registry.login_server}/{image}"
        return self.runs(sys.executable, client, "--login", login, reference, self.folder / "release.tar")


def environment(azure: LocalAzure, url: str) -> dict[str, str]:
    """What a job of GitHub Actions has in its environment."""
    return {
        "PATH": os.environ["PATH"],
        "CURL_CA_BUNDLE": azure.ca_certificate,
        "REQUESTS_CA_BUNDLE": azure.ca_certificate,
        "PUSH_MEDIC_URL": url,
        "PUSH_MEDIC_KEY": KEY,
        "PUSH_MEDIC_WAIT": "40",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{azure.issuer_url}/actions/token?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": azure.request_token,
    }


@pytest.fixture
def job(tmp_path: Path, azure: LocalAzure, front: FrontEnd) -> Job:
    folder = tmp_path / "job"
    folder.mkdir()
    return Job(folder, environment(azure, front.url))


def sent(front: FrontEnd) -> dict[str, str]:
    """The one report that was sent."""
    [report] = [one for one in front.received if one.method == "POST"]
    body: dict[str, str] = json.loads(report.body)
    return body


def test_an_address_is_let_in_while_the_job_still_runs(
    azure: LocalAzure, contoso: Registry, job: Job, front: FrontEnd
) -> None:
    contoso.default_action = "Deny"
    done = job.pushes(contoso, "team/app:v1")
    assert done.returncode == 0, done.stderr
    assert contoso.ip_rules == [azure.client_address]
    assert "v1" in contoso.repositories["team/app"].tags
    assert "it was mended: add network rule 52.138.231.5" in done.stderr
    assert "pushing once more" in done.stderr
    assert front.received[0].headers["authorization"].startswith("Bearer eyJ")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_lock_is_lifted_while_the_job_still_runs_in_every_shell(
    contoso: Registry, job: Job, shell: list[str]
) -> None:
    job.shell = shell
    contoso.push("team/app", "v1")
    contoso.lock("team/app", tag="v1")
    done = job.pushes(contoso, "team/app:v1")
    assert done.returncode == 0, done.stderr
    assert "it was mended: unlock tag team/app:v1" in done.stderr


def test_what_is_not_permitted_is_diagnosed_in_the_jobs_log_and_the_push_has_failed(
    contoso: Registry, job: Job, front: FrontEnd
) -> None:
    contoso.push("prod/app", "v1")
    contoso.lock("prod/app", tag="v1")
    done = job.pushes(contoso, "prod/app:v1")
    assert done.returncode == 1
    assert "medic-push: people were told: " in done.stderr
    assert "medic-push: diagnosis: " in done.stderr
    assert "medic-push: next step: Before you unlock, ask whose lock it is" in done.stderr
    assert "pushing once more" not in done.stderr
    assert sent(front)["image"] == "prod/app:v1"


def test_what_only_whoever_pushes_can_see_to_is_explained(job: Job) -> None:
    done = job.prints("invalid reference format: repository name must be lowercase\n")
    assert done.returncode == 7
    assert "medic-push: next step: " in done.stderr


def test_a_job_whose_failure_waits_for_a_person_stops_waiting_in_time(
    contoso: Registry, job: Job, policy: Path
) -> None:
    policy.write_text(policy.read_text().replace("lasts: 2h", "lasts: 2h\n    approval: true"))
    contoso.push("team/app", "v1")
    contoso.lock("team/app", tag="v1")
    job.environment["PUSH_MEDIC_WAIT"] = "4"
    done = job.pushes(contoso, "team/app:v1")
    assert done.returncode == 1
    assert "a person is asked to agree to a change" in done.stderr
    assert "next step: Push again when they have agreed." in done.stderr


def test_a_push_that_succeeds_is_nobodys_business(contoso: Registry, job: Job, front: FrontEnd) -> None:
    assert job.pushes(contoso, "team/app:v1").returncode == 0
    assert front.received == []


def test_the_streams_the_input_and_the_status_are_the_pushs_own(job: Job) -> None:
    script = (
        'read line; echo "out $line"; echo err >&2; test -z "${PUSH_MEDIC_KEY+is set}" || echo leaked; exit 3'
    )
    job.environment["PUSH_MEDIC_URL"] = "http://127.0.0.1:9"
    done = job.runs("sh", "-c", script, stdin="word\n")
    assert (done.returncode, done.stdout) == (3, "out word\n")
    assert done.stderr.startswith("err\n")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://127.0.0.1:9", "http://bot.example", ""])
def test_a_bot_that_is_not_there_costs_the_push_nothing(job: Job, url: str) -> None:
    job.environment["PUSH_MEDIC_URL"] = url
    begun = time.monotonic()
    assert job.prints(DENIED).returncode == 7
    assert time.monotonic() - begun < 20


def test_a_key_that_is_no_good_costs_the_push_nothing(job: Job, front: FrontEnd) -> None:
    job.environment["PUSH_MEDIC_KEY"] = "another"
    done = job.prints(DENIED)
    assert done.returncode == 7
    assert "no answer from the bot that can be used" in done.stderr
    assert len(front.received) == 1


SECRETS = {
    "DEPLOY_TOKEN": 'tok-with-\\-and-"-in-it',
    "STORAGE_KEY": "c29tZSBrZXk/K2Fj.*[x]==",
    "CONTOSO_PASSWORD": "p@ss w0rd",
    "CONTOSO_PASSWORD_LONG": "p@ss w0rd and more",
    "SIGNING_SECRET": "first line of two\nsecond line of two",
    "REGISTRY_PAT": "abcd1234",
}
SHOWN = {
    "Authorization: Basic Y29udG9zbzpodW50ZXIy": "Y29udG9zbzpodW50ZXIy",
    '> authorization: "Token aaaa-bbbb"': "aaaa-bbbb",
    "sent bearer 0123456789abcdef0123": "0123456789abcdef0123",
    '{"refresh_token":"rrrr-1111","access_token": "ssss-2222"}': "rrrr-1111",
    "docker login --password hunter2hunter2 -u me": "hunter2hunter2",
    "https://me:hunter3@contoso.azurecr.io/v2/": "hunter3",
    "https://x.blob.core.windows.net/a?sv=1&sig=AbC%2Fd&se=2": "AbC%2Fd",
    "AccountName=a;AccountKey=QUJDREVG==;Endpoint=b": "QUJDREVG",
    "https://bot.example/api/x?code=ffff-9999": "ffff-9999",
    "token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl was refused": "eyJzdWIiOi",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----": "MIIEowIBAAKCAQEA",
}


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_no_secret_leaves_the_job(job: Job, front: FrontEnd, shell: list[str]) -> None:
    job.shell = shell
    job.environment |= SECRETS
    told = "\n".join([*SHOWN, *(f"{name} is {value} <" for name, value in SECRETS.items()), DENIED])
    done = job.prints(f"\x1b[31mé\x1b[0m\t{told}\r\n\x00\xff")
    text = sent(front)["text"]
    everything = str(front.received) + done.stderr.partition("medic-push: ")[2]
    for value in [line for secret in SECRETS.values() for line in secret.split("\n")]:
        assert value not in text
        assert value not in everything
    for secret in [*SHOWN.values(), "ssss-2222"]:
        assert secret not in text
    assert azure_token(job) not in str([one.body for one in front.received])
    assert "REGISTRY_PAT is *** <" in text
    assert DENIED in text


def azure_token(job: Job) -> str:
    return job.environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]


def test_no_secret_is_ever_an_argument_or_in_a_trace(job: Job, tmp_path: Path) -> None:
    """Whoever lists the machine's processes, or traces the shell, sees none."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("curl", "awk", "sed", "tr", "tee"):
        real = shutil.which(tool)
        (tools / tool).write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$0" "$@" >>"{tools}/arguments"\nexec {real} "$@"\n'
        )
        (tools / tool).chmod(0o755)
    job.environment |= SECRETS | {"PATH": f"{tools}:{job.environment['PATH']}"}
    job.shell = ["sh", "-x"]
    done = job.prints(DENIED)
    seen = (tools / "arguments").read_text() + done.stderr
    assert "--config" in seen
    assert not any(secret in seen for secret in (KEY, azure_token(job), "eyJhbGci", *SECRETS.values()))


def test_the_end_of_a_long_text_is_reported_and_no_part_of_a_line(job: Job, front: FrontEnd) -> None:
    job.environment["DEPLOY_TOKEN"] = "t" * 50
    job.prints("".join(f"{number:06} {'t' * 50}\n" for number in range(20_000)) + DENIED)
    text = sent(front)["text"]
    assert text.rstrip().endswith(DENIED)
    assert len(text) < 65536
    assert "t" * 5 not in text


def test_what_a_bot_says_is_no_command_to_the_pipeline(job: Job, front: FrontEnd) -> None:
    job.environment["PUSH_MEDIC_REGISTRY"] = "##vso[task.setvariable]::set-output name=a::b.example"
    done = job.prints(DENIED)
    assert "medic-push: not configured: " in done.stderr
    assert "##" not in done.stderr
    assert "::" not in done.stderr
    assert len(front.received) == 1


def test_the_command_says_which_image_it_is(job: Job, front: FrontEnd) -> None:
    for command, told in (
        ("docker push contoso.azurecr.io/team/app:v1", ("contoso.azurecr.io", "team/app:v1")),
        ("skopeo copy oci:a docker://contoso.azurecr.cn/b@sha256:1", ("contoso.azurecr.cn", "b@sha256:1")),
        ("helm push a.tgz oci://contoso.azurecr.io/charts", ("contoso.azurecr.io", None)),
        ("echo https://contoso.azurecr.io/v2/", (None, None)),
    ):
        front.received.clear()
        job.runs("sh", "-c", f"false {command}")
        report = sent(front)
        assert (report.get("registry"), report.get("image")) == told


def test_a_job_that_cannot_connect_is_told_which_rule_of_its_machines_network_it_is(
    azure: LocalAzure, contoso: Registry, job: Job
) -> None:
    azure.network.polls = 0
    machine = azure.network.add()
    deny = SecurityRule("UserRule_DenyInternet", "Deny", port="443")
    machine.groups = [SecurityGroup("nsg-build", machine.subnet_id, [deny])]
    job.environment |= {
        "PUSH_MEDIC_RESOURCE": machine.resource_id,
        "PUSH_MEDIC_REGISTRY": contoso.login_server,
    }
    done = job.prints("Error: dial tcp 20.50.200.1:443: i/o timeout\n")
    assert "medic-push: diagnosis: the rule UserRule_DenyInternet of nsg-build" in done.stderr
    assert "medic-push: next step: Ask the owner of nsg-build for an outbound rule" in done.stderr


def test_azure_pipelines_and_gitlab_have_tokens_too(azure: LocalAzure, job: Job, front: FrontEnd) -> None:
    for name in ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        del job.environment[name]
    job.environment |= {
        "SYSTEM_OIDCREQUESTURI": f"{azure.issuer_url}/pipelines/oidctoken",
        "SYSTEM_ACCESSTOKEN": azure.request_token,
    }
    assert "the job's token does not count: token_audience_wrong" in job.prints(DENIED).stderr
    job.environment["PUSH_MEDIC_TOKEN"] = azure.job_token("evil/app")
    assert "the job's token does not count: token_job_not_allowed" in job.prints(DENIED).stderr
    assert [one.method for one in front.received].count("POST") == 2


def test_masking_changes_no_diagnosis(tmp_path: Path, azure: LocalAzure, bot: Installation) -> None:
    """Whatever real clients printed means the same after it was masked."""
    lines = (ROOT / "tests/fixtures/client-errors/printed.jsonl").read_text().splitlines()
    texts = sorted({str(json.loads(line)["text"]) for line in lines})[::8]
    with served(bot) as front:

        def reported(number: int) -> None:
            folder = tmp_path / str(number)
            folder.mkdir()
            given = environment(azure, front.url) | {
                "PUSH_MEDIC_KEY": "another",
                "PUSH_MEDIC_IMAGE": str(number),
            }
            del given["ACTIONS_ID_TOKEN_REQUEST_URL"]
            Job(folder, given).prints(texts[number])

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(reported, range(len(texts))))
    told = {int(body["image"]): body["text"] for body in (json.loads(one.body) for one in front.received)}
    assert len(told) == len(texts) > 10
    for number, text in enumerate(texts):
        assert explain(told[number]).cause is explain(text).cause, text


def test_only_who_reported_can_ask_and_not_too_often(bot: Installation, contoso: Registry) -> None:
    contoso.push("prod/app", "v1")
    contoso.lock("prod/app", tag="v1")
    _, answer = bot.report("", text=bot.azure.push(contoso, "prod/app", "v1").text, image="prod/app:v1")
    receipt = answer["receipt"]

    def asked(path: str, key: str = KEY) -> int:
        headers = {"x-functions-key": key}
        return bot.host.answer("GET", f"/api/push-reports/{path}", b"", headers).status

    assert asked(receipt) == 200
    assert asked(receipt, "no-key") == 401
    assert asked(answer["incident"]) == 404
    assert asked(receipt[:-1] + ("A" if receipt[-1] != "A" else "B")) == 404
    assert asked("") == 404
    assert (
        bot.host.answer("POST", f"/api/push-reports/{receipt}", b"{}", {"x-functions-key": KEY}).status == 405
    )
    assert {asked("x") for _ in range(250)} == {404, 429}
