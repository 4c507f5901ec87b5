"""Words in, a page for a browser out, with headers that forbid everything that the page does not need."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from remediations.plain import one_line, plain

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup


@dataclass(frozen=True)
class Page:
    """What the browser gets."""

    status: int
    html: str
    headers: Mapping[str, str]


def page(template: str, status: int, title: str, words: Mapping[str, object], *, forms: bool = False) -> Page:
    """The page of that template, with the style of the same name. Only a page that says so may post a form."""
    found, style = _template(template)
    html = found.render({"title": one_line(title), "style": style, **words})
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = _CSP.format(style=digest, forms="'self'" if forms else "'none'")
    return Page(status, html, _HEADERS | {"Content-Security-Policy": policy})


_CSP: Final = (
    "default-src 'none'; style-src 'sha256-{style}'; form-action {forms}; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    # Not `no-referrer`: that makes browsers post forms with `Origin: null`, and App Service authentication answers
    # 403 to a POST of a browser with neither a referrer nor an origin that it knows
    # (https://learn.microsoft.com/azure/app-service/overview-authentication-authorization, "Cross-site request
    # forgery mitigation"; https://github.com/phpmyadmin/phpmyadmin/issues/17240). No other site learns anything.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


@cache
def _environment() -> "jinja2.Environment":
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("remediations"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_nothing_hides,
    )


def _nothing_hides(value: object) -> object:
    """Whatever a template prints, without characters that hide, move or turn around. Markup is ours."""
    return plain(value) if type(value) is str else value


@cache
def _template(name: str) -> "tuple[jinja2.Template, Markup]":
    """The page, and its style exactly as it stands in it: the browser is told the digest of that."""
    from markupsafe import Markup

    environment = _environment()
    assert environment.loader
    style, _, _ = environment.loader.get_source(environment, f"{name.partition('_')[0]}.css")
    return environment.get_template(f"{name}.html"), Markup(style)  # noqa: S704 - a file of ours
