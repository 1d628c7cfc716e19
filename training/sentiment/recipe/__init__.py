"""The order of a run: what the teacher says of texts, two rounds of networks, and the result of both."""
