"""From scored rows to the bytes of a file. Every encoder makes bytes that can be put one after another."""
