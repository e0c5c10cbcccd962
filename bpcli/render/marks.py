"""What ``bpcli walkthrough --grade`` shows: a sheet with its mistakes explained, and a class in a line each."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bpcli.common.text import printable
from bpcli.render.mistakes import algebra
from bpcli.render.styles import ACCENT, BAD, CAUTION, GOOD
from bpcli.render.text import columns, counted, shape
from bpcli.worksheets.marks import BlankMark, EntryMark, Grade, MarkedFile, NamedMistake, Unread
from bpcli.worksheets.roster import Student

STYLES = {"right": GOOD, "follows": ACCENT, "wrong": f"bold {BAD}", "blank": CAUTION}
LARGE = 1e6
FROM_EARLIER = "expected\nfrom your\nearlier\nvalues"
CARRIED = "carried forward"


def marks(grade: Grade, notes: Sequence[str] = ()) -> RenderableType:
    """Show one sheet: what is odd, a line for each blank, each number that earns no mark below it, then mistakes."""
    table = columns(
        "blank", "yours", "right", FROM_EARLIER, "verdict", numbers=("yours", "right", FROM_EARLIER)
    )
    for blank in grade.blanks:
        table.add_row(
            Text.assemble(blank.name, (f"  {shape(blank.shape)}", "dim")),
            *_numbers(blank.entries[0], grade.digits, shown=blank.shape == () and blank.verdict != "blank"),
            Text(_in_short(blank), style=STYLES[blank.verdict]),
        )
        for entry in _told_of(blank):
            index = ",".join(map(str, entry.index))
            numbers = _numbers(entry, grade.digits, shown=True)
            table.add_row(f"  [{index}]", *numbers, Text(entry.verdict, style=STYLES[entry.verdict]))
    odd = [Text(f"note: {printable(note)}", style=STYLES["blank"]) for note in notes]
    parts: list[RenderableType] = [_headline(grade), *odd, Text(), table]
    if grade.counts()["follows"]:
        parts.append(
            Text(
                f"\n{CARRIED}: right for your earlier values (error carried forward, full mark)", style="dim"
            )
        )
    for blank in grade.blanks:
        if blank.verdict == "wrong":
            parts += [Text(), *_explained(blank)]
    return Group(*parts)


def judged(blank: BlankMark) -> RenderableType:
    """Show what one answer of a quiz is worth: its verdict, and the mistake if it is wrong."""
    if blank.verdict != "wrong":
        words = {"right": "right", "follows": f"right for your earlier values ({CARRIED})"}
        return _indented(Text(words.get(blank.verdict, blank.verdict), style=STYLES[blank.verdict]))
    right = f": {blank.marks} of {len(blank.entries)} right" if blank.marks else ""
    return _indented(Group(Text(f"wrong{right}", style=STYLES["wrong"]), *_explained(blank)))


def class_marks(
    marked: Sequence[MarkedFile], unread: Sequence[Unread] = (), absent: Sequence[Student] = ()
) -> RenderableType:
    """Show many sheets: a line each, the mistakes made most often, what is odd, and who is missing."""
    named = any(each.student for each in marked)
    who = ("student", "file") if named else ("file",)
    table = columns(*who, "marks", "mistakes", numbers=("marks",))
    for each in marked:
        source = Text(printable(each.grade.source), overflow="fold")
        student = [Text(printable(each.student or "–"), overflow="fold")] if named else []
        table.add_row(*student, source, f"{each.grade.marks}/{each.grade.total}", _summary(each))
    perfect = sum(each.grade.entirely_right for each in marked)
    parts: list[RenderableType] = [
        table,
        Text(f"\n{perfect} of {counted(len(marked), 'sheet')} entirely right"),
    ]
    for each in marked:
        parts += [
            Text(f"note: {printable(f'{each.grade.source} {note}')}", style=STYLES["blank"])
            for note in each.notes
        ]
    if unread:
        parts.append(Text(f"{counted(len(unread), 'file')} not marked:", style=STYLES["wrong"]))
        parts += [_indented(Text(printable(line))) for each in unread for line in each.message.splitlines()]
    if absent:
        names = ", ".join(printable(student.name) for student in absent)
        parts.append(Text(f"no answers from {counted(len(absent), 'student')}: {names}"))
    if often := _made_most_often([each.grade for each in marked if each.other is None]):
        parts.append(Text(f"made most often: {often}", style="dim"))
    return Group(*parts)


def _made_most_often(grades: Sequence[Grade]) -> str:
    """The mistakes with the number of sheets on which they are named, however many blanks they are made in."""
    made: Counter[str] = Counter()
    for grade in grades:
        made.update({blank.mistakes[0].kind for blank in grade.blanks if len(blank.mistakes) == 1})
    return ", ".join(f"{kind} (by {count})" for kind, count in made.most_common(5))


def _headline(grade: Grade) -> Text:
    counts = grade.counts()
    words = {"right": "right", "follows": CARRIED, "wrong": "wrong", "blank": "not answered"}
    parts = [f"{counts[verdict]} {word}" for verdict, word in words.items() if counts[verdict]]
    return Text.assemble(
        (printable(grade.source), "bold"),
        f"  {grade.marks} of {counted(grade.total, 'mark')}: {', '.join(parts)}",
    )


def _told_of(blank: BlankMark) -> list[EntryMark]:
    """The numbers of a vector or a matrix that earn no mark; none where nothing was written."""
    if blank.shape == () or all(entry.verdict == "blank" for entry in blank.entries):
        return []
    return [entry for entry in blank.entries if entry.verdict in ("wrong", "blank")]


def _in_short(blank: BlankMark) -> str:
    """The verdict on a blank; of one that is partly wrong, how many numbers are not."""
    if blank.verdict == "follows":
        return CARRIED
    if blank.verdict == "right" or blank.marks == 0:
        return blank.verdict
    return f"{blank.marks} of {len(blank.entries)}"


def _numbers(entry: EntryMark, digits: int, *, shown: bool) -> tuple[str, str, str]:
    """Yours, the right one, and the one expected from your earlier values where that differs by more than rounding."""
    if not shown:
        return "", "", ""
    differs = abs(entry.follows_from - entry.expected) > 10.0 ** (1 - digits)
    return (
        "–" if entry.answer is None else _as_written(entry.answer, digits),
        f"{entry.expected:.{digits}f}",
        f"{entry.follows_from:.{digits}f}" if differs and entry.verdict != "right" else "",
    )


def _as_written(answer: float, digits: int) -> str:
    """An answer with as many digits as were asked for, or more where there are more; large ones in short."""
    if abs(answer) < LARGE and round(answer, digits) == answer:
        return f"{answer:.{digits}f}"
    return f"{answer:.{max(digits, 6)}g}"


def _explained(blank: BlankMark) -> list[RenderableType]:
    """The mistake of a blank with its algebra and its fix; several that fit in a line each."""
    if not blank.mistakes:
        return [
            Text.assemble(("unknown", STYLES["wrong"]), (f"  in {blank.name}", "dim")),
            _indented("None of the mistakes that bpcli knows explains these values; check the calculation."),
        ]
    if len(blank.mistakes) == 1:
        (named,) = blank.mistakes
        parts: list[RenderableType] = [_title(named, blank.name)]
        if not named.applies:
            return parts
        if named.mistake and blank.name.startswith("loss"):  # its algebra is that of the gradient
            parts.append(_indented(named.mistake.explanation))
        elif named.mistake:
            parts.append(algebra(named.mistake, "wrong"))
        return parts
    return [
        Text.assemble(
            ("one of these", STYLES["wrong"]), (f"  in {blank.name}; the values fit each of them", "dim")
        ),
        *(_indented(_title(named, blank.name, where=False)) for named in blank.mistakes),
    ]


def _indented(text: RenderableType) -> RenderableType:
    return Padding(text, (0, 0, 0, 2))


def _title(named: NamedMistake, blank: str, *, where: bool = True) -> Text:
    place = f"  in {blank}" if where else ""
    if named.made_in != blank:
        place += f"  through {named.made_in}, which was left out"
    if named.id is None:
        return Text.assemble((named.words, STYLES["wrong"]), (place, "dim"))
    return Text.assemble((named.id, STYLES["wrong"]), (f"{place}: {named.words}", "dim"))


def _summary(marked: MarkedFile) -> str:
    """The mistakes of a sheet by name, and how many numbers are missing."""
    missing = marked.grade.counts()["blank"]
    return "; ".join([*marked.mistakes(), *([f"{missing} not answered"] if missing else [])]) or "–"
