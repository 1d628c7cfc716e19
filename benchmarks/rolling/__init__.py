"""Three replicas behind HAProxy, replaced one by one under load: no request that a caller waits for may be lost."""
