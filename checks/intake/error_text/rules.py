"""The sentences that tell a cause, as data: each rule with its reason, the plainest first.

Within one line the order of the table decides; between lines the strength, and then the last one.
Sources: the OCI distribution specification (codes and statuses), Azure Container Registry's own bodies
(facts/acr.md §3), azure-cli's health check, Entra's codes; the words of Go's net, net/http and
crypto/tls, .NET's HttpClient and sockets, the JDK, libuv, OpenSSL, curl and Python's requests; and the
push clients recorded in tests/fixtures/client-errors.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from checks.intake.error_text.reading import phrases
from checks.model import CauseName as Cause


class Strength(IntEnum):
    """How much a sentence tells."""

    HINT = 1
    """Compatible with the cause; says little alone."""
    STATUS = 2
    """A status, or a client's summary, whose reason was lost."""
    SAID = 3
    """The service, the network or the client gave the reason."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of sentence, the cause that it tells, and why."""

    name: str
    cause: Cause
    alternatives: tuple[Cause, ...]
    strength: Strength
    pattern: re.Pattern[str]
    why: str


def _rule(name: str, strength: Strength, causes: tuple[Cause, ...], why: str, *words: str) -> Rule:
    """A rule for any of these phrases; the first cause is the answer, the others fit the words as well."""
    return Rule(name, causes[0], causes[1:], strength, phrases(*words), why)


def _said(name: str, causes: tuple[Cause, ...], why: str, *words: str) -> Rule:
    return _rule(name, Strength.SAID, causes, why, *words)


def _hint(name: str, causes: tuple[Cause, ...], why: str, *words: str) -> Rule:
    return _rule(name, Strength.HINT, causes, why, *words)


def _status(name: str, causes: tuple[Cause, ...], why: str, number: str, reason: str) -> Rule:
    """A rule for a status: the number beside its reason phrase, or after a word that announces a status."""
    return _rule(
        name,
        Strength.STATUS,
        causes,
        why,
        rf"(?<![\w.:/-])(?:{number})[ :()\"'.,-]{{1,4}}(?:{reason}|(?:client|server) error)",
        r"(?:status(?:[ _-]?code)?|response(?: code)?|http(?:/[12](?:\.[01])?)?|returned|received|error)"
        r"(?: (?:code|error|of|is|was|status|with|unexpected|http|a|an|does not indicate success)){0,4}"
        rf"[ :='\"(\[]{{1,4}}(?:{number})(?![\w.:-]\w|\w)",
        rf"(?:status|code)[\"' ]{{0,2}}[:=][\"' ]{{0,2}}(?:{number})(?!\w)",
        rf"^(?:{number}) [a-z]",
    )


def _broken(phrase: str) -> str:
    """A phrase that a narrow terminal may have broken anywhere, even within a word."""
    return " ?".join(re.escape(letter) for letter in phrase if letter != " ")


