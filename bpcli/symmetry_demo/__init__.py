"""The symmetry demo: networks with different first weights side by side, and every claim about them decided."""
