"""What a deployment of the templates would make, worked out as the compiler and Azure Resource Manager would.

What only Azure knows (an endpoint, a principal) reads as a text in angle brackets that says what it is.
"""

import hashlib
import ipaddress
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.infra.syntax import (
    BicepError,
    Both,
    Call,
    Choice,
    Declaration,
    Expression,
    Fields,
    File,
    For,
    If,
    Index,
    Items,
    Literal,
    Member,
    Name,
    Not,
    Text,
    read,
)

INFRA: Final = Path(__file__).parents[2] / "infra"
SUBSCRIPTION: Final = "00000000-0000-0000-0000-000000000001"
TENANT: Final = "00000000-0000-0000-0000-0000000000ff"
CLOUDS: Final = {
    "AzureCloud": ("https://management.azure.com/", "core.windows.net", "https://login.microsoftonline.com/"),
    "AzureUSGovernment": (
        "https://management.usgovcloudapi.net/",
        "core.usgovcloudapi.net",
        "https://login.microsoftonline.us/",
    ),
    "AzureChinaCloud": (
        "https://management.chinacloudapi.cn",
        "core.chinacloudapi.cn",
        "https://login.chinacloudapi.cn/",
    ),
}
_TYPES: Final[dict[str, type]] = {
    "string": str,
    "int": int,
    "bool": bool,
    "object": dict,
    "array": list,
    "string[]": list,
    "object[]": list,
}


@dataclass(frozen=True)
class Place:
    """Where something is deployed."""

    subscription: str
    group: str | None = None

    @property
    def id(self) -> str:
        group = f"/resourceGroups/{self.group}" if self.group else ""
        return f"/subscriptions/{self.subscription}{group}"


@dataclass
class Resource:
    """A resource as it would be asked for, or one that is expected to be there."""

    symbol: str
    type: str
    api: str
    name: str
    place: Place
    existing: bool
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        provider, *kinds = self.type.split("/")
        names = self.name.split("/")
        path = "/".join(f"{kind}/{name}" for kind, name in zip(kinds, names, strict=True))
        on = self.body.get("scope")
        return f"{on.id if isinstance(on, Resource) else self.place.id}/providers/{provider}/{path}"

    def known(self, path: str) -> Any:  # noqa: ANN401 - as in a template
        """What a template can ask of it."""
        match path:
            case "id":
                return self.id
            case "name":
                return self.name.rpartition("/")[2]
            case "location" if self.type == "Microsoft.ContainerRegistry/registries":
                return "westeurope"
            case "properties.primaryEndpoints":
                return {one: self.known(f"{path}.{one}") for one in ("blob", "queue", "table")}
            case _ if path.startswith("properties.primaryEndpoints."):
                return f"https://{self.name}.{path.rpartition('.')[2]}.core.windows.net/"
            case "properties.serviceBusEndpoint" | "properties.loginServer" | "properties.endpoint":
                return _ADDRESSES[path].format(self.name)
            case _:
                return Answer(f"<{self.type}/{self.name} {path}>")


_ADDRESSES: Final = {
    "properties.serviceBusEndpoint": "https://{}.servicebus.windows.net:443/",
    "properties.loginServer": "{}.azurecr.io",
    "properties.endpoint": "https://{}.westeurope-1.eventgrid.azure.net/api/events",
}


class Answer(str):
    """A text that only Azure can tell. Asked for more, it tells more."""

    __slots__ = ()

    def of(self, name: str) -> "Answer":
        return Answer(f"{self[:-1]}.{name}>")


@dataclass(frozen=True)
class Seen:
    """A path into a resource."""

    resource: Resource
    path: str


@dataclass
class Deployment:
    """Everything that one deployment makes, that of its modules included."""

    outputs: dict[str, Any]
    resources: list[Resource]

    def made(self, kind: str) -> list[Resource]:
        """What it makes of a type."""
        return [one for one in self.resources if one.type == kind and not one.existing]

    def only(self, kind: str) -> Resource:
        """The only one that it makes of a type."""
        (one,) = self.made(kind)
        return one


def templates() -> list[Path]:
    """Every template."""
    return sorted(INFRA.rglob("*.bicep"))


def parameters(environment: Mapping[str, str], file: Path = INFRA / "main.bicepparam") -> dict[str, Any]:
    """The parameters that the file gives in that environment."""
    known = read(file.read_text())

    def variable(name: str, default: str | None = None) -> str:
        found = environment.get(name, default)
        if found is None:
            raise BicepError(f"{name} is not set")
        return found

    scope = _Scope(file, known, {}, Place(SUBSCRIPTION), "AzureCloud")
    scope.functions["readEnvironmentVariable"] = variable
    return {one.name: scope.value(one.value) for one in known.of("param").values() if one.value}