_NEIGHBOURS: Final = (
    _said(
        "management lock", (Cause.UNKNOWN,),
        "a lock of Azure Resource Manager stops changes of resources, not pushes",
        r"scopelocked", r"following scope\(?s?\)? (?:is|are) locked",
    ),
    _said(
        "Azure Policy", (Cause.UNKNOWN,), "a policy refused a resource; the registry refused nothing",
        r"requestdisallowedbypolicy", r"disallowed by (?:azure )?policy",
    ),
    _said(
        "count of resources", (Cause.UNKNOWN,), "a quota on how many there may be, not on storage",
        r"quota ?exceeded for resource type", r"results in exceeding (?:approved )?",
        r"exceeding approved", r"maximum number of ",
        r"\bquota of \d", r"cannot have more than \d", r"\bmaxnumberof[a-z]{1,80}exceeded\b",
    ),
    _said(
        "storage account", (Cause.UNKNOWN,), "the refusal of a storage account, not of a registry",
        r"not permitted on this storage account", r"publicaccessnotpermitted",
        r"request is not authorized to perform this operation", r"accountsizeoverquota", r"accountisdisabled",
        r"keybasedauthenticationnotpermitted",
    ),
    _said(
        "egress of a storage account", (Cause.THROTTLED, Cause.SERVER_ERROR),
        "Azure Storage's words for throttling",
        r"(?:egress|ingress) is over the account limit", r"\bserverbusy\b",
    ),
    _said(
        "provider not registered", (Cause.UNKNOWN,), "the subscription is not ready for the service",
        r"disallowedprovider", r"missingsubscriptionregistration", r"not registered to use namespace",
    ),
    _said(
        "customer-managed key", (Cause.UNKNOWN,), "the registry cannot reach its own key",
        r"customer[- ]managed key", r"blockedforencryption", r"\bcmk_error\b", r"aka\.ms/acr/cmk",
        r"encryption key", r"key ?vault.{0,80}(?:denied|forbidden|disabled|not found|unreachable|key)",
    ),
    _said("quarantine", (Cause.UNKNOWN,), "the image waits for a scan", r"\bquarantin"),
    _said(
        "ACR Tasks", (Cause.UNKNOWN,), "ACR Tasks failed itself",
        r"tasksoperationsnotallowed", r"acr tasks requests? .{0,80}not permitted",
        r"acr tasks? .{0,40}(?:not supported|not allowed|paused|disabled)",
        r"agent ?pool .{0,60}(?:not|fail)",
        r"failed to download (?:source|context)", r"unable to (?:queue|schedule) ",
    ),
    _said(
        "another service's address list", (Cause.UNKNOWN, Cause.FIREWALL_IP_DENIED),
        "an address list that is not a registry's",
        r"\bip acl\b", r"ip access list", r"ip[ _]address.{0,60}(?:databricks|key ?vault|cosmos|sql server)",
        r"is not allowed to access the server", r"request originated from ip", r"client address is not authorized",
    ),
)  # fmt: skip

_REGISTRY_REFUSALS: Final = (
    _said(
        "storage full", (Cause.STORAGE_LIMIT, Cause.LOCKED), "the service named its storage",
        r"registry storage (?:quota|limit|capacity)(?: is| has been| was)? (?:exceeded|reached)",
        r"maximum storage (?:capacity|limit|quota)(?: (?:of|for) (?:the|this) registry)?"
        r"(?: is| has been| was)? (?:exceeded|reached)",
        r"registry has (?:reached|exceeded) its (?:maximum )?storage",
    ),
    _said(
        "disallowed operation", (Cause.LOCKED, Cause.STORAGE_LIMIT),
        "ACR's one sentence for a lock and for a full registry",
        _broken("the operation is disallowed"), r"registry[_ ]disallowed[_ ]operation",
    ),
    _said(
        "address not allowed", (Cause.FIREWALL_IP_DENIED, Cause.PUBLIC_ACCESS_DISABLED),
        "ACR names the address that it refused",
        rf"{_broken('client with ip')}.{{0,90}}{_broken('is not allowed')}(?! ?to )",
    ),
    _said(
        "public access off", (Cause.PUBLIC_ACCESS_DISABLED, Cause.FIREWALL_IP_DENIED),
        "only private endpoints are answered",
        r"public (?:network )?access (?:to (?:the |this )?registry )?(?:is |was |has been |set to )?"
        r"[\"']?(?:disabled|not allowed|not enabled|denied)",
        r"publicnetworkaccess[\"': =]{1,5}disabled",
    ),
    _rule(
        "the page on firewalls", Strength.STATUS, (Cause.PUBLIC_ACCESS_DISABLED, Cause.FIREWALL_IP_DENIED),
        "ACR sends there whom its network rules refused", _broken("aka.ms/acr/firewall"),
    ),
    _status(
        "403 at the door", (Cause.PERMISSION_DENIED, Cause.PUBLIC_ACCESS_DISABLED, Cause.FIREWALL_IP_DENIED),
        "a network rule, a proxy or a role: the text that would tell was lost", "403", "forbidden",
    ),
    _rule(
        "az at the door", Strength.STATUS,
        (Cause.PERMISSION_DENIED, Cause.PUBLIC_ACCESS_DISABLED, Cause.FIREWALL_IP_DENIED),
        "azure-cli's words for a 403 at the challenge",
        r"looks like you don't have access to registry", r"connectivity_forbidden_error",
        r"are firewalls and virtual networks enabled",
    ),
)  # fmt: skip

