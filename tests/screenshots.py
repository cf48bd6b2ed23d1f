"""`./run screenshots [DIR]`: every page in both themes, and on a phone, with a day of demo data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize

from tests.browsers import chromium
from tests.dashboard_pages import each_page, sign_in
from tests.e2e.service import ROOT, Service, service_of_its_own

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
LOOKS = {"light": ("light", DESK), "dark": ("dark", DESK), "phone": ("light", PHONE)}


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with service_of_its_own() as service:
        service.up()
        environment = {**os.environ, "TALKHUB_HOME": str(service.home), "PORT": str(service.port)}
        demo = [sys.executable, "-m", "talkhub.cli", "demo"]
        subprocess.run(demo, cwd=ROOT, env=environment, check=True)
        with chromium() as browser:
            for look in LOOKS:
                photograph(browser, service, look, folder)


def photograph(browser: Browser, service: Service, look: str, folder: Path) -> None:
    theme, viewport = LOOKS[look]
    page = browser.new_page(
        locale="pt-BR", color_scheme=theme, viewport=viewport, reduced_motion="reduce"
    )
    page.on("console", lambda said: print(look, said.type, said.text))
    sign_in(page, service.url, service.secret("ADMIN_PASSWORD"))
    for name in each_page(page, service.url):
        page.screenshot(path=folder / f"{name}-{look}.png", full_page=viewport is PHONE)
        print(folder / f"{name}-{look}.png")
    page.close()


if __name__ == "__main__":
    main()
