"""A temporary rule and what is known of its failure in, how much longer it stays out. Pure."""

from datetime import datetime
from ipaddress import IPv4Address

from checks.incident import Incident
from remediations.model import Commitment, RuleChange, Stage
from remediations.pauses import Paused
from remediations.policy import Policy, address_permit, span


def stays_until(
    commitment: Commitment, incident: Incident, policy: Policy, paused: Paused | None, now: datetime
) -> datetime | None:
    """Until when a rule stays whose failure is still told of, or None where its time is over for good.

    Only what the bot may do alone today is extended: never what a person agreed to for a certain time, nothing
    that could not be verified, and nothing while the bot is stopped. Lesser proof than what the rule was made
    with keeps nothing open.
    """
    change = commitment.change
    stopped = policy.rehearsal or policy.pause or paused
    if stopped or commitment.approval or commitment.stage is not Stage.VERIFIED:
        return None
    if not isinstance(change, RuleChange) or incident.proven_at is None:
        return None
    ends = [end for address in change.add if (end := _permitted_until(address, commitment, incident, policy))]
    until = min(ends, default=None) if len(ends) == len(change.add) else None
    return until if until and until > now else None


def _permitted_until(
    address: str, commitment: Commitment, incident: Incident, policy: Policy
) -> datetime | None:
    permit = address_permit(policy, commitment.change.registry, IPv4Address(address), incident.proof)
    if permit is None or permit.at_most is None or permit.approval or not permit.asks_for(incident.proof):
        return None
    told_at = incident.proven_at or commitment.made_at
    return min(told_at + span(permit.lasts), commitment.made_at + span(permit.at_most))