def deploy(
    given: Mapping[str, Any],
    file: Path = INFRA / "main.bicep",
    place: Place = Place(SUBSCRIPTION),
    cloud: str = "AzureCloud",
) -> Deployment:
    """What deploying a template with these parameters makes. Raises BicepError for what could not be deployed."""
    known = read(file.read_text())
    if (known.scope == "subscription") != (place.group is None):
        raise BicepError(f"{file.name} is for a {known.scope}")
    declared = known.of("param")
    if unknown := set(given) - set(declared):
        raise BicepError(f"{file.name} has no parameters {sorted(unknown)}")
    scope = _Scope(file, known, given, place, cloud)
    for one in declared.values():
        _check(file, one, scope.named(one.name), scope)
    for one in known.declarations:
        if one.kind in ("resource", "module"):
            scope.named(one.name)
    outputs = {
        one.name: _finished(scope.value(one.value)) for one in known.of("output").values() if one.value
    }
    return Deployment(outputs, scope.resources)


def _check(file: Path, one: Declaration, value: Any, scope: "_Scope") -> None:  # noqa: ANN401
    size: int = value if isinstance(value, int) else len(value)
    said = f"{file.name}: {one.name}"
    if not isinstance(value, _TYPES[one.type]) or (one.type == "int" and isinstance(value, bool)):
        raise BicepError(f"{said} is a {type(value).__name__}, not a {one.type}")
    rules = {name: scope.value(arguments[0]) for name, arguments in one.decorators.items() if arguments}
    if "allowed" in rules and value not in rules["allowed"]:
        raise BicepError(f"{said} is {value!r}, which is not allowed")
    least = rules.get("minLength", rules.get("minValue", size))
    most = rules.get("maxLength", rules.get("maxValue", size))
    if not least <= size <= most:
        raise BicepError(f"{said} is too small or too large")


class _Scope:
    """The names of one template, each worked out when it is first asked for."""

    def __init__(self, file: Path, known: File, given: Mapping[str, Any], place: Place, cloud: str) -> None:
        self.file = file
        self.place = place
        self.cloud = cloud
        self.resources: list[Resource] = []
        self._declared = {one.name: one for one in known.declarations if one.kind != "output"}
        self._known: dict[str, Any] = dict(given)
        self.functions: dict[str, Callable[..., Any]] = {
            **_FUNCTIONS,
            "subscription": self._subscription,
            "resourceGroup": self._group,
            "tenant": lambda: {"tenantId": TENANT},
            "environment": self._environment,
            "resourceId": lambda kind, *names: f"{place.id}/providers/{_path(kind, names)}",
            "subscriptionResourceId": lambda kind, *names: (
                f"/subscriptions/{place.subscription}/providers/{_path(kind, names)}"
            ),
            "loadJsonContent": lambda path: json.loads((file.parent / path).read_text()),
            "loadTextContent": lambda path: (file.parent / path).read_text(),
        }

    def named(self, name: str) -> Any:  # noqa: ANN401
        if name not in self._known:
            declared = self._declared.get(name)
            if declared is None or (declared.value is None):
                raise BicepError(f"{self.file.name}: there is no {name}, or it was not given")
            self._known[name] = (
                self._made(declared, declared.value)
                if declared.kind in ("resource", "module")
                else self.value(declared.value)
            )
        return self._known[name]

    def _made(self, declared: Declaration, body: Expression) -> Any:  # noqa: ANN401
        match body:
            case For(variable, over, each):
                found = []
                for one in self.value(over):
                    self._known[variable] = one
                    found.append(self._made(declared, each))
                    del self._known[variable]
                return found
            case If(condition, inner):
                return self._made(declared, inner) if self.value(condition) else None
            case _:
                make = self._module if declared.kind == "module" else self._resource
                return make(declared, self.value(body))

    def _module(self, declared: Declaration, fields: dict[str, Any]) -> dict[str, Any]:
        if not 0 < len(fields["name"]) <= 64:
            raise BicepError(f"{fields['name']} is no name for a deployment")
        file = (self.file.parent / declared.type).resolve()
        place = fields.get("scope", self.place)
        inner = deploy(fields.get("params", {}), file, place, self.cloud)
        self.resources += inner.resources
        return {"outputs": inner.outputs, "name": fields["name"]}

    def _resource(self, declared: Declaration, fields: dict[str, Any]) -> Resource:
        kind, _, api = declared.type.partition("@")
        parent = fields.get("parent")
        name = f"{parent.name}/{fields['name']}" if isinstance(parent, Resource) else str(fields["name"])
        on = fields.get("scope", self.place)
        place = on if isinstance(on, Place) else on.place
        found = Resource(declared.name, kind, api, name, place, declared.existing, fields)
        self.resources.append(found)
        return found

    def value(self, expression: Expression) -> Any:  # noqa: ANN401, C901, PLR0911, PLR0912 - one arm for each kind
        match expression:
            case Literal(value):
                return value
            case Text(parts):
                return "".join(part if isinstance(part, str) else _shown(self.value(part)) for part in parts)
            case Name(name):
                return self.named(name)
            case Member(of, name):
                return _member(self.value(of), name)
            case Index(of, key):
                return _indexed(self.value(of), self.value(key))
            case Call(function, arguments):
                return self._call(function, arguments)
            case Not(of):
                return not self.value(of)
            case Both(operator, left, right):
                return self._both(operator, left, right)
            case Choice(condition, then, otherwise):
                return self.value(then) if self.value(condition) else self.value(otherwise)
            case Items(items):
                return [self.value(item) for item in items]
            case Fields(fields):
                return {self.value(key): _finished(self.value(value)) for key, value in fields}
            case For():
                return list(self._each(expression))
            case If():
                raise BicepError("`if` is for resources and modules")

    def _each(self, loop: For) -> Iterator[Any]:
        for one in self.value(loop.over):
            self._known[loop.variable] = one
            yield _finished(self.value(loop.body))
            del self._known[loop.variable]

    def _both(self, operator: str, left: Expression, right: Expression) -> Any:  # noqa: ANN401
        first = self.value(left)
        match operator:
            case "&&":
                return first and self.value(right)
            case "||":
                return first or self.value(right)
            case "??":
                return self.value(right) if first is None else first
            case _:
                return (first == self.value(right)) is (operator == "==")

    def _call(self, function: str, arguments: tuple[Expression, ...]) -> Any:  # noqa: ANN401
        if function not in self.functions:
            raise BicepError(f"{self.file.name}: what does {function} do?")
        return self.functions[function](*(_finished(self.value(argument)) for argument in arguments))

    def _subscription(self, *names: str) -> Any:  # noqa: ANN401
        """Where a module goes; or, without a name, the subscription of this deployment."""
        if names:
            return Place(*names)
        subscription = self.place.subscription
        return {"id": f"/subscriptions/{subscription}", "subscriptionId": subscription}

    def _group(self, *names: str) -> Any:  # noqa: ANN401
        """Where a module goes; or, without names, the group of this deployment."""
        match names:
            case (group,):
                return Place(self.place.subscription, group)
            case (subscription, group):
                return Place(subscription, group)
            case _:
                return {"id": self.place.id, "name": self.place.group}

    def _environment(self) -> dict[str, Any]:
        manager, storage, login = CLOUDS[self.cloud]
        return {
            "name": self.cloud,
            "resourceManager": manager,
            "suffixes": {"storage": storage},
            "authentication": {"loginEndpoint": login},
        }


