"""Training: optimisers, schedules, the loop, and the folder that keeps a run."""
