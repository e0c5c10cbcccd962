"""Results as rich renderables: no mathematics, no printing."""
