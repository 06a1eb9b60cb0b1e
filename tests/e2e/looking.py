"""What is looked at on every page: what axe has to complain of, whether anything lies beyond the edge, and its picture."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait

from tests.conftest import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"phone": (390, 844, True), "desktop": (1280, 900, False)}
"""What a page is seen on → width and height in CSS pixels, and whether it is a phone."""


def resize(browser: Chrome, size: str) -> None:
    """See pages on a phone or on a desktop from now on."""
    width, height, mobile = SIZES[size]
    _metrics(browser, width, height, mobile)


def _metrics(browser: Chrome, width: int, height: int, mobile: bool) -> None:
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


@contextmanager
def at_night(browser: Chrome) -> Iterator[None]:
    """Within, the browser asks for dark pages."""
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def judged(browser: Chrome) -> list[str]:
    """What axe has to complain of."""
    browser.execute_script(AXE.read_text(encoding="utf-8"))
    script = "const done = arguments[0]; axe.run({resultTypes: ['violations']}).then(done, done)"
    found = browser.execute_async_script(script)
    return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]]


def width_of(browser: Chrome) -> int:
    """How wide the page is, in CSS pixels: wider than the screen where something lies beyond its edge."""
    return int(browser.execute_script("return document.documentElement.scrollWidth"))


def picture(browser: Chrome, file: Path, most: int = 2_400) -> None:
    """The whole page, or the first `most` pixels of its height, as a small file."""
    size = browser.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
    width, height = size["width"], min(size["height"], most)
    _metrics(browser, width, height, mobile=False)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    options = {"format": "webp", "quality": 50, "captureBeyondViewport": True, "clip": clip}
    file.parent.mkdir(parents=True, exist_ok=True)
    # A machine with much to do gives no picture of a long page now and then ("Unable to capture screenshot").
    taken = WebDriverWait(browser, 60, ignored_exceptions=[WebDriverException]).until(
        lambda it: it.execute_cdp_cmd("Page.captureScreenshot", options)["data"]
    )
    file.write_bytes(base64.b64decode(taken))
