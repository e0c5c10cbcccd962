"""Worksheets: drawing their numbers, reading what was filled in, marking it."""
