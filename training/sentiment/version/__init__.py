"""A result becomes a version on disk: its card, its golden answers, and the export."""
