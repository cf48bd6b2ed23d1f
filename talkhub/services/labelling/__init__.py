"""What conversations are about: found, corrected, learned of a workspace's own, acted on."""
