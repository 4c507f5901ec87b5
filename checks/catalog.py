"""Every check there is: in each file of `checks/acr`, the object named like the file."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from checks import acr
from checks.frame import Check


@cache
def checks() -> tuple[Check, ...]:
    """All checks, by name."""
    names = sorted(module.name for module in iter_modules(acr.__path__))
    return tuple(getattr(import_module(f"checks.acr.{name}"), name) for name in names)
