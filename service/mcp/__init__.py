"""The Model Context Protocol: tools for assistants, on standard input and output. They answer as the HTTP routes do."""
