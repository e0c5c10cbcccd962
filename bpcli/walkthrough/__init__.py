"""One point walked through by hand: each quantity with its formula, numbers and shape; worksheets with keys."""
