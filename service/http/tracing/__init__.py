"""Traces of OpenTelemetry: what comes in, what is noted of a request, and what goes out to a collector."""
