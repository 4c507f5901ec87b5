"""The messages that the Functions host and its worker exchange, as Microsoft compiled them."""

import importlib
import importlib.metadata
import importlib.util
import sys
from pathlib import Path
from typing import Any

type Message = Any  # protobuf's generated classes have no types of their own

_WHEEL = "azure-functions-runtime-v1"
_INIT = "tests/protos/__init__.py"
_NAME = "functions_rpc"

# The wheel's own __init__ leaves these out, and the worker asks for them.
_LEFT_OUT = ("CollectionBytes", "CollectionString", "RetryContext", "RpcTraceContext")


def _load() -> Message:
    """What the wheel installs as a part of a top-level `tests`, under a name that is free here."""
    if _NAME in sys.modules:
        return sys.modules[_NAME]
    shipped = importlib.metadata.files(_WHEEL) or []
    init = Path(str(next(file.locate() for file in shipped if file.as_posix() == _INIT)))
    spec = importlib.util.spec_from_file_location(_NAME, init, submodule_search_locations=[str(init.parent)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{_WHEEL} no longer ships {_INIT}")
    package = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = package
    spec.loader.exec_module(package)
    compiled = importlib.import_module(f"{_NAME}.FunctionRpc_pb2")
    for name in _LEFT_OUT:
        setattr(package, name, getattr(compiled, name))
    return package


P: Message = _load()


def over_the_wire(message: Message) -> Message:
    """The message as the other side would read it: only what protobuf can carry arrives."""
    return type(message).FromString(message.SerializeToString())
