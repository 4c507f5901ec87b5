"""The identity that opens the registry's own encryption key."""

from checks.evidence import Evidence, Profile, Unreadable
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(CauseName.SERVER_ERROR, explains=(Symptom.SERVER_ERROR,), needs="profile", code="CMK_ERROR")
def encryption_identity_missing(subject: Subject, evidence: Evidence) -> Answer:
    """The registry cannot use the identity that opens its customer-managed key.

    The key is opened by a managed identity that is no longer the registry's, or that somebody has deleted. Without it
    the registry loses its data in the end: nothing can be pulled or pushed.
    Look: `az acr encryption show --name REGISTRY`, `az acr identity show --name REGISTRY`.
    Source: https://learn.microsoft.com/azure/container-registry/tutorial-troubleshoot-customer-managed-keys
    """
    del subject
    match evidence.profile:
        case Profile(key_identity=None):
            return Cleared(saw="the registry has no key of its own")
        case Profile(key_identity=str(identity), identities=identities, key_identity_unread=unread_one):
            known = {one.lower() for one in identities}
            if isinstance(unread_one, Unreadable):
                return unread(f"whether {identity}, which opens its key, is still there", unread_one)
            if identity.lower() in known:
                return Cleared(saw=f"its key is opened by {identity}, which it has")
            return Cause(
                name=CauseName.SERVER_ERROR,
                culprit=Place(kind="managed identity", name=identity),
                saw=f"its key is opened by {identity}, which is none of the {len(known)} identities that it has "
                "and that are there",
                advice="Give the registry an identity that may use the key, and rotate the key with it: "
                "`az acr encryption rotate-key --name REGISTRY --identity IDENTITY --key-encryption-key KEY`.",
            )
        case Profile():
            return Cleared(saw="the registry has no key of its own")
        case missing:
            return unread("the registry's encryption", missing)
