"""An option that takes several files, as a shell writes them out for ``--against work/*.py``."""

from typing import Any, ClassVar

from typer.core import TyperCommand


class VariadicFiles(TyperCommand):
    """Lets ``option`` take every file after it that ends in one of ``endings``."""

    option: ClassVar[str]
    endings: ClassVar[tuple[str, ...]]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option before each such file that follows it; anything else ends the list."""
        spread: list[str] = []
        listing = False
        for word in args:
            if word == self.option or word.startswith(f"{self.option}="):
                listing = True
            elif listing and spread[-1] != self.option:
                listing = word.lower().endswith(self.endings)
                spread += [self.option] if listing else []
            spread.append(word)
        return super().parse_args(ctx, spread)
