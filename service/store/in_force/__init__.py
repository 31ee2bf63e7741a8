"""What this process decides by: documents read, made ready and changed all at once."""
