"""Bounds of what a run over a file holds in memory at once. None depends on the size of the file."""

ROW_BYTES = 1 << 20  # of one line, and of one field of CSV
ROWS = 1000  # of one batch
BATCH_BYTES = 4 << 20  # about; a batch is closed when it has as much
READINGS = 60_000  # of the series of one batch, where a row is a reading
SERIES_READINGS = 10_000  # of one series; a longer one is answered with an error
COLUMNS = 10_000
OUTSTANDING = 2  # batches that a worker is given at once: one that it scores, and the next
AHEAD = 4  # batches for each worker that are read and not yet written
