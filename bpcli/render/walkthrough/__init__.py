"""A walkthrough on a page: as text, Markdown, LaTeX or HTML. Every renderer takes the same sheet of blocks."""
