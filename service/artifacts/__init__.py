"""One model version on disk, a module a file of it."""
