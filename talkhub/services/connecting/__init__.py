"""A workspace's CRMs: connected, given rules, told, and heard."""
