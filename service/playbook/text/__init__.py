"""TEXT → VALUES: YAML, read strictly, every value with its place."""
