"""One point by hand: its forward and backward pass step by step, worksheets of it, and their marks."""
