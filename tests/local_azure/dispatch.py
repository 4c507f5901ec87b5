"""What happens to every call: faults first, then the service that it is for, then the record of it."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from tests.local_azure import (
    arm,
    channels,
    cli,
    devops,
    distribution,
    event_grid,
    github,
    identity,
    issuer,
    jira,
    monitor,
    network_watcher,
    pagerduty,
    registry_access,
    registry_metadata,
    servicenow,
    support,
)
from tests.local_azure.calls import Call, RefusedError, Route
from tests.local_azure.faults import Answer, Cut, Delay
from tests.local_azure.registry_access import let_in, registry_error
from tests.local_azure.world import Recorded, World

_KEPT_BODY = 64 * 1024


@dataclass(frozen=True)
class Reply:
    """What goes back over the connection: an answer, nothing at all, or an answer broken off."""

    answer: Response | None
    broken_off: bool = False


class Dispatcher:
    """Takes calls to the services, one after the other, as one world demands; only queries run side by side."""

    def __init__(self, world: World, stopping: threading.Event) -> None:
        self._world = world
        self._stopping = stopping
        self._registry_routes = _routes(
            (*registry_access.ROUTES, *registry_metadata.ROUTES, *distribution.ROUTES)
        )
        desks = (servicenow, jira, github, pagerduty, support)
        services = (arm, monitor, identity, issuer, event_grid, channels, devops, cli)
        self._service_routes = _routes(
            route for service in (*services, *desks, network_watcher) for route in service.ROUTES
        )

    def reply(self, request: Request, https_origin: str) -> Reply:
        """Give what the client gets, having done and recorded what it asked for."""
        world = self._world
        call = Call(world, request, https_origin)
        at = world.now()
        self._wait(world.latency)
        effects = world.faults.striking(request.method, request.host, request.path)
        for effect in effects:
            if isinstance(effect, Delay) and not effect.answer_only:
                self._wait(effect.seconds)
        instead = next((effect for effect in effects if isinstance(effect, Answer)), None)
        cut = next((effect for effect in effects if isinstance(effect, Cut)), None)
        if instead is not None:
            answer = Response(instead.body, instead.code, list(instead.headers))
        elif cut is not None and not cut.carried_out:
            answer = Response(status=502)
        else:
            answer = self._answer(call)
        carried_out = instead is None and (cut is None or cut.carried_out)
        self._record(call, answer, at, carried_out=carried_out, answered=cut is None)
        for effect in effects:
            if isinstance(effect, Delay) and effect.answer_only:
                self._wait(effect.seconds)
        if cut is not None:
            return Reply(answer if cut.mid_answer else None, broken_off=cut.mid_answer)
        return Reply(answer)

    def _answer(self, call: Call) -> Response:
        host = call.request.host
        with self._world.lock:
            call.registry_or_none = self._world.registry_at(host)
        answer = self._of_registry(call) if call.registry_or_none else self._of_service(call)
        answer.headers["x-ms-correlation-request-id"] = call.correlation_id
        if call.registry_or_none:
            answer.headers.setdefault("Docker-Distribution-Api-Version", "registry/2.0")
            answer.headers["Server"] = "openresty"
        else:
            answer.headers["x-ms-request-id"] = str(uuid4())
        return answer

    def _of_registry(self, call: Call) -> Response:
        with self._world.lock:
            route: Route | None = None
            try:
                route = _find(self._registry_routes, call, call.request.path)
                call.permission = route.permission
                call.action = call.registry.azure_action(route.permission) if route.permission else None
                let_in(call)
                answer = route.handle(call)
            except RefusedError as refused:
                answer = refused.answer
            except HTTPException as unroutable:
                answer = self._unroutable(call, unroutable)
            if route is not None and route.afterwards is not None:
                route.afterwards(call, answer)
            return answer

    def _unroutable(self, call: Call, problem: HTTPException) -> Response:
        try:
            let_in(call)
        except RefusedError as refused:
            return refused.answer
        return registry_error(problem.code or 404, "UNSUPPORTED", "The operation is unsupported.")

    def _of_service(self, call: Call) -> Response:
        try:
            route = _find(self._service_routes, call, arm.usual_casing(call.request.path))
            if route.concurrent:
                return route.handle(call)
            with self._world.lock:
                return route.handle(call)
        except RefusedError as refused:
            return refused.answer
        except HTTPException as unroutable:
            message = f"The local Azure does not know {call.request.method} {call.request.path}."
            return arm.arm_error(unroutable.code or 404, "NotFound", message)

    def _record(
        self, call: Call, answer: Response, at: datetime, *, carried_out: bool, answered: bool
    ) -> None:
        request = call.request
        recorded = Recorded(
            method=request.method,
            host=request.host,
            path=request.path,
            query=request.args.to_dict(),
            status=answer.status_code,
            identity=call.caller.client_id if call.caller else None,
            action=call.action,
            body=request.get_data()[:_KEPT_BODY],
            user_agent=call.user_agent,
            at=at,
            address=call.address,
            carried_out=carried_out,
            answered=answered,
        )
        with self._world.lock:
            self._world.requests.append(recorded)

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self._stopping.wait(seconds)


def _routes(routes: Iterable[Route]) -> Map:
    rules = [Rule(route.path, methods=[route.method], endpoint=route) for route in routes]
    return Map(rules, strict_slashes=False, merge_slashes=False)


def _find(routes: Map, call: Call, path: str) -> Route:
    adapter = routes.bind("local")
    route, arguments = adapter.match(path, method=call.request.method)
    assert isinstance(route, Route), "every rule was made of a route"
    call.arguments = {name: str(value) for name, value in arguments.items()}
    return route
