"""How soon the playground paints, in a browser without a cache, from a service that runs already.

make serve                                                              # in another terminal
.venv/clients/browser/bin/python benchmarks/first_paint.py              # --url http://127.0.0.1:8000/ --visits 20
"""

import argparse
import shutil
import statistics
from collections.abc import Sequence

from playwright.sync_api import sync_playwright

PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the median and the range of the first contentful paint, in milliseconds."""
    parser = argparse.ArgumentParser(description="first paint of the playground")
    parser.add_argument("--url", default="http://127.0.0.1:8000/")
    parser.add_argument("--visits", type=int, default=20)
    options = parser.parse_args(arguments)
    times: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for _ in range(options.visits):
            context = browser.new_context()
            page = context.new_page()
            page.goto(options.url)
            page.wait_for_load_state("networkidle")
            times.append(page.evaluate(PAINT))
            context.close()
        browser.close()
    print(f"first paint: median {statistics.median(times):.0f} ms, from {min(times):.0f} to {max(times):.0f} ms")


if __name__ == "__main__":
    main()
