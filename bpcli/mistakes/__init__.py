"""The catalogue of wrong gradients, and what each mistake makes of the backward pass."""