_THE_WAY_THERE: Final = (
    _said(
        "proxy", (Cause.PROXY_ERROR,), "a proxy failed, or refused the connection",
        r"proxyconnect", r"proxy authentication", r"\b407\b.{0,40}prox", r"prox[^.\n]{0,80}\b407\b",
        r"proxyerror",
        r"(?:connect|tunnel)[a-z ]{0,20} (?:to|through|via) (?:the )?proxy", r"could not resolve proxy",
        r"proxy tunnel",
        r"http code \d{3} from proxy", r"tunnel connection failed",
        r"blocked by (?:the |your )?[a-z ]{0,20}proxy",
        # A certificate of Zscaler's own is a matter of trust, not of the proxy's rules.
        r"zscaler (?:web|internet|security|proxy|filter|block|policy)", r"(?:blocked|denied)[a-z ]{0,20} zscaler",
        r"squid", r"proxy (?:server )?(?:refused|returned|responded|error|denied)", r"blue ?coat",
        r"web ?filter",
        r"invalid proxy", r"dial tcp[^\n]{0,40}proxy[^\n]{0,80}:",
    ),
    _said(
        "Entra", (Cause.AUTHENTICATION_FAILED, Cause.AUTHENTICATION_REQUIRED),
        "Entra ID refused who asked for a token, whichever helper passes it on", r"aadsts\d{4,7}",
    ),
    _said(
        "engine out of reach", (Cause.CLIENT_SIDE,),
        "the client did not reach its own engine or credential helper",
        r"cannot connect to the docker daemon", r"docker daemon is not running", r"dial unix",
        r"docker\.sock", r"docker_engine",
        r"dockerdesktoplinuxengine", r"docker_(?:command|daemon|version|pull)_error", r"error during connect",
        r"failed to connect to the docker api", r"cannot connect to podman", r"containerd\.sock",
        r"buildkitd?(?:\.sock|://)",
        r"docker-credential-", r"error (?:getting|storing|saving) credentials", r"credentials store",
        r"failed to list workers",
        r"docker (?:desktop|engine|daemon)[a-z ]{0,12} (?:is )?(?:not|stopped|running properly)",
        r"requires running the docker daemon", r"no active session",
        r"could not retrieve credentials from the keychain",
        r"secretservice", r"keychain", r"failed retrieving credentials",
    ),
    _said(
        "name not resolved", (Cause.DNS_FAILURE, Cause.REGISTRY_NOT_FOUND),
        "the name of the login server gave no address",
        r"no such host", r"dial tcp: lookup ", r"server misbehaving", r"\blookup [^ ]{1,253}(?: on [^ ]{1,60})?: ",
        r"could ?n[o']t resolve",
        r"name or service not known", r"name resolution", r"nameresolutionerror",
        r"remote name could not be resolved",
        r"unknownhost", r"\benotfound\b", r"\beai_again\b", r"getaddrinfo", r"nodename nor servname",
        r"name does not resolve",
        r"connectivity_dns_error", r"nxdomain", r"servfail", r"no address associated with hostname",
        r"failed to resolve (?:address|host|'[^ ]{1,100}' \()",
        r"unable to resolve (?:host|name|address|dns)", r"unresolvedaddress",
        r"no data of the requested type", r"could not be resolved", r"dns lookup",
    ),
    _said(
        "TLS handshake timed out", (Cause.CONNECTIVITY_TIMEOUT, Cause.TLS_ERROR),
        "nothing came back on an open connection",
        r"tls handshake timeout", r"handshake (?:operation )?timed out",
    ),
    _said(
        "TLS", (Cause.TLS_ERROR,), "the certificate or the handshake was refused",
        r"\bx509\b", r"\btls: ", r"certificate[_ ]verify[_ ]failed", r"unknown (?:certificate )?authority",
        r"self[- _]signed[- _]certificate",
        r"ssl(?:cert|handshake|peerunverified)", r"\bsslerror", r"\bssl(?:exception|zeroreturn|eof)",
        r"ssl connection could not be established",
        r"local issuer certificate", r"verify the first certificate", r"pkix path",
        r"certificate is (?:invalid|not|valid for)",
        r"certificate (?:has expired|chain|problem|validation failed|required)",
        r"ssl routines", r"wrong version number", r"connectivity_ssl_error",
        r"http request to an https server",
        r"ssl/tls secure channel", r"trust relationship for the ssl", r"bad record mac",
        r"\berr_(?:tls|cert|ssl)_", r"unknown ca\b",
        r"ssl certificate", r"tlsv1", r"sslv3", r"untrusted ?root", r"\bssl: ", r"schannel",
        r"authenticationexception: the remote",
    ),
    _said(
        "connection refused or reset", (Cause.CONNECTION_REFUSED_OR_RESET,),
        "the other side, or something between, ended the connection",
        r"connection (?:was |has been |is )?(?:(?:forcib|unexpected)ly )?(?:refused|reset|closed|abort|broken)",
        r"\beconn(?:refused|reset|aborted)\b",
        r"\bepipe\b", r"broken ?pipe", r"(?:actively|forcibly) (?:refused|closed)",
        r"use of closed network connection", r"remote(?:disconnected| end closed)",
        r"connection(?:reset|refused|aborted)error", r"\bunexpected eof\b",
        r"(?:: |\"|'|^|\] ?|> ?)eof(?=$|[ \"'.,;)\]]|: )", r"\beof$", r"\beof(?= error:| ##)",
        r"server closed", r"unexpectedly closed", r"http2: ", r"stream error: stream id", r"goaway",
        r"empty reply from server",
        r"response ended prematurely", r"socket (?:hang ?up|closed)", r"no route to host",
        r"(?:network|host) is unreachable", r"\be(?:host|net)unreach\b",
        r"prematurely closed", r"copying content to a stream", r"error occurred while sending the request",
        r"protocolexception", r"wsarecv", r"wsasend",
        r"failed to connect to [^ ]{1,200}: connection", r"nohttpresponse",
        r"transport connection: (?!connection timed|a connection attempt)",
        r"socketexception: (?!connection timed)",
        r"requestexception: error while copying", r"failed to read expected number of bytes",
    ),
    _said(
        "no answer in time", (Cause.CONNECTIVITY_TIMEOUT,),
        "packets are dropped, or the answer took too long",
        r"i/o timeout", r"client\.timeout", r"request canceled", r"deadline exceeded", r"timed[- ]?out",
        r"\be(?:socket)?timedout\b",
        r"(?:connect|read|socket|http|request|response|header|operation|idle|write)[- ]?time-?out",
        r"timeoutexception", r"timeouterror",
        r"timeout (?:expired|exceeded|awaiting|waiting|of \d|error|reached|occurred)",
        r"did not properly respond after a period", r"connected host has failed to respond",
        r"configured httpclient\.timeout", r"connection timeout", r": timeout\b",
        r"no recent network activity", r"task was canceled", r"taskcanceledexception",
    ),
)  # fmt: skip

