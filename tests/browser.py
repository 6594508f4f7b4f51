"""Debian's Chromium without a window, for tests that look at pages as people do."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

PROGRAMS = ("chromium", "chromedriver")
PHONE, DESK = (320, 640), (1280, 900)


def programs() -> tuple[str, str]:
    """Chromium and its driver; without them the test is skipped."""
    found = [shutil.which(each) for each in PROGRAMS]
    if None in found:
        pytest.skip("needs Chromium: apt install chromium chromium-driver")
    browser, driver = found
    return str(browser), str(driver)


class Window:
    """A browser with cookies of its own, which runs no script of any page."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def resize(self, size: tuple[int, int]) -> None:
        """As wide as that, however narrow a window may be."""
        width, height = size
        shape = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", shape)

    def open(self, address: str) -> None:
        """Goes there."""
        self.driver.get(address)

    @property
    def text(self) -> str:
        """What a person reads on the page."""
        return self.driver.find_element(By.TAG_NAME, "body").text

    @property
    def title(self) -> str:
        return self.driver.title

    @property
    def address(self) -> str:
        return self.driver.current_url

    def labelled(self, label: str) -> WebElement:
        """The field that a label of these words is for."""
        for each in self.driver.find_elements(By.TAG_NAME, "label"):
            if each.text.startswith(label):
                return self.driver.find_element(By.ID, str(each.get_attribute("for")))
        raise AssertionError(f"no label begins with {label!r}: {self.text}")

    def fill(self, **fields: str) -> None:
        """Types into fields by the beginning of their labels, underscores for spaces."""
        for label, text in fields.items():
            field = self.labelled(label.replace("_", " "))
            field.clear()
            field.send_keys(text)

    def tick(self, label: str) -> None:
        self.labelled(label).click()

    def press(self, words: str) -> None:
        """Presses the button, or follows the link, of exactly these words."""
        for each in self.driver.find_elements(By.CSS_SELECTOR, "button, a, summary"):
            if each.text == words and each.is_displayed():
                each.click()
                return
        raise AssertionError(f"nothing to press is called {words!r}: {self.text}")

    def measure(self, script: str) -> Any:
        """What our own script finds on the page, which runs none itself."""
        return self.driver.execute_script(f"return {script}")

    def picture(self, path: Path) -> None:
        """The whole page as a PNG."""
        height = self.measure("document.documentElement.scrollHeight")
        width = self.measure("document.documentElement.clientWidth")
        self.resize((width, height))
        self.driver.save_screenshot(str(path))


@contextmanager
def window(folder: Path, size: tuple[int, int] = DESK) -> Iterator[Window]:
    """A browser with a profile in that folder."""
    browser, driver = programs()
    options = ChromeOptions()
    options.binary_location = browser
    profile = folder / f"chromium-{os.urandom(4).hex()}"
    for each in ("--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                 "--disable-dev-shm-usage", "--lang=en-US", f"--user-data-dir={profile}"):  # fmt: skip
        options.add_argument(each)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # its sandbox is not for root, as whom containers run tests
    options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    made = Chrome(options=options, service=ChromeService(driver))
    try:
        opened = Window(made)
        opened.resize(size)
        yield opened
    finally:
        made.quit()
        made.command_executor.close()  # its connection to the driver
