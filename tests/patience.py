"""How long tests wait for what another process or thread does."""

PATIENCE_S = 300.0  # it only bounds a wait that would never end: a slow machine must not come near it