_WHO_IS_ASKING: Final = (
    _said(
        "throttled", (Cause.THROTTLED,), "too many requests for the tier",
        r"too ?many ?requests", r"\bhap429\b", r"rate ?limit(?!-[a-z])", r"rate exceeded", r"throttl",
        r"connectivity_toomanyrequests",
    ),
    _said(
        "credentials refused", (Cause.AUTHENTICATION_FAILED, Cause.AUTHENTICATION_REQUIRED),
        "the credentials were looked at and refused",
        r"invalid client ?id", r"aad access token", r"application not registered with aad",
        r"invalid[_ ](?:client|grant)\b",
        r"(?:incorrect|invalid|wrong|bad) (?:username|user ?name|password|login|credentials?)",
        r"(?:username|password)(?: or password)? (?:is|was|are) (?:incorrect|invalid|wrong)",
        r"token validation failed", r"login attempt to \S{1,253} failed with status: 401",
        r"(?:token|secret|password|credential|assertion)s?(?: [a-z]{1,12}){0,3} expired",
        r"expired (?:token|secret|credential|password)",
        r"token (?:is |was )?(?:invalid|malformed|revoked)",
        r"invalid (?:token|authentication|authorization|(?:access|refresh) token|audience|issuer|jwt|bearer)",
        r"federated (?:token|identity)", r"authentication ?failed",
        r"credentials? (?:is|are|were|was) (?:invalid|incorrect|wrong|rejected|not valid)",
        r"refresh token .{0,40}(?:invalid|expired|revoked|inactiv)", r"invalidauthenticationtoken",
        r"expiredauthenticationtoken", r"failed to acquire (?:a )?(?:token|refresh token)",
        r"failed to fetch oauth token: unexpected status[^:]{0,200}: 400",
        r"/oauth2/exchange[\" :-]{0,8}(?:response )?(?:status code )?401",
        r"failed to (?:get|obtain|retrieve) (?:an? )?(?:access|aad|acr|refresh) token",
        r"credential(?:unavailable|authentication)", r"identity not found", r"no (?:managed )?identity",
        r"msi endpoint",
    ),
    _said(
        "right is missing", (Cause.PERMISSION_DENIED, Cause.AUTHENTICATION_FAILED),
        "somebody who is known lacks the right",
        r"authorizationfailed", r"authorization_requestdenied", r"does not have authorization",
        r"insufficient ?(?:privilege|permission)", r"not authorized to ",
        r"(?:lacks?|missing) (?:the )?(?:required )?(?:permission|role|acrpush)", r"permission_denied",
        r"(?:do|does) not have (?:the )?(?:push|write|required|sufficient|enough|permission|access)",
        r"no permission", r"required (?:role|permission)s?", r"caller is not authorized",
        r"not allowed to (?:push|create|write|perform)", r"push not allowed",
        r"permission \"[^\"]{1,120}\" denied", r"you do not have access", r"access is denied",
    ),
    _said(
        "scope is missing", (Cause.PERMISSION_DENIED, Cause.AUTHENTICATION_REQUIRED),
        "the token lacks the action",
        r"insufficient[_ ]scope", r"access to the (?:requested )?resource is denied",
        r"(?:push|pull) access denied", r"denied: (?:access forbidden|denied\b|permission)",
        r"access (?:to (?:the )?registry )?(?:is |was )?(?:forbidden|denied)", r"access denied",
        r"repository does not exist or may require",
    ),
    _said(
        "authentication required",
        (Cause.AUTHENTICATION_REQUIRED, Cause.PERMISSION_DENIED, Cause.AUTHENTICATION_FAILED),
        "ACR's one sentence for no login and for no role",
        r"authentication (?:is )?required", _broken("aka.ms/acr/authorization"), r"no basic auth credentials",
        r"not logged in", r"please run '?az login", r"requires? (?:authentication|a login)",
        r"credentials? (?:not found|missing|required|are required)", r"missing credentials",
        r"no credentials", r"could not find credentials", r"authorization required",
        r"(?<!401 )(?<!401 \()(?<!401: )\bunauthorized\b", r"authorization failed",
        r"please (?:run|use) '?docker login",
        r"requires a token", r"unauthorizedaccess", r"login required",
    ),
)  # fmt: skip

