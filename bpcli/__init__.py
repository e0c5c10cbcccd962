"""bpcli trains small sigmoid networks by manual backpropagation and shows every step of it."""

__version__ = "0.1.0"