def _member(of: Any, name: str) -> Any:  # noqa: ANN401
    match of:
        case Resource():
            return Seen(of, name)
        case Seen(resource, path):
            return Seen(resource, f"{path}.{name}")
        case Answer():
            return of.of(name)
        case Mapping():
            if name not in of:
                raise BicepError(f"there is no {name} among {sorted(of)}")
            return of[name]
        case _:
            raise BicepError(f"{of!r} has no {name}")


def _indexed(of: Any, key: Any) -> Any:  # noqa: ANN401
    if isinstance(of, Seen):
        return Seen(of.resource, f"{of.path}[{key}]")
    return _member(of, key) if isinstance(key, str) else of[key]


def _finished(value: Any) -> Any:  # noqa: ANN401
    """The value that Azure would tell, where a path into a resource was said."""
    return value.resource.known(value.path) if isinstance(value, Seen) else value


def _shown(value: Any) -> str:  # noqa: ANN401
    value = _finished(value)
    if value is None or isinstance(value, (dict, list, Resource)):
        raise BicepError(f"{value!r} does not belong into a text")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _path(kind: str, names: tuple[str, ...]) -> str:
    provider, *kinds = kind.split("/")
    return "/".join([provider, *(f"{one}/{name}" for one, name in zip(kinds, names, strict=True))])


def _union(*parts: Any) -> Any:  # noqa: ANN401
    if isinstance(parts[0], dict):
        return {key: value for part in parts for key, value in part.items()}
    return list(dict.fromkeys(item for part in parts for item in part))


def _text(value: Any) -> str:  # noqa: ANN401
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def _subnet(network: str, prefix: int, number: int) -> str:
    return str(list(ipaddress.ip_network(network).subnets(new_prefix=prefix))[number])


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "cidrSubnet": _subnet,
    "contains": lambda among, one: one in among,
    "empty": lambda value: not value,
    "guid": lambda *parts: str(uuid.uuid5(uuid.NAMESPACE_OID, "-".join(parts))),
    "indexOf": lambda among, one: among.index(one),
    "int": int,
    "items": lambda value: [{"key": key, "value": value[key]} for key in sorted(value)],
    "join": lambda items, between: between.join(items),
    "json": json.loads,
    "length": len,
    "range": lambda start, count: list(range(start, start + count)),
    "replace": lambda text, old, new: text.replace(old, new),
    "split": lambda text, at: text.split(at),
    "string": _text,
    "toLower": lambda text: text.lower(),
    "union": _union,
    "uniqueString": lambda *parts: hashlib.sha256("-".join(parts).encode()).hexdigest()[:13],
}