_WHAT_WAS_SENT: Final = (
    _said(
        "registry not found", (Cause.REGISTRY_NOT_FOUND, Cause.DNS_FAILURE),
        "no registry of that name was found",
        r"microsoft\.containerregistry/registries[^ ]{0,90}['\"]? (?:under resource group .{1,90} )?"
        r"(?:could not be|was not|not) found",
        r"type '?microsoft\.containerregistry/registries'? (?:could not|can) be found", r"login_server_error",
        r"please verify that the registry exists",
        r"registry (?:with name )?['\"]?[a-z0-9.-]{0,80}['\"]? "
        r"(?:(?:(?:could not|cannot|can't) be|was not|not) found|(?:does not|doesn't) exist)",
        r"no (?:container )?registr(?:y|ies) (?:found|named|with)",
        r"could not connect to the registry login server",
        r"unable to (?:find|locate|get) (?:the )?(?:container )?registry",
        r"registry_name_unknown", r"not a valid (?:container )?registry",
    ),
    _said(
        "not in the engine", (Cause.CLIENT_SIDE,), "the engine has nothing of that name to push",
        r"(?:^|[ \"'])tag does not exist: ", r"does not exist locally", r"no such image", r"image not known",
        r"no such object",
    ),
    _said(
        "upload session lost", (Cause.SERVER_ERROR, Cause.REPOSITORY_OR_MANIFEST_INVALID, Cause.UNKNOWN),
        "the service forgot the upload that it had begun",
        r"blob[_ ]upload[_ ](?:unknown|invalid)", r"no location header", r"missing(?: or empty)? location",
        r"\bunknown blob\b", r"range not satisfiable",
    ),
    _said(
        "manifest, blob or name refused", (Cause.REPOSITORY_OR_MANIFEST_INVALID,),
        "the registry understood the request and refused what it named",
        r"manifest[_ ](?:blob[_ ])?(?:invalid|unknown|unverified)", r"blob[_ ]unknown",
        r"(?:digest|size|name|tag)_(?:invalid|unknown)",
        r"(?:repository )?name (?:invalid|unknown|not known)",
        r"name not known to registry", r"invalid repository name",
        r"digest (?:invalid|did not match|does not match|mismatch)", r"unsupported ?media ?type",
        r"media ?type .{0,100}(?:not supported|unsupported|not allowed|invalid)",
        r"unsupported manifest", r"manifest .{0,120}(?:not found|does not exist)", r"unknown manifest",
        r"tag .{0,120}(?:not found|does not exist)", r"blob .{0,100}(?:not found|unknown to registry)",
        r"invalid manifest", r"manifest media-?\s?type", r"resourcenotfounderror",
        r"(?:^|[ :])unsupported(?::|$)", r"invalid checksum", r"checksum .{0,30}mismatch",
        r"repository .{0,120}(?:not found|does not exist)", r"unknown (?:config|layer)", r"schema ?v?1 ",
        r"accept header does not support", r"unable to access the repository",
    ),
    _said(
        "service failed", (Cause.SERVER_ERROR,), "the service, or a gateway before it, failed",
        r"internal ?server ?error", r"bad gateway", r"gateway time-?out", r"service ?unavailable",
        r"unknown: unknown error", r"^unknown error$", r"(?:registry|response)[a-z ]{0,30}: unknown$",
        r"temporarily unavailable", r"unexpected http status: 5\d\d", r"server encountered an error",
    ),
)  # fmt: skip

