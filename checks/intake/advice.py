"""What a person should do next, for each cause that a text can tell."""

from typing import Final

from checks.model import CauseName

ADVICE: Final[dict[CauseName, str]] = {
    CauseName.LOCKED: (
        "Look for writeEnabled=false with `az acr repository show -n REGISTRY --repository REPOSITORY` and "
        "`--image REPOSITORY:TAG`. If the lock is not meant, take away that one with `az acr repository update "
        "-n REGISTRY --image REPOSITORY:TAG --write-enabled true`; if nothing is locked, compare the storage with "
        "`az acr show-usage -n REGISTRY`, because a full registry says the very same."
    ),
    CauseName.STORAGE_LIMIT: (
        "Compare the usage with the ceiling: `az acr show-usage -n REGISTRY`. Purge what nobody needs, rehearsing "
        "it first with `az acr run --cmd \"acr purge --filter 'REPOSITORY:.*' --ago 30d --untagged --dry-run\"`, "
        "or ask Azure support to raise the limit. With soft delete on, what is deleted is stored on for as many "
        "days as its policy says."
    ),
    CauseName.FIREWALL_IP_DENIED: (
        'Check `az acr show -n REGISTRY --query "{public:publicNetworkAccess,rules:networkRuleSet}"`. If public '
        "access is enabled and the address is yours, allow it with `az acr network-rule add -n REGISTRY "
        "--ip-address ADDRESS`; a pipeline whose address changes needs a self-hosted agent or a private endpoint."
    ),
    CauseName.PUBLIC_ACCESS_DISABLED: (
        "The registry answers private endpoints only: push from inside a network that has one and resolves "
        "`privatelink.azurecr.io`. `az acr show -n REGISTRY --query publicNetworkAccess` shows the setting; "
        "changing it is a decision of the registry's owner."
    ),
    CauseName.CONNECTIVITY_TIMEOUT: (
        "From the machine that pushes, run `az acr check-health -n REGISTRY --yes` and `nc -vz REGISTRY.azurecr.io "
        "443`. Then look for the network security group, route or appliance that drops port 443, for the data "
        "endpoint as well (portal: Network Watcher, NSG diagnostics and Next hop)."
    ),
    CauseName.DNS_FAILURE: (
        "Check the spelling of the login server with `az acr show -n REGISTRY --query loginServer`, then "
        "`nslookup REGISTRY.azurecr.io` on the machine that pushes. With a private endpoint, the zone "
        "`privatelink.azurecr.io` must be linked to that machine's network."
    ),
    CauseName.CONNECTION_REFUSED_OR_RESET: (
        "Something ended the connection: push again, and if it happens again with large layers, look at the "
        "firewall, proxy or gateway on the way for limits on size and idle time. "
        "`az acr check-health -n REGISTRY --yes` from the same machine shows whether short requests pass."
    ),
    CauseName.TLS_ERROR: (
        "Call the registry by its login server's name, not by an address or a privatelink name. If an appliance "
        "opens TLS, add its authority to the trust store of the Docker daemon as well (restart it), or exempt "
        "`*.azurecr.io` from inspection; also check the machine's clock."
    ),
    CauseName.PROXY_ERROR: (
        "Check HTTPS_PROXY and NO_PROXY of the Docker daemon, which has its own settings, and the proxy's "
        "credentials. The proxy must let `REGISTRY.azurecr.io`, the registry's data endpoint and "
        "`login.microsoftonline.com` pass."
    ),
    CauseName.AUTHENTICATION_REQUIRED: (
        "Log in again with `az acr login -n REGISTRY` (a login lasts three hours), and see that the name in the "
        "image is the login server in lower case. If the login succeeds and the push still fails, the identity "
        "lacks AcrPush, or Container Registry Repository Writer in a registry with ABAC."
    ),
    CauseName.AUTHENTICATION_FAILED: (
        "The credentials were refused: renew the service principal's secret (`az ad app credential reset --id "
        "APP_ID`) and update the service connection, or check `az acr credential show -n REGISTRY` for the admin "
        "user and `az acr token credential generate` for a token."
    ),
    CauseName.PERMISSION_DENIED: (
        "See what the identity may do: `az role assignment list --assignee ID --scope $(az acr show -n REGISTRY "
        "--query id -o tsv)`. A push needs AcrPush, or Container Registry Repository Writer in a registry with "
        "ABAC. If only a bare 403 is known, check the network rules too (portal: registry, Networking)."
    ),
    CauseName.THROTTLED: (
        "Wait for as long as Retry-After says, and push fewer images at the same time. If it happens daily, "
        "compare with the limits at https://aka.ms/acr/skus and consider `az acr update -n REGISTRY --sku Premium`."
    ),
    CauseName.REGISTRY_NOT_FOUND: (
        "Check the name, the subscription and the cloud: `az account show`, `az acr list -o table`. Who may not "
        "read the registry is told that there is none."
    ),
    CauseName.REPOSITORY_OR_MANIFEST_INVALID: (
        "Names are in lower case and at most 255 characters; a manifest may only name layers that were pushed "
        "before. Look at what is there with `az acr repository show-tags -n REGISTRY --repository REPOSITORY`, "
        "and push again with a current client. What has gone may have met the registry's retention policy; with soft "
        "delete on, `az acr manifest list-deleted` still finds it."
    ),
    CauseName.SERVER_ERROR: (
        "Push again in a few minutes and look at the registry's Resource health in the portal. If it stays, open "
        "a support request with the correlation id and the time of the failure."
    ),
    CauseName.CLIENT_SIDE: (
        "The failure is on the machine that pushes: see that the engine runs (`docker info`), that the disk has "
        "room (`docker system df`), and that the image exists under exactly the name that is pushed "
        "(`docker image ls`)."
    ),
    CauseName.OTHER_REGISTRY: (
        "The failing registry is not an Azure container registry. If it was meant to be, put the login server in "
        "front of the name: `docker tag IMAGE REGISTRY.azurecr.io/REPOSITORY:TAG`, then push that."
    ),
    CauseName.NOT_A_PUSH: (
        "A pull or another read failed, not a push. For a cluster, `az aks check-acr -n CLUSTER -g GROUP --acr "
        "REGISTRY.azurecr.io` tests it; the identity that pulls needs AcrPull."
    ),
    CauseName.UNKNOWN: (
        "The text does not tell. Run `az acr check-health -n REGISTRY --yes` on the machine that pushes, and send "
        "the whole output of the failing command."
    ),
}
"""One or two concrete steps for each cause; the words in capitals are to be replaced."""
