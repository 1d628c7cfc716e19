"""HTTP: bytes in, bytes out. Knows no numpy."""
