"""How the service fares: queues, failures, requests, alerts."""
