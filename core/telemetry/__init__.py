"""What the shop tells of itself beside its counters: statements, the pool, each request's line."""
