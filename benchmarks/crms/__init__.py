"""CRMs that follow the documented contracts, and misbehave: for tests and for `./run soak crm`."""
