"""What other people's programs call things, which way round they hold them, and how to find that out by trying.

Needs NumPy alone and imports its own modules relatively: the worker of a submission loads this room by its path, so
that its process costs no more than importing NumPy.
"""
