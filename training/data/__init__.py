"""Series and texts: read from a file or fetched, checked, and audited."""
