"""What each client goes through: refused, reported, mended, pushed, undone. What is asserted is Azure's state."""

import time
from datetime import UTC, datetime
from typing import Any

from checks.intake.error_text import Explanation, explain
from checks.model import CauseName, LockLevel
from remediations.model import Decided, Reason
from tests.e2e.clients import Attempt, Client
from tests.e2e.pipeline import Pipeline
from tests.e2e.tally import Refuted, Tally, expect
from tests.front_end import front_end
from tests.host.azurite import ROOT
from tests.installation import Installation
from tests.local_azure import LocalAzure, Registry

POLICY = """
version: 1
rehearsal: false
permits:
  - remediation: unlock
    registries: [contoso]
    repositories: ["team/*"]
    tags: ["*"]
    levels: [repository, tag, manifest]
    lasts: 20s
  - remediation: allow_address
    registries: [fabrikam]
    addresses: [52.138.231.0/24]
    proof: [registry_log, same_address]
    lasts: 20s
brakes:
  storm: {changes: 1000, within: 1h}
  open_changes: 200
"""
OFFICE = "20.103.85.0/24"
COLLEAGUES = "40.74.28.0/23"
_OPERATION = "The operation is disallowed"
_CLIENT_WITH_IP = "client with IP"
_WAITING = "To Do"


class Stories:
    """The stories, each told by one client after the other.

    `contoso` is healthy until something is locked, `fabrikam` has a firewall, `woodgrove` fills up.
    """

    def __init__(
        self, azure: LocalAzure, registries: tuple[Registry, Registry, Registry], tally: Tally
    ) -> None:
        self.azure = azure
        self.contoso, self.fabrikam, self.woodgrove = registries
        self.tally = tally
        self.bot: Installation
        self.pipeline: Pipeline
        self._addresses: list[str] = []
        self._locks: dict[str, dict[str, dict[str, bool]]] = {}

    def of(self, client: Client) -> None:
        """Every story, told by that client."""
        for level in LockLevel:
            if level is LockLevel.MANIFEST and not client.rewrites_manifests:
                self.tally.skip(
                    f"{client.name}: locked manifest", "it sends no manifest that is there already"
                )
                continue
            with self.tally.check(f"{client.name}: locked {level}"):
                self._locked(client, level)
        with self.tally.check(f"{client.name}: full storage"):
            self._full(client)

    def blocked(self, client: Client) -> None:
        """A client whose address the firewall refuses is let in."""
        address = f"52.138.231.{10 + len(self._addresses)}"
        self.azure.client_address = address
        self._addresses.append(address)
        reference = f"{self.fabrikam.login_server}/team/{client.name}:v1"
        refused = _refused(client.push(reference, "1"))
        _named(refused.text, CauseName.FIREWALL_IP_DENIED, certain=_CLIENT_WITH_IP in refused.text)
        told = self.pipeline.with_what_the_client_lost(self.fabrikam, refused.text)
        _named(told, CauseName.FIREWALL_IP_DENIED, certain=True)
        decided = self._reported(self.fabrikam, f"team/{client.name}:v1", told)
        expect(decided.decision.reason is Reason.PERMITTED, f"it was decided: {decided.decision}")
        expect(address in self.fabrikam.ip_rules, f"no rule for {address}: {self.fabrikam.ip_rules}")
        _accepted(client.push(reference, "1"))

    def wrapped(self, client: Client) -> None:
        """The same through the wrapper: it is let in while its one command still runs."""
        address = f"52.138.231.{10 + len(self._addresses)}"
        self.azure.client_address = address
        self._addresses.append(address)
        with (
            front_end(self.bot) as front,
            client.workshop.through(
                ROOT / "integrations/medic-push",
                PUSH_MEDIC_URL=front.url,
                PUSH_MEDIC_KEY="a-function-key",
                CURL_CA_BUNDLE=self.azure.ca_bundle,
            ),
        ):
            pushed = client.push(f"{self.fabrikam.login_server}/team/{client.name}:v2", "2")
        _accepted(pushed)
        expect("pushing once more" in pushed.text, f"it was not refused at first: {pushed.text[-400:]}")
        expect(address in self.fabrikam.ip_rules, f"no rule for {address}: {self.fabrikam.ip_rules}")

    def a_colleague_adds_a_rule(self) -> None:
        """Somebody else has something to do with the firewall, too."""
        with self.azure.lock:
            self.fabrikam.ip_rules.append(COLLEAGUES)

    def the_time_is_up(self) -> None:
        """Whatever the bot changed and no push has ended is undone at its time, and nothing else is."""
        ledger = self.bot.app.medic.ledger
        changes = [change for name in ("contoso", "fabrikam") for change in ledger.of(name) if change.open]
        last = max((change.due_at for change in changes if change.due_at), default=datetime.now(UTC))
        time.sleep(max(0.0, (last - datetime.now(UTC)).total_seconds()) + 0.5)
        self.bot.host.tick("sweep")
        self.bot.work()
        with self.tally.check("every address: its rule is removed when its time is up, and no other rule is"):
            rules = self.fabrikam.ip_rules
            expect(rules == [OFFICE, COLLEAGUES], f"the rules are {rules}")
        with self.tally.check("every lock: it is back when the time is up, at the latest"):
            for repository, locks in self._locks.items():
                changed = _changed(locks, _locks(self.contoso, repository))
                expect(not changed, f"in {repository} not as before: {changed}")

    def one_ticket(self) -> None:
        """Each time that there is room again the ticket is over, so none is left."""
        with self.tally.check("full storage: its ticket is over once there is room again"):
            left = self._open_tickets()
            expect(not left, f"open are still {left}")

    def _open_tickets(self) -> list[str]:
        """The titles of the tickets that wait for somebody."""
        waiting = (item for item in self.azure.work_items if item.fields["System.State"] == _WAITING)
        return [item.fields["System.Title"] for item in waiting]

    def _locked(self, client: Client, level: LockLevel) -> None:
        """A lock is lifted for one push and put back."""
        registry, repository = self.contoso, f"team/{client.name}-{level}"
        image = f"{repository}:v1"
        reference = f"{registry.login_server}/{image}"
        _accepted(client.push(reference, "1"))
        self.bot.events()
        digest = registry.repositories[repository].tags["v1"].digest
        tag = "v1" if level is LockLevel.TAG else None
        manifest = digest if level is LockLevel.MANIFEST else None
        registry.lock(repository, tag, manifest)
        before = self._locks[repository] = _locks(registry, repository)
        content = "1" if level is LockLevel.MANIFEST else "2"
        refused = _refused(client.push(reference, content))
        _named(refused.text, CauseName.LOCKED, certain=_OPERATION in refused.text)
        decided = self._reported(registry, image, refused.text)
        expect(decided.decision.reason is Reason.PERMITTED, f"it was decided: {decided.decision}")
        opened = registry.attributes(repository, tag, manifest)
        expect(opened.write_enabled, f"the {level} is still locked")
        _accepted(client.push(reference, content))
        self.bot.events()
        self.bot.work()
        if client.pushes_an_index and level is LockLevel.REPOSITORY:
            return
        changed = _changed(before, _locks(registry, repository))
        expect(not changed, f"not as before: {changed}")

    def _full(self, client: Client) -> None:
        """A registry that is full goes to people, whose purge lets the client push."""
        registry, image = self.woodgrove, f"team/{client.name}:v1"
        reference = f"{registry.login_server}/{image}"
        registry.fill_to(1.0)
        # Which request a full registry refuses is not documented.
        self.azure.refuse_uploads_when_full = not client.insists_on_layers
        changes = len(self.azure.writes())
        refused = _refused(client.push(reference, "1"))
        _named(refused.text, CauseName.STORAGE_LIMIT, certain=False)
        decided = self._reported(registry, image, refused.text)
        expect(decided.decision.reason is Reason.NO_REMEDIATION, f"it was decided: {decided.decision}")
        expect(len(self.azure.writes()) == changes, "something was written to a registry")
        tickets = self._open_tickets()
        expect(len(tickets) == 1, f"the tickets are {tickets}")
        registry.fill_to(0.5)
        _accepted(client.push(reference, "1"))
        self.bot.events()
        self.bot.work()

    def _reported(self, registry: Registry, image: str, text: str) -> Decided:
        """What the bot decided of a failure that its job reported and that the registry logged."""
        status, answer = self.pipeline.reports(registry, image, text)
        expect(status in {200, 202}, f"the report was answered {status} {answer}")
        self.bot.stream()
        self.bot.work()
        app = self.bot.app
        incident = answer.get("incident") or _latest(app, registry.name)
        decisions = [
            record.entry for record in app.journal.read(incident) if isinstance(record.entry, Decided)
        ]
        expect(bool(decisions), f"nothing was decided of {incident}")
        return decisions[-1]


