"""What a person can do about a full registry: the commands, none of which deletes anything, and their traps. Pure.

Names come from the registry's catalogue, so they are held against the grammar of names before they go into a command.
"""

from collections.abc import Iterator
from typing import Final

from checks.contents import Contents
from checks.evidence import Profile, Unreadable
from checks.model import Value
from checks.names import is_repository
from remediations.storage_report import StorageReport

_REPOSITORIES: Final = 3
# The documented end of an `az acr run` is after ten minutes, which a large registry needs more than.
_AN_HOUR: Final = 3600


class Suggestion(Value, frozen=True):
    """A command line, and what it shows. It works in a POSIX shell as it stands. `first` are those to begin with."""

    shows: str
    command: str
    first: bool = False


def suggestions(of: StorageReport) -> Iterator[Suggestion]:
    """What to run, in this order. Whoever leaves out `--dry-run` deletes."""
    name = of.registry.name
    yield Suggestion("usage and ceiling", f"az acr show-usage --name {name} --output table")
    yield Suggestion("every manifest without a tag", _dry_run(name, "--untagged-only"), first=True)
    tallies = of.contents.tallies if isinstance(of.contents, Contents) else ()
    named = [tally.repository for tally in tallies if is_repository(tally.repository)]
    for repository in named[:_REPOSITORIES]:
        purge = f"--filter '{_pattern(repository)}:.*' --ago 90d --keep 10 --untagged"
        shows = f"what in {repository} is older than 90 days, the ten latest left out"
        yield Suggestion(shows, _dry_run(name, purge), first=repository == named[0])
    if named:
        listing = f"az acr manifest list-metadata --registry {name} --name {named[0]} --orderby time_asc"
        yield Suggestion(f"the manifests of {named[0]}, the oldest first", listing)


def _dry_run(registry: str, purge: str) -> str:
    return (
        f'az acr run --registry {registry} --timeout {_AN_HOUR} --cmd "acr purge {purge} --dry-run" /dev/null'
    )


def _pattern(repository: str) -> str:
    """The repository as the regular expression that `--filter` takes: a dot would stand for any character."""
    return repository.replace(".", "[.]")


def traps(of: StorageReport) -> Iterator[str]:
    """What to know before anything is deleted.

    Source: https://learn.microsoft.com/azure/container-registry/container-registry-auto-purge
    """
    yield (
        "`acr purge` is in preview. Without `--dry-run` it deletes for good, and whoever pulls by digest breaks. "
        "Never add `--include-locked`, and do not rely on `--ago` or `--keep` together with `--untagged-only`."
    )
    yield (
        "Images share layers: the sums count a shared layer with each image, and deleting an image frees only what "
        "no other image uses."
    )
    if isinstance(of.profile, Profile):
        yield from _policies(of.profile)
    elif isinstance(of.profile, Unreadable):
        yield _PERHAPS
    yield "Azure Support can raise the ceiling. The bot deletes nothing."


_PERHAPS: Final = "If soft delete is on, what is deleted goes on counting until its days are over."


def _policies(profile: Profile) -> Iterator[str]:
    if isinstance(profile.soft_delete_days, Unreadable):
        yield _PERHAPS
    elif profile.soft_delete_days is not None:
        yield (
            f"Soft delete is on: what is deleted goes on counting for {profile.soft_delete_days} days, and nothing "
            "shortens that."
        )
    if profile.retention_days is not None:
        yield (
            "The retention policy removes only what lost its tag after it was switched on, and only manifests of "
            "Docker's own types: OCI manifests, which most builders write today, stay."
        )
    if profile.sku in ("Basic", "Standard"):
        yield f"{profile.sku} has a ceiling of 40 TiB, and Premium one of 100 TiB since 2026."
