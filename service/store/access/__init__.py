"""Who may call, how often, and who changed what."""