def _latest(app: Any, registry: str) -> str:  # noqa: ANN401 - composition.App, whose types this need not load
    """The incident that was moved last: of a text that says nothing, only the rows made one."""
    incidents = sorted(app.incidents.of(registry), key=lambda incident: incident.moved_at)
    if not incidents:
        raise Refuted("there is no incident")
    return str(incidents[-1].id)


def _refused(attempt: Attempt) -> Attempt:
    expect(not attempt.succeeded, f"it succeeded: {attempt.command}")
    return attempt


def _accepted(attempt: Attempt) -> None:
    expect(attempt.succeeded, f"{attempt.command} ended with {attempt.status}: {attempt.text[-400:]}")


def _named(text: str, cause: CauseName, *, certain: bool) -> None:
    """The classifier names the cause; among others where the client swallowed what the registry said."""
    told: Explanation = explain(text)
    right = told.cause is cause or (not certain and cause in told.alternatives)
    expect(right, f"{told.cause} was read, not {cause}, in: {text[-400:]}")


def _locks(registry: Registry, repository: str) -> dict[str, dict[str, bool]]:
    """Every attribute of a repository, its tags and its manifests."""
    home = registry.repositories[repository]
    parts = {"repository": home.attributes}
    parts |= {name: tag.attributes for name, tag in home.tags.items()}
    parts |= {digest: manifest.attributes for digest, manifest in home.manifests.items()}
    return {name: attributes.as_wire() for name, attributes in parts.items()}


def _changed(before: dict[str, dict[str, bool]], after: dict[str, dict[str, bool]]) -> str:
    """Which of the objects that there were before have other attributes now."""
    return ", ".join(f"{name} {after[name]}" for name in before if after[name] != before[name])
