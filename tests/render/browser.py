"""A real Chromium, driven over its pipe: what it shows, what it complains about, and where its focus goes.

    with Browser(chromium()) as browser:
        browser.open(url, width=360, dark=True)
        assert browser.complaints == []

The DevTools protocol's messages end with a zero byte, on file descriptors 3 and 4:
https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
QUIET: Final = (
    "--headless=new",
    "--no-sandbox",  # as root in a container it has no other way to start
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """The browser of this machine, if it has one."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


class Browser:
    """One browser with one tab."""

    def __init__(self, browser: str) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        command = [browser, *QUIET, "--remote-debugging-pipe", f"--user-data-dir={self._profile.name}"]
        # Only a shell hands file descriptors on under other numbers.
        script = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self._process = subprocess.Popen(
            ["bash", "-c", script, "bash", *command, "about:blank"],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._unread = b""
        self._last = 0
        self._heard: set[str] = set()
        self._session = ""
        self.complaints: list[str] = []

    def __enter__(self) -> Self:
        targets = self._ask("Target.getTargets")["targetInfos"]
        tab = next(target["targetId"] for target in targets if target["type"] == "page")
        self._session = self._ask("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)
        os.close(self._in)
        os.close(self._out)
        self._profile.cleanup()

    def open(
        self, url: str, *, width: int, height: int = 900, dark: bool = False, headers: Mapping[str, str] = {}
    ) -> None:
        """Show a page in a window of that width, as a phone shows it if it is narrow."""
        self.complaints.clear()
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", features=[scheme])
        self._ask("Network.setExtraHTTPHeaders", headers=dict(headers))
        self._heard.clear()
        self._ask("Page.navigate", url=url)
        while "Page.loadEventFired" not in self._heard:
            self._next()

    def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - any JSON
        """What an expression is on the page. The protocol is not bound by the page's own policy."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press a key, and type its text if it has one."""
        named = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self._ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **named)
        self._ask("Input.dispatchKeyEvent", type="keyUp", **named)

    def picture(self, to: Path, *, height: int | None = None) -> Path:
        """A picture of the whole page, or of its upper part."""
        size = self._ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {
            "x": 0,
            "y": 0,
            "width": size["width"],
            "height": min(height or size["height"], size["height"]),
            "scale": 1,
        }
        answer = self._ask("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        to.write_bytes(base64.b64decode(answer["data"]))
        return to

    def _ask(self, method: str, **parameters: object) -> dict[str, Any]:
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (heard := self._next()).get("id") != self._last:
            pass
        if "error" in heard:
            raise RuntimeError(f"{method}: {heard['error']}")
        result: dict[str, Any] = heard["result"]
        return result

    def _next(self) -> dict[str, Any]:
        """The next message. What the page complains about is kept."""
        while b"\0" not in self._unread:
            more = os.read(self._in, 1 << 20)
            if not more:
                raise RuntimeError("the browser has gone")
            self._unread += more
        text, _, self._unread = self._unread.partition(b"\0")
        heard: dict[str, Any] = json.loads(text)
        self._heard.add(str(heard.get("method")))
        match heard:
            case {"method": "Log.entryAdded", "params": {"entry": {"text": said}}}:
                self.complaints.append(str(said))
            case {"method": "Runtime.consoleAPICalled" | "Runtime.exceptionThrown"}:
                self.complaints.append(str(heard["params"]))
            case _:
                pass
        return heard
