"""YAML text to values with their places; every syntax error in plain words."""
