"""Every feature of YAML, well and badly written: the file is read, or refused with one message."""

from pathlib import Path

from tests.torturing.running import MIB_OF_SETTINGS, Figure, command

MIB = 1 << 20
_BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
_TEXT = "seed: 1\nmodel:\n  hidden: [3]\n"

CASES: tuple[str | bytes, ...] = (
    # anchors, aliases, merge keys
    "seed: &s 1\n", "seed: &s 1\nmodel: {hidden: [*s]}\n", "a: *none\n", "a: &a\n  b: *a\n", "&a a: 1\n",
    "&a &b c: 1\n",
    "base: &b {epochs: 2}\ntraining:\n  <<: *b\n", "training: {<<: {epochs: 2}}\n", "<<: [1, 2]\n", "- &a\n- *a\n",
    "& : 1\n",
    "*a : 1\n", "a: &é 1\n", _BOMB,
    # tags
    "seed: !!int 1\n", "seed: !!str 1\n", "seed: !int 1\n", "seed: !<tag:yaml.org,2002:int> 1\n", "!!map {seed: 1}\n",
    "! a\n",
    "seed: !!python/object/apply:os.system ['x']\n", "seed: !!binary aGVsbG8=\n", "!!set {a, b}\n", "!!omap [a: 1]\n",
    "seed: !!float x\n", "seed: !!timestamp 2001-01-01\n", "seed: !e!x 1\n", "seed: !<> 1\n", "seed: !!null ''\n",
    "seed: !!bool x\n",
    # scalars: plain, quoted, blocks
    "seed: |\n  1\n", "seed: >\n  1\n  2\n", "seed: |+\n  1\n\n\n", "seed: >-2\n    1\n", "seed: |0\n 1\n",
    "seed: |9\n 1\n",
    "seed: |\n\t1\n", "seed: '1'\n", "seed: 'it''s'\n", 'seed: "\\x41\\u263a\\U0001F600"\n', 'seed: "\\q"\n',
    'seed: "a\\\n  b"\n',
    "seed: 'open\n", 'seed: "open\n', "seed: a\n  b\n  c\n", "seed: a # b\n", "seed: a#b\n", "seed: @a\n",
    "seed: `a`\n", "seed: %a\n",
    "seed: 0x1F\n", "seed: 0o17\n", "seed: 017\n", "seed: 0b11\n", "seed: 1_000\n", "seed: 1:30:00\n", "seed: 1e3\n",
    "seed: .inf\n",
    "seed: -.INF\n", "seed: .NaN\n", "seed: ~\n", "seed: null\n", "seed:\n", "seed: yes\n", "seed: on\n",
    "seed: +1\n", "seed: -0\n",
    "seed: 2001-12-14t21:59:43.10-05:00\n", f"seed: {'9' * 5000}\n", f"seed: 0x{'f' * 5000}\n", "seed: 1e999999999\n",
    "seed: =\n",
    "model: {hidden: '3'}\n", "model: {hidden: |\n  3\n}\n",
    # flow
    "{seed: 1}\n", "{seed: 1,}\n", "{seed: 1,,}\n", "{,}\n", "[1, 2\n", "{a: 1\n", "]\n", "}\n", "{a}\n",
    "{? a : b}\n", "{? a}\n", "[a: b]\n",
    "[? a : b]\n", '{"seed":1}\n', "{seed:1}\n", "{a: [}\n", "[a]: 1\n", "{a: b}: 1\n", "model: {hidden: [3, [4]]}\n",
    "[" * 2000,
    "{a: " * 2000, "- " * 2000, "? " * 2000, "[" * 15 + "]" * 15, "model: {\nhidden: [3]\n}\n",
    "model: { # c\n hidden: [3] }\n", "[-1]\n", "[-]\n",
    # block structure and indentation
    "- a\n- b\n", "-\n- \n", "- - a\n  - b\n", "a: - b\n", "a:\n- b\n", "a:\n - b\n- c\n",
    "model:\n hidden: [3]\n  bias: true\n", " seed: 1\n",
    "  seed: 1\nmodel: {}\n", "model:\nhidden: [3]\n", "model:\n\thidden: [3]\n", "\tseed: 1\n", "seed:\t1\n",
    "seed: 1\t\n", "seed: 1 \n\n\n",
    "model:\n    hidden:\n      - 3\n      - 4\n", "a: b: c\n", "a: 1\n b: 2\n", "? seed\n: 1\n", "? [a]\n: 1\n",
    "? |\n  seed\n: 1\n", "?\n", ": 1\n", ":\n",
    # keys
    "seed: 1\nseed: 2\n", "model: {bias: true, bias: false}\n", "1: 2\n", "1.5: 2\n", "true: 1\n", "null: 1\n",
    "~: 1\n", "'': 1\n", '"seed": 1\n',
    "seed : 1\n", "Seed: 1\n", "sed: 1\n", "training.epochs: 2\n", "2001-01-01: 1\n", "\u202eseed: 1\n",
    "s\u00e9ed: 1\n", "k" * 2000 + ": 1\n",
    "? " + "k" * 2000 + "\n: 1\n", "\U0001f600: 1\n", "a\u0085b: 1\n", "a\u2028b: 1\n", '"\\u001b[2J": 1\n',
    # documents, directives, comments
    "", "\n\n", "# nothing\n", "---\n", "--- \nseed: 1\n", "---\nseed: 1\n...\n", "seed: 1\n---\nseed: 2\n",
    "---\n---\n", "...\n", "seed: 1\n...\nx\n",
    "%YAML 1.2\n---\nseed: 1\n", "%YAML 1.1\n---\nseed: 1\n", "%YAML 3.0\n---\nseed: 1\n",
    "%YAML 1.2\n%YAML 1.2\n---\n", "%TAG ! x\n---\n", "%YAML x\n---\n",
    "%TAG !e! tag:e,2000:\n---\nseed: !e!x 1\n", "%FOO bar\n---\nseed: 1\n", "%YAML 1.2\nseed: 1\n", "--- seed\n",
    "--- |\n x\n", "--- {seed: 1}\n",
    "seed: 1 #\n", "#" * 3000 + "\n", "text\n", "42\n", "'x'\n", "null\n", "!!null\n",
    # encodings and what is no text
    "\ufeffseed: 1\n", "seed: \ufeff1\n", _TEXT.encode("utf-16"), _TEXT.encode("utf-16-le"),
    _TEXT.encode("utf-16-be"), _TEXT.encode("utf-32"),
    _TEXT.encode("utf-16") + b"x", b"\xff\xfe", b"\xfe\xff", b"seed: \xff\n", b"seed: \xe9\n",
    b"seed: \xed\xa0\x80\n", b"seed: \xc0\x80\n", b"\0", b"seed: 1\0\n",
    b"seed: \x1b[2J\n", b"\x1b[2J: 1\n", b"seed: \x7f\n", b"seed: \x80\n", b"seed: 1\r\n", b"seed: 1\rmodel: {}\r",
    b"\x1f\x8b\x08\0", b"PK\3\4",
    b"seed: 1\n" * 9000, b"x" * 70000, b"seed: '" + b"\n" * 60000, b" " * 60000, b"- a\n" * 15000,
    b"[" + b"a," * 30000 + b"]",
    b"".join(b"k%d: 1\n" % n for n in range(8000)), b"a: {" + b"b: {" * 30 + b"}" * 31 + b"\n",
)  # fmt: skip


