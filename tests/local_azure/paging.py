"""Pages of names, with the `Link` header by which a registry says that there are more."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from tests.local_azure.calls import Call


def page(call: Call, names: Iterable[str], default_size: int = 100) -> tuple[list[str], dict[str, str]]:
    """Give the page that `n` and `last` ask for, of names in their given order, and the header for the next one."""
    everything = list(names)
    last = call.request.args.get("last", "")
    if last:
        after = everything.index(last) + 1 if last in everything else _insertion(everything, last)
        everything = everything[after:]
    size = int(call.request.args.get("n") or default_size)
    shown = everything[:size]
    if len(everything) <= size:
        return shown, {}
    query = {"last": shown[-1], "n": str(size)}
    if "orderby" in call.request.args:
        query["orderby"] = call.request.args["orderby"]
    return shown, {"Link": f'<{quote(call.request.path)}?{urlencode(query)}>; rel="next"'}


def _insertion(names: list[str], last: str) -> int:
    return sum(1 for name in names if name <= last)
