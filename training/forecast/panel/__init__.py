"""Several series in one file: one network over all of them, ranked per series and together."""
