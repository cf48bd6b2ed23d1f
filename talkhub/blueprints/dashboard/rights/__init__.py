"""What the law gives people and asks of us: copies, erasing, consents, retention, the trail."""
