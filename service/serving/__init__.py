"""Models in memory: which are loaded, which answers, in what batches. Knows no HTTP."""
