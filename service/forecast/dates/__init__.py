"""When readings come: frequencies and timestamps."""
