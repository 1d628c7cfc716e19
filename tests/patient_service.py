"""`python -m service` with all the time that a slow machine takes for the end, where the last spans and lines are waited for."""

import sys

from service import app, line_writer
from service.__main__ import main
from service.http import server
from tests.patience import PATIENCE_S

if __name__ == "__main__":
    for module, name in ((app, "CLOSE_SECONDS"), (server, "TRACES_SECONDS"), (server, "WATCHDOG_SECONDS")):
        setattr(module, name, PATIENCE_S)
    line_writer.LineWriter.close.__defaults__ = (PATIENCE_S,)
    sys.exit(main(sys.argv[1:]))
