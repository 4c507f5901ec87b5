"""The operators' command line: what a client's text means, what happened, and what was rejected."""

import argparse
import getpass
import logging
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

if TYPE_CHECKING:
    from checks.incident import Incident
    from checks.intake.error_text import Explanation
    from composition import App
    from remediations.approvals import Person
    from remediations.model import Record

WRONG_INPUT: Final = 2
_NOT_FOUND: Final = 1
_NOT_KNOWN: Final = 3
INTERRUPTED: Final = 130
_BOM: Final = b"\xef\xbb\xbf"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, 1 for "there is none", or 2 for input that cannot be used.

    An examination ends with 1 where something is wrong, and with 3 where it could not be told.
    """
    parser = _parser()
    asked = parser.parse_args(arguments)
    # Each way in which one is not logged in is a line of its own there; the findings say that one is not.
    logging.getLogger("azure.identity").setLevel(logging.ERROR)
    try:
        status: int = asked.run(asked)
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except (OSError, ValueError) as wrong:
        # SettingsError and PolicyError are values that say what is wrong, and hold no secret.
        print(f"medic: {wrong}", file=sys.stderr)
        return WRONG_INPUT
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="medic", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    explain = commands.add_parser("explain", help="say why a push failed, from what the client printed")
    explain.add_argument("file", nargs="?", help="a file with the text; standard input without one")
    form = explain.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument(
        "--jsonl", action="store_true", help='read lines of {"id", "text"}, print one object a line'
    )
    explain.set_defaults(run=_explain)

    _add_examinations(commands)

    for name, told, run in (
        ("incidents", "list incidents, the latest first", _incidents),
        ("rejected", "list what came in and could not be used, with the reason", _rejected),
    ):
        listing = commands.add_parser(name, help=told)
        listing.add_argument("--json", action="store_true", help="print one JSON object a line")
        listing.set_defaults(run=run)

    status = commands.add_parser("status", help="show what needs you, what was done, and how it goes")
    status.add_argument("--json", action="store_true", help="print one JSON object")
    status.set_defaults(run=_status)

    show = commands.add_parser("show", help="tell the whole story of one incident")
    show.add_argument("incident", metavar="ID")
    show.add_argument("--json", action="store_true", help="print one JSON object a line")
    show.set_defaults(run=_show)

    pause = commands.add_parser("pause", help="make no change until `medic resume`; undoing goes on")
    pause.add_argument("registry", nargs="?", help="one registry by name; all without it")
    pause.add_argument("--why", required=True)
    pause.set_defaults(run=_pause)

    resume = commands.add_parser("resume", help="let the bot act again")
    resume.add_argument("registry", nargs="?", help="one registry by name; all without it")
    resume.set_defaults(run=_resume)

    undo = commands.add_parser("undo", help="take back the change that is in force for an incident")
    undo.add_argument("incident", metavar="ID")
    undo.set_defaults(run=_undo)

    approve = commands.add_parser("approve", help="agree to a change that the bot asks about")
    approve.add_argument("approval", metavar="ID")
    approve.add_argument("--why", default="")
    approve.set_defaults(run=_answer, agrees=True)

    reject = commands.add_parser("reject", help="forbid a change that the bot asks about")
    reject.add_argument("approval", metavar="ID")
    reject.add_argument("--why", required=True)
    reject.set_defaults(run=_answer, agrees=False)

    _support_command(commands)

    audit = commands.add_parser("audit", help="verify or export every journal")
    audit.add_argument("what", choices=("verify", "export"))
    audit.set_defaults(run=_audit)

    policy = commands.add_parser("policy", help="check a policy file")
    policy.add_argument("file", nargs="?", default="policy.yaml")
    policy.set_defaults(run=_policy)
    return parser


def _add_examinations(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """What looks at a registry at once, or at the installation."""
    check = commands.add_parser(
        "check",
        help="examine a registry and the way there, from this machine",
        epilog="Exit status: 0 healthy, 1 something is wrong, 2 not looked at, 3 not everything could be told.",
    )
    check.add_argument(
        "registry",
        help="one of the bot's, by name or login server; any, by its resource id and without settings",
    )
    check.add_argument(
        "--repository", metavar="NAME[:TAG]", help="look at its locks and at what may be done in it, too"
    )
    check.add_argument(
        "--from",
        dest="origin",
        metavar="RESOURCE_ID",
        help="look from a machine or network interface in Azure, too",
    )
    check.add_argument("--json", action="store_true", help="print one JSON object")
    check.set_defaults(run=_check)

    storage = commands.add_parser(
        "storage", help="say how full a registry is, when it will be full, and of what"
    )
    storage.add_argument("registry")
    storage.add_argument("--json", action="store_true", help="print one JSON object")
    storage.set_defaults(run=_storage)

    doctor = commands.add_parser("doctor", help="examine the installation, and say what mends it")
    doctor.add_argument("--send-test", action="store_true", help="send a test message to every channel, too")
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    doctor.set_defaults(run=_doctor)


def _support_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    support = commands.add_parser(
        "support", help="show what Microsoft would be asked about a full registry, and ask it with --yes"
    )
    support.add_argument("incident", metavar="ID")
    support.add_argument("--first-name", required=True)
    support.add_argument("--last-name", required=True)
    support.add_argument("--email", required=True, help="where Microsoft answers")
    support.add_argument("--country", required=True, help="three letters, such as DEU or USA")
    support.add_argument(
        "--topic", default="", metavar="ID", help="what the ticket is about, where it is asked"
    )
    support.add_argument(
        "--yes", action="store_true", help="open the ticket, in your name and with your rights"
    )
    support.set_defaults(run=_support)


def _explain(asked: argparse.Namespace) -> int:
    from checks.intake.error_text import explain

    if asked.jsonl:
        return _explain_lines(_lines(asked.file))
    explanation = explain(_text(asked.file))
    if asked.json:
        _print_json(_as_json(explanation))
    else:
        _print_explanation(explanation)
    return 0


class _Line(msgspec.Struct):
    id: str | int
    text: str


def _explain_lines(lines: Iterable[bytes]) -> int:
    """One object for each line. A line that cannot be read says so in its place, and costs no other."""
    from checks.intake.error_text import explain

    status = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            asked = msgspec.json.decode(line.removeprefix(_BOM), type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
            _print_json({"id": None, "error": f"line {number}: {wrong}"})
            status = WRONG_INPUT
            continue
        _print_json({"id": asked.id, **_as_json(explain(asked.text))})
    return status


def _as_json(explanation: "Explanation") -> dict[str, Any]:
    from checks.intake.advice import ADVICE

    return {
        "cause": explanation.cause.value,
        "alternatives": [cause.value for cause in explanation.alternatives],
        "registry": explanation.registry,
        "repository": explanation.repository,
        "tag": explanation.tag,
        "digest": explanation.digest,
        "client_ip": explanation.client_ip,
        "confidence": round(explanation.confidence, 2),
        "advice": ADVICE[explanation.cause],
    }


def _print_explanation(explanation: "Explanation") -> None:
    from checks.intake.advice import ADVICE

    maybe = " or ".join(cause.value for cause in explanation.alternatives)
    print(f"cause       {explanation.cause.value}" + (f"  (or {maybe})" if maybe else ""))
    print(f"confidence  {explanation.confidence:.0%}")
    for name in ("registry", "repository", "tag", "digest", "client_ip"):
        value = getattr(explanation, name)
        if value:
            print(f"{name:<12}{value}")
    print(f"\n{ADVICE[explanation.cause]}")


def _check(asked: argparse.Namespace) -> int:
    """0 for a healthy registry, 1 where something is wrong, 3 where it could not be told."""
    from checks.health_text import as_text
    from checks.names import is_registry_id
    from composition import build, to_look_at

    app = to_look_at(asked.registry) if is_registry_id(asked.registry) else build()
    name = _registry(asked.registry, app)
    # An image's whole name is what people have at hand.
    repository = asked.repository and asked.repository.removeprefix(f"{app.registries[name].login_server}/")
    with _Progress() as progress:
        health = app.check(name, repository, asked.origin, progress.told)
    if asked.json:
        _print_json({"healthy": health.healthy, **msgspec.to_builtins(health)})
    else:
        print("\n".join(as_text(health)))
    return HEALTH_STATUS[health.healthy]


def _doctor(asked: argparse.Namespace) -> int:
    """0 for a sound installation, 1 where something is wrong, 3 where it could not be told."""
    from composition import build
    from remediations.doctor_text import as_text

    app = build()
    with _Progress() as progress:
        checkup = app.doctor(progress.told, send_test=asked.send_test)
    if asked.json:
        _print_json({"sound": checkup.sound, **msgspec.to_builtins(checkup)})
    else:
        print("\n".join(as_text(checkup)))
    return HEALTH_STATUS[checkup.sound]


HEALTH_STATUS: Final = {True: 0, False: 1, None: _NOT_KNOWN}


class _Progress:
    """One line on a person's terminal that says what is being looked at, and is gone in the end."""

    def __enter__(self) -> Self:
        self._shown = sys.stderr.isatty()
        self._width = get_terminal_size().columns - 1
        return self

    def told(self, step: str) -> None:
        if self._shown:
            print(f"\r\033[K{step[: self._width]}", end="", file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        self.told("")
        self._shown = False


def _storage(asked: argparse.Namespace) -> int:
    """0, or 2 where the usage of today could not be read."""
    from composition import build
    from remediations.purging import suggestions, traps
    from remediations.storage_text import as_text

    app = build()
    name = _registry(asked.registry, app)
    with _Progress() as progress:
        progress.told(f"counting what {name} holds")
        report, unread = app.study_storage(name)
    if asked.json:
        advice = {"suggestions": tuple(suggestions(report)), "traps": tuple(traps(report))}
        _print_json(msgspec.to_builtins(report) | msgspec.to_builtins(advice))
    else:
        print("\n".join(as_text(report)))
    if unread:
        print(f"medic: the figures of today could not be read: {unread}", file=sys.stderr)
    return WRONG_INPUT if unread else 0


def _incidents(asked: argparse.Namespace) -> int:
    from composition import build

    app = build()
    every = sorted(
        (incident for registry in app.registries for incident in app.incidents.ever(registry)),
        key=lambda incident: incident.moved_at,
        reverse=True,
    )
    if asked.json:
        for incident in every:
            _print_json({"id": incident.id, **msgspec.to_builtins(incident)})
        return 0
    if not every:
        print("No incident was ever opened.")
    for incident in every:
        print(_line(incident))
    return 0


def _line(incident: "Incident") -> str:
    about = incident.image or incident.address or (f"{incident.band} %" if incident.band else "")
    return (
        f"{incident.moved_at:%Y-%m-%d %H:%M}  {incident.state.value:<11}  {incident.id:<32}  "
        f"{incident.symptom.value:<15}  {about}  {incident.ended}"
    ).rstrip()


def _status(asked: argparse.Namespace) -> int:
    from composition import build
    from remediations.overview_text import as_text

    overview = build().overview()
    if asked.json:
        _print_json(msgspec.to_builtins(overview))
    else:
        print("\n".join(as_text(overview)))
    return 0


def _show(asked: argparse.Namespace) -> int:
    from composition import build

    app = build()
    records = app.journal.read(asked.incident)
    if not records:
        print(f"medic: there is no incident {asked.incident}", file=sys.stderr)
        return _NOT_FOUND
    if asked.json:
        for record in records:
            _print_json(msgspec.to_builtins(record))
        return 0
    incident = app.incidents.known(asked.incident)
    if incident:
        print(_line(incident), end="\n\n")
    for record in records:
        print(f"{record.at:%Y-%m-%d %H:%M:%S}  {_told(record)}")
    broken = app.journal.broken_at(asked.incident)
    if broken:
        print(f"\nThis journal has been changed: record {broken} does not follow from the one before it.")
        return WRONG_INPUT
    return 0


def _told(record: "Record") -> str:
    from remediations.narration import sentence
    from remediations.plain import plain

    return plain(sentence(record.entry))


def _rejected(asked: argparse.Namespace) -> int:
    from composition import build
    from remediations.plain import one_line

    kept = build().rejected.recent()
    if asked.json:
        for one in kept:
            _print_json(msgspec.to_builtins(one))
        return 0
    if not kept:
        print("Nothing was rejected in the last 30 days.")
    for one in kept:
        rejection = one.rejection
        where = f"{one.last_at:%Y-%m-%d %H:%M}  {one.count:>6} x  {rejection.source:<15}"
        print(f"{where}  {rejection.reason}: {one_line(rejection.detail)}")
    return 0


def _pause(asked: argparse.Namespace) -> int:
    from composition import build

    app = build()
    paused = app.pauses.pause(_registry(asked.registry, app), asked.why, getpass.getuser())
    print(f"Paused by {paused.by}: {paused.why}")
    return 0


def _resume(asked: argparse.Namespace) -> int:
    from composition import build

    app = build()
    if not app.pauses.resume(_registry(asked.registry, app)):
        print("medic: it was not paused", file=sys.stderr)
        return _NOT_FOUND
    print("The bot acts again.")
    return 0


def _registry(name: str | None, app: "App") -> str:
    """The registry by its name, login server or resource id, or all of them.

    Raises ValueError for one that the bot does not know.
    """
    from remediations.pauses import EVERY_REGISTRY

    if name is None:
        return EVERY_REGISTRY
    for known, registry in app.registries.items():
        if name.lower() in (known, registry.login_server.lower(), registry.key):
            return known
    raise ValueError(f"there is no registry {name}; known are {', '.join(sorted(app.registries))}")


def _undo(asked: argparse.Namespace) -> int:
    from composition import build
    from remediations.ports import Undo

    app = build()
    incident = app.incidents.known(asked.incident)
    held = app.ledger.held(incident.id, incident.registry) if incident else None
    if held is None:
        print(f"medic: no change is in force for {asked.incident}", file=sys.stderr)
        return _NOT_FOUND
    app.queue.send(Undo(held.change.registry, held.id, f"{getpass.getuser()} asked for it"))
    print(f"It will be undone: {held.change}. See: medic show {asked.incident}")
    return 0


def _answer(asked: argparse.Namespace) -> int:
    """Answer a question of the bot's, by the operator's own rights to write the row that the page writes."""
    from composition import build
    from remediations.approvals import Via
    from remediations.plain import one_line

    why = one_line(asked.why)
    if not asked.agrees and not why:
        raise ValueError("say why with --why")
    answer = build().approvals.answer(asked.approval, _operator(), Via.COMMAND_LINE, why, agrees=asked.agrees)
    if answer is None:
        print(f"medic: the bot asks nothing by the name {asked.approval}", file=sys.stderr)
        return _NOT_FOUND
    stands = answer.approval
    if not answer.counted:
        by = f" by {one_line(str(stands.by))}: {one_line(stands.why)}" if stands.by else ""
        print(f"medic: it is {stands.state} already{by}", file=sys.stderr)
        return _NOT_FOUND
    print(f"{stands.state.capitalize()}: {stands.change}. See: medic show {stands.incident}")
    return 0


def _support(asked: argparse.Namespace) -> int:
    """Show the ticket that Microsoft would get, or open it: only a person does, with rights that the bot has not."""
    from composition import build
    from parts import now
    from remediations.support import Case, Contact, NotReady, as_text, ask, prepare, request

    app = build()
    row = app.incidents.find(asked.incident)
    if row is None:
        print(f"medic: there is no incident {asked.incident}", file=sys.stderr)
        return _NOT_FOUND
    registry = app.registries[row.value.registry]
    contact = Contact(asked.first_name, asked.last_name, asked.email, asked.country)
    wanted = request(row.value, registry, app.medic.reader.usage(registry), contact, now())
    desk = app.support(registry)
    ready = wanted if isinstance(wanted, NotReady) else prepare(desk, wanted, asked.topic)
    if isinstance(ready, NotReady):
        print(f"medic: {ready.why}", file=sys.stderr)
        return _NOT_FOUND
    if isinstance(ready, Case):
        print(f"Microsoft has the ticket already: {ready.id}, {ready.status}")
        return 0
    print("\n".join(as_text(ready)))
    if not asked.yes:
        print("\nNothing was sent. To open the ticket, say it again with --yes")
        return 0
    came = ask(desk, ready, _operator(), app.journal.of(row.value.id), now())
    if not isinstance(came, Case):
        print(f"medic: the ticket was not opened: {came.why}", file=sys.stderr)
        return _NOT_FOUND
    print(f"\nTicket {came.id} at Microsoft is {came.status}. See: medic show {row.value.id}")
    return 0


def _operator() -> "Person":
    """Who sits here: whoever the Azure CLI was last logged in as, else whoever the machine says."""
    from remediations.approvals import Person

    try:
        kept = (Path.home() / ".azure/azureProfile.json").read_bytes()
        profile = msgspec.json.decode(kept.removeprefix(_BOM), type=_Profile)
    except (OSError, ValueError):
        profile = _Profile()
    for subscription in profile.subscriptions:
        if subscription.is_default and subscription.user:
            return Person(name=subscription.user.name, tenant=subscription.tenant_id)
    return Person(name=getpass.getuser())


class _User(msgspec.Struct):
    name: str


class _Subscription(msgspec.Struct, rename="camel"):
    tenant_id: str = ""
    is_default: bool = False
    user: _User | None = None


class _Profile(msgspec.Struct):
    """What the Azure CLI keeps of its logins, as far as it matters here."""

    subscriptions: tuple[_Subscription, ...] = ()


def _audit(asked: argparse.Namespace) -> int:
    """Verify that every record follows from the one before it, or print every record as a line of JSON."""
    from composition import build

    app = build()
    status = 0
    for incident in app.every_incident():
        if asked.what == "export":
            for record in app.journal.read(incident):
                _print_json({"incident": incident, **msgspec.to_builtins(record)})
            continue
        flaw = app.flaw(incident)
        if flaw:
            print(f"{incident}: {flaw}")
            status = _NOT_FOUND
    if asked.what == "verify" and not status:
        print("Every journal is as it was written.")
    return status


def _policy(asked: argparse.Namespace) -> int:
    from remediations.policy_file import parse_policy

    file = Path(asked.file)
    policy = parse_policy(file.read_text(encoding="utf-8"), str(file))
    acts = "rehearses" if policy.rehearsal else "acts"
    print(f"{file}: {len(policy.permits)} permits, {len(policy.protected)} protections; the bot {acts}")
    return 0


def _text(file: str | None) -> str:
    return b"".join(_lines(file)).decode("utf-8", "replace")


def _lines(file: str | None) -> Iterable[bytes]:
    if file is None or file == "-":
        yield from sys.stdin.buffer
        return
    with Path(file).open("rb") as lines:
        yield from lines


def _print_json(value: object) -> None:
    print(msgspec.json.encode(value).decode())


if __name__ == "__main__":
    sys.exit(main())
