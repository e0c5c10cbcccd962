"""What every room may use: errors, atomic files, text formatting, JSON numbers."""