_ON_THE_CLIENT: Final = (
    _said(
        "client side", (Cause.CLIENT_SIDE,), "the client could not do its own part",
        r"no space left on device", r"loading \S{1,253} as tarball",
        r"disk quota exceeded", r"not enough space", r"invalid[_ ]reference(?: format)?\b",
        r"must be lowercase", r"repository name must be", r"image name '[^']{0,200}' is invalid",
        r"is not a valid repository/tag", r"should not contain a tag",
        r"invalid tag ", r"(?:error|could not|failed to) pars(?:e|ing) reference", r"invalid image name",
        r"invalid argument", r"unknown (?:shorthand )?flag", r"unknown command", r"command not found",
        r"not recognized as (?:an|the)", r"executable file not found", r"exec format error",
        r"non[- ]tty device", r"dockerfile: no such file", r"failed to read dockerfile",
        r"read-only file system", r"cannot allocate memory", r"out of memory", r"signal: killed",
        r"requires (?:exactly|at least) \d", r"layer does not exist",
        r"multiple platforms feature", r"docker driver", r"exporter is not supported",
        r"does not currently support exporting", r"did not complete successfully",
        r"returned a non-zero code",
        r"executor failed running", r"npm err!", r"empty export",
        r"illegal base64 data",
        r"content digest sha256:[0-9a-f]{64}: not found", r"forbidden path outside", r"no matching manifest",
    ),
    _hint(
        "az met no challenge", (Cause.UNKNOWN, Cause.CONNECTIVITY_TIMEOUT, Cause.SERVER_ERROR, Cause.PROXY_ERROR),
        "what answered asked for no login; azure-cli does not say what it was",
        r"connectivity_challenge_error", r"did not issue a challenge",
    ),
    _hint(
        "az could not log in",
        (Cause.AUTHENTICATION_REQUIRED, Cause.AUTHENTICATION_FAILED, Cause.PERMISSION_DENIED),
        "azure-cli sums up; a status beside it tells more",
        r"connectivity_(?:refresh|access)_token_error", r"unable to authenticate using aad or admin",
        r"unable to get aad authorization tokens", r"login failed", r"auth failed",
    ),
    _hint(
        "something on the client", (Cause.CLIENT_SIDE,), "said of the client's own files and commands",
        r"no such file or directory", r"permission denied", r"operation not permitted", r"context canceled",
        r"failed to (?:compute|calculate) ", r"cannot (?:open|find) ", r"unable to (?:open|find) ",
        r"please specify", r"syntax error", r"not found in path", r"filenotfound", r"failed to build",
    ),
)  # fmt: skip

