"""Every remediation there is: in each file of `remediations/acr`, the object named like the file."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from remediations import acr
from remediations.frame import Remediation


@cache
def remediations() -> tuple[Remediation, ...]:
    """All remediations, by name."""
    names = sorted(module.name for module in iter_modules(acr.__path__))
    return tuple(getattr(import_module(f"remediations.acr.{name}"), name) for name in names)
