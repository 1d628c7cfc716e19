"""What `helm test` asks: whether the service is ready, and whether it answers a request."""

import os
import ssl
import sys
import urllib.error
import urllib.request
from pathlib import Path

SECONDS = 30
# whether the service answers, not who it is: its certificate is for other names
ANYBODY = ssl._create_unverified_context()


def ask(path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, str]:
    """Return the status and the beginning of the response."""
    request = urllib.request.Request(os.environ["URL"] + path, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS, context=ANYBODY) as response:
            return response.status, response.read(500).decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read(500).decode()


def main() -> int:
    """Return the exit status: 0 if all is well."""
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get("KEY_FILE"):
        headers["Authorization"] = "Bearer " + Path(key).read_text().strip()
    asks_for_keys = os.environ["ASKS_FOR_KEYS"] == "yes" and not key
    questions = [("/readyz", None, [200])]
    questions.append(
        (os.environ["REQUEST_PATH"], os.environ["REQUEST_BODY"].encode(), [401] if asks_for_keys else [200])
    )
    for path, body, expected in questions:
        try:
            status, text = ask(path, body, headers)
        except OSError as error:
            status, text = 0, f"{error!r}"
        print(f"{path}: {status} {text}")
        if status not in expected:
            print(f"FAILED: expected the status {expected[0]}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
