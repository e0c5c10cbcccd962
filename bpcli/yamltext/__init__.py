"""Reads YAML text into values with their places; every syntax error is reported in plain words."""
