"""What the law asks for: copies, erasing, keeping no longer than allowed, who read what."""
