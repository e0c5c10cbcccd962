"""Many networks from one configuration: planned, trained side by side, kept so that nothing is trained twice."""
