"""People: their profiles, what is known of them, the ids that are theirs, who was erased."""