def yaml_features(folder: Path, every: int = 1) -> Figure:
    """Let ``config check`` and ``walkthrough --grade`` read each: exit 0 or 2, one message, little memory."""
    figure = Figure("every feature of YAML, as a configuration and as answers")
    for text in CASES[::every]:
        content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        (folder / "c.yaml").write_bytes(content)
        for words in (("config", "check", "c.yaml"), ("walkthrough", "--grade", "c.yaml")):
            found = command(folder, *words)
            lines = found.err.splitlines()
            first = lines[0].removeprefix("error: ") if lines else ""
            several = first.endswith(" problems") and first.partition(" ")[0] == str(len(lines) - 1)
            messages = sum(line.startswith("error: ") for line in lines)
            wrong = found.broken
            if not wrong and (found.code not in {0, 2} or messages != (found.code == 2)):
                wrong = f"exit {found.code}, {messages} messages: {found.err[:200]}"
            elif not wrong and len(lines) > 1 and not several:
                wrong = f"more than one message: {found.err[:200]}"
            elif not wrong and not all(map(str.isprintable, lines)):
                wrong = f"not printable: {found.err[:200]!r}"
            elif not wrong and found.peak > MIB_OF_SETTINGS * MIB:
                wrong = f"{found.peak / MIB:.0f} MiB"
            figure.add(f"{words[0]} {content[:60]!r}: {wrong}" if wrong else "", f"exit {found.code}")
    return figure
