"""Gradient checks: numerical derivatives, the verdict, and the catalogue of mistakes."""
