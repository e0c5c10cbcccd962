"""The style sheet of a walkthrough's HTML: light and dark on the screen, black on white on A4."""

STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1b1b1f; --soft: #5c6068; --line: #b8bcc4; --answer: #0a6b3d; --paper: #fff;
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6ea; --soft: #a2a7b0; --line: #6a707a; --answer: #7ddfa8; --paper: #17181c; }
}
body {
  color: var(--ink); background: var(--paper);
  font: 16px/1.5 "DejaVu Serif", Georgia, "Times New Roman", serif;
  max-width: 58rem; margin: 2rem auto; padding: 0 1rem;
}
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 1.8rem 0 .4rem; break-after: avoid; break-inside: avoid; }
p { margin: .5rem 0; }
sub, sup { font-size: .72em; line-height: 0; }
.subtitle, .shape, th, code { color: var(--soft); }
code { font-size: .75rem; margin-left: .8rem; }
.question { font-style: italic; }
.question, h2 + p, p:has(+ .equation, + .set, + .scroll, + svg) { break-after: avoid; }
.room { display: flex; flex-wrap: wrap; align-items: flex-end; break-inside: avoid; }
.line { flex: 1 0 60%; height: 1.8rem; border-bottom: 1px solid var(--line); }
.line + .line { flex-basis: 100%; }
.question { break-inside: avoid; }
.name { margin: 1rem 0; }
.name span { display: inline-block; width: 20rem; border-bottom: 1px solid; }

.equation {
  display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .45rem; margin: .5rem 0 .5rem 1rem;
  padding-bottom: .1rem; overflow-x: auto;
}
.between-labels { row-gap: 1.7rem; }
.between-shapes { row-gap: 2.8rem; }
.below-labels { padding-bottom: 1.5rem; }
.below-shapes { padding-bottom: 2.6rem; }
.equation, .piece, .table, tr, .graph { break-inside: avoid; }
.givens { gap: .6rem 1.4rem; break-inside: auto; }
.formula { white-space: nowrap; }
@media (max-width: 40rem) { .formula { white-space: normal; } }
.comma { margin-left: -.4rem; }
.givens .piece > span { white-space: nowrap; }
.piece { display: inline-flex; align-items: center; gap: .45rem; }
.factor { display: inline-grid; justify-items: center; }
.under {
  height: 0; justify-self: stretch; font-size: .78rem; line-height: 1.2; text-align: center; color: var(--soft);
}
.under::before {
  content: ""; display: block; height: .3rem; margin: .15rem .1rem .1rem;
  border: 1px solid var(--soft); border-top: 0; border-radius: 0 0 .3rem .3rem;
}
.matrix { position: relative; border-spacing: 0; font-variant-numeric: tabular-nums; }
.matrix::before, .matrix::after {
  content: ""; position: absolute; top: 0; bottom: 0; width: .3rem; border: 1.5px solid;
}
.matrix::before { left: 0; border-right: 0; }
.matrix::after { right: 0; border-left: 0; }
.matrix td { padding: .05rem .5rem; text-align: right; white-space: nowrap; }
.derivation { column-gap: .8rem; }
.equation span { white-space: nowrap; }
.matrix td.row { text-align: center; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.answer { color: var(--answer); font-weight: 600; }
.omitted { visibility: hidden; }
.set { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem 1.4rem; margin: .5rem 0; }
.set > .table { align-self: flex-start; }
.stack { flex: none; max-width: 100%; break-inside: avoid; }
.stack .equation { margin: 0; }
.stack .equation + .equation { margin-top: .35rem; }
.named { display: inline-grid; justify-items: end; line-height: 1.4; }
.named code { margin: 0; font-size: .68rem; height: 0; }
.blank { display: inline-block; min-width: 3.8rem; height: 1.5rem; border-bottom: 1px solid; }
.narrow .blank { min-width: 3.2rem; }
.blank.formula { min-width: 8.5rem; }

.table { border-collapse: collapse; margin: .6rem 0 .6rem 1rem; }
.table th { text-align: left; font-weight: normal; }
.table th, .table td {
  padding: .15rem 1.2rem .15rem 0; border-bottom: 1px solid var(--line); vertical-align: top;
}
.scroll { overflow-x: auto; }
.table td:not(:last-child) { white-space: nowrap; }
.table .empty { min-width: 6rem; }

svg { max-width: 100%; height: auto; display: block; margin: .6rem 0; font-size: 13px; fill: var(--ink); }
svg rect { fill: none; stroke: var(--line); stroke-width: 1.3; }
svg .known { stroke-dasharray: 4 3; }
svg path { stroke: var(--ink); stroke-width: 1.3; fill: none; }
svg .symbol { font-style: italic; }
svg .number { text-anchor: end; }
svg .label { text-anchor: middle; font-style: italic; font-size: 12px; }
svg .beside { text-anchor: end; }

@page { size: A4; margin: 12mm 15mm; }
@media print {
  :root { color-scheme: light; }
  :root { --ink: #000; --soft: #333; --line: #777; --answer: #000; --paper: #fff; }
  html { font-size: 13px; }
  article + article { break-before: page; }
  .worksheet section { break-inside: avoid; }
  body { font-size: 9.5pt; margin: 0; padding: 0; max-width: none; }
  h2 { margin-top: .9rem; }
  .worksheet p { margin: .25rem 0; }
  .worksheet .table td { padding-top: .05rem; padding-bottom: .05rem; }
  .worksheet .blank { height: 1.35rem; }
  .equation, .scroll { overflow: visible; }
  .matrix td { padding: .05rem .28rem; }
  .set { gap: .5rem 1.2rem; margin: .3rem 0; }
  .set .table { margin: .2rem 1.5rem .2rem 0; }
  svg { max-width: 180mm; margin: .2rem 0; }
  .worksheet svg { max-width: 165mm; }
}
"""
