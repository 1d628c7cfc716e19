"""Protocols of clients that others wrote, answered by the same models and batchers as our own routes."""
