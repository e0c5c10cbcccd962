"""The symmetry demo: networks with different initial weights side by side, and every claim about them decided."""
