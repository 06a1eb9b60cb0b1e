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


def look_closely(browser: Chrome) -> None:
    """On the narrowest of screens, letters twice as large: 200 % at 320 CSS pixels (WCAG 2.2, 1.4.4 and 1.4.10 together)."""
    _metrics(browser, 320, 640, mobile=False)
    browser.execute_script("document.documentElement.style.fontSize = '200%'")


def beyond_the_edge(browser: Chrome) -> list[str]:
    """What lies right of the screen's edge, but for what scrolls by itself and what nobody sees."""
    found: list[str] = browser.execute_script(
        "return [...document.querySelectorAll('body *')]"
        ".filter((each) => !each.closest('.scrolled, pre, .unseen, svg')"
        " && each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)"
        ".map((each) => `${each.tagName} ${each.className}: ${each.textContent.trim().slice(0, 30)}`)"
    )
    return found


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


def picture(browser: Chrome, file: Path, size: str, most: int = 2_400) -> None:
    """The whole page as wide as it is on a phone or a desktop, or the first `most` pixels of its height, as a small file."""
    width, _, _ = SIZES[size]
    # A page that has only begun is as wide on a phone as on a desktop.
    WebDriverWait(browser, 60).until(lambda it: it.execute_script("return innerWidth") == width)
    browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
    height = min(browser.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]["height"], most)
    _metrics(browser, width, height, mobile=False)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    options = {"format": "webp", "quality": 50, "captureBeyondViewport": True, "clip": clip}
    file.parent.mkdir(parents=True, exist_ok=True)
    # A machine with much to do gives no picture of a long page now and then ("Unable to capture screenshot").
    taken = WebDriverWait(browser, 60, ignored_exceptions=[WebDriverException]).until(
        lambda it: it.execute_cdp_cmd("Page.captureScreenshot", options)["data"]
    )
    shown = base64.b64decode(taken)
    file.write_bytes(shown)
    assert width_of_picture(shown) == width
    assert len(shown) < 150_000


def width_of_picture(webp: bytes) -> int:
    """How wide a picture is, in pixels, by its header (RFC 9649, 2.7)."""
    assert webp[8:16] == b"WEBPVP8X", webp[8:16]
    return 1 + int.from_bytes(webp[24:27], "little")