_STATUSES: Final = (
    _status(
        "401", (Cause.AUTHENTICATION_REQUIRED, Cause.AUTHENTICATION_FAILED, Cause.PERMISSION_DENIED),
        "no login, a refused one, or no role", "401", "unauthorized",
    ),
    _status(
        "405", (Cause.LOCKED, Cause.STORAGE_LIMIT),
        "what ACR answers to a push on something locked, or when it is full", "405", "method not allowed",
    ),
    _status("407", (Cause.PROXY_ERROR,), "only a proxy answers so", "407", "proxy"),
    _status("408", (Cause.CONNECTIVITY_TIMEOUT,), "the service waited in vain", "408", "request time"),
    _status(
        "413", (Cause.PROXY_ERROR, Cause.REPOSITORY_OR_MANIFEST_INVALID, Cause.UNKNOWN),
        "ACR takes layers of 200 GiB; a proxy on the way does not", "413", "request entity|payload",
    ),
    _rule(
        "413 in words", Strength.STATUS, (Cause.PROXY_ERROR, Cause.UNKNOWN), "the same without its number",
        r"request ?entity ?too ?large",
    ),
    _status(
        "416", (Cause.SERVER_ERROR, Cause.REPOSITORY_OR_MANIFEST_INVALID, Cause.UNKNOWN),
        "the client and the service disagree on how far an upload came", "416", "requested range",
    ),
    _status("429", (Cause.THROTTLED,), "too many requests", "429", "too many"),
    _status(
        "5xx", (Cause.SERVER_ERROR,), "the service, or a gateway before it, failed",
        r"5\d\d", "internal|bad gateway|service|gateway|server",
    ),
    _status(
        "404", (Cause.REPOSITORY_OR_MANIFEST_INVALID, Cause.REGISTRY_NOT_FOUND), "nothing of that name",
        "404", "not found|page not found",
    ),
    _status(
        "400", (Cause.REPOSITORY_OR_MANIFEST_INVALID, Cause.UNKNOWN), "the request was refused as such",
        "400|415", "bad ?request|unsupported",
    ),
)  # fmt: skip

_LITTLE: Final = (
    _hint(
        "method refused", (Cause.LOCKED, Cause.STORAGE_LIMIT), "405 in words",
        r"(?:^|[: ])method not allowed$",
    ),
    _hint(
        "internal error", (Cause.UNKNOWN, Cause.SERVER_ERROR), "somebody's own error; whose is not said",
        r"internal (?:error|failure)",
    ),
    _hint(
        "plain HTTP", (Cause.TLS_ERROR,), "the server speaks plain HTTP; clients go on to try that",
        r"http response to https client",
    ),
    _hint("denied", (Cause.PERMISSION_DENIED,), "refused; why is not said", r"\bdenied\b", r"\bforbidden\b"),
    _hint(
        "retries", (Cause.UNKNOWN, Cause.CONNECTION_REFUSED_OR_RESET, Cause.CONNECTIVITY_TIMEOUT),
        "the client tries again; why is not said", r"retrying in \d",
    ),
)  # fmt: skip

RULES: Final = (
    *_NEIGHBOURS,
    *_REGISTRY_REFUSALS,
    *_THE_WAY_THERE,
    *_WHO_IS_ASKING,
    *_WHAT_WAS_SENT,
    *_ON_THE_CLIENT,
    *_STATUSES,
    *_LITTLE,
)
"""Every sentence that tells a cause: neighbours of the dangerous causes first, statuses and hints last."""
