"""The settings of the ticket desks, in; the desks that are in use, out."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from checks.model import Value
from remediations.ports import Accepted, Delivery, Desk, Ref

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from remediations.adapters.mailbox import Mailer


class DeskSettings(Value, frozen=True):
    """Where tickets go. An empty value is a desk that is not in use."""

    devops_organization: str = ""
    devops_project: str = ""
    devops_type: str = "Issue"
    devops_token: str = ""
    servicenow_url: str = ""
    servicenow_user: str = ""
    servicenow_password: str = ""
    servicenow_group: str = ""
    jira_url: str = ""
    jira_project: str = ""
    jira_type: str = "Task"
    jira_user: str = ""
    jira_token: str = ""
    github_repository: str = ""
    github_token: str = ""
    github_url: str = "https://api.github.com"
    pagerduty_key: str = ""
    pagerduty_url: str = "https://events.pagerduty.com"
    mailbox: str = ""


def desks(
    settings: DeskSettings,
    credential: "Callable[[], TokenCredential]",
    mailer: "Callable[[tuple[str, ...]], Mailer | None]",
) -> Iterator[Desk]:
    """Every desk that the settings name. Azure DevOps takes our identity where there is no token for it."""
    if settings.devops_organization:
        from remediations.adapters.azure_devops import AzureDevOps

        yield AzureDevOps(
            settings.devops_organization,
            settings.devops_project,
            settings.devops_token or credential(),
            work_item_type=settings.devops_type,
        )
    if settings.servicenow_url:
        from remediations.adapters.servicenow import ServiceNow

        yield ServiceNow(
            settings.servicenow_url,
            settings.servicenow_user,
            settings.servicenow_password,
            assignment_group=settings.servicenow_group,
        )
    if settings.jira_url:
        from remediations.adapters.jira import Jira

        yield Jira(
            settings.jira_url,
            settings.jira_project,
            settings.jira_user,
            settings.jira_token,
            issue_type=settings.jira_type,
        )
    if settings.github_repository:
        from remediations.adapters.github_issues import GitHubIssues

        yield GitHubIssues(settings.github_repository, settings.github_token, url=settings.github_url)
    if settings.pagerduty_key:
        from remediations.adapters.pagerduty import PagerDuty

        yield PagerDuty(settings.pagerduty_key, url=settings.pagerduty_url)
    to_mailbox = mailer((settings.mailbox,)) if settings.mailbox else None
    if to_mailbox:
        from remediations.adapters.mailbox import Mailbox

        yield Mailbox(to_mailbox)


def looks(
    settings: DeskSettings, credential: "Callable[[], TokenCredential]"
) -> dict[str, Callable[[], Delivery]]:
    """For each desk that can be searched, a look for a ticket that nobody has: whether it lets us in."""
    # What cannot be searched has nothing that lags.
    searched = (desk for desk in desks(settings, credential, lambda _: None) if desk.lag)
    return {desk.name: partial(_look, desk) for desk in searched}


def _look(desk: Desk) -> Delivery:
    found = desk.find("push-medic-doctor")
    return Accepted() if found is None or isinstance(found, Ref) else found
