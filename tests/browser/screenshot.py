"""Take the README's picture from a real run: `python -m tests.browser.screenshot`."""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.steps import button, open_train, see_state
from tests.chromium import FLAGS, chromium
from tests.server import serve

PICTURE = Path(__file__).with_name("train.png")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 1180}).new_page()
        open_train(page, "CNN 16-32")
        button(page, "Train").click()
        see_state(page, "finished")
        page.mouse.move(0, 0)
        page.wait_for_timeout(3000)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
