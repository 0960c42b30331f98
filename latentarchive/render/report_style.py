"""What the page of a report adds to the house style: findings, pictures, tables; quiet in the dark and on paper."""

STYLE = """
:root { --first: #9a4a26; --second: #2a6b96; --third: #66801c; --fourth: #7b55a0; }
@media (prefers-color-scheme: dark) {
  :root { --first: #d98a63; --second: #6fb0dc; --third: #a9c25a; --fourth: #b797d8; }
}
body { max-width: 56rem; overflow-wrap: anywhere; }
header { border: 0; margin-bottom: 0; }
h2 { border-top: 1px solid var(--line); margin-top: 3.5rem; padding-top: 1.25rem; font-size: 1.35rem; }
h3 { color: var(--quiet); font-size: .9rem; font-weight: 400; margin: 2.5rem 0 .5rem; overflow-wrap: anywhere; }
.lead { font-size: 1.1rem; max-width: 44rem; }
article { margin: 0 0 1.75rem; max-width: 44rem; break-inside: avoid-page; }
.sentence { font-size: 1.08rem; }
.outcome { font-size: .8rem; font-variant: all-small-caps; letter-spacing: .06em; margin: 0; }
article.fail { border-left: 3px solid var(--first); padding-left: .9rem; }
article.fail .outcome, .summary .fail { color: var(--first); }
article.skip { margin-bottom: .5rem; }
article.skip .sentence { color: var(--quiet); font-size: 1rem; font-style: italic; }
.notes { color: var(--quiet); font-size: .9rem; margin: .3rem 0; padding-left: 1.1rem; }
.facts { color: var(--quiet); font-size: .9rem; font-variant-numeric: tabular-nums; }
.facts data { border-bottom: 1px dotted var(--quiet); }
figure.picture { margin: 1rem 0 .5rem; break-inside: avoid; }
.chart { display: block; overflow: visible; }
.chart.square { max-width: 22rem; }
.chart text { fill: var(--ink); font: 13px/1 system-ui, sans-serif; }
.chart .v { fill: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; }
.chart .halo { paint-order: stroke; stroke: var(--ground); stroke-width: 4px; }
details { margin: .4rem 0; }
summary { color: var(--quiet); cursor: pointer; font-size: .9rem; }
summary:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem 1rem .25rem 0; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; min-width: 7rem; }
th { color: var(--quiet); font-weight: 400; overflow-wrap: break-word; }
td.n, th.n { min-width: 0; text-align: right; }
td.n { white-space: nowrap; }
td .id { color: var(--quiet); display: block; font-size: .92em; }
.summary { list-style: none; margin: 1rem 0; padding: 0; }
.summary li { align-items: baseline; display: grid; gap: .75rem; grid-template-columns: 3rem 1fr; }
.summary b { font-size: 1.3rem; font-weight: 500; font-variant-numeric: tabular-nums; text-align: right; }
nav ul { columns: 16rem; list-style: none; margin: 1rem 0 0; padding: 0; }
ol.works.small { gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); margin: .75rem 0; }
ol.works.small .mat { height: 8.5rem; }
.works figcaption, .pairs figcaption { font-size: .8rem; }
.works .title, .pairs .title { font-size: .88rem; }
.works .quiet, .pairs .quiet { font-size: .78rem; }
ol.pairs { display: block; }
h4 { font-size: .95rem; font-weight: 600; margin: 1.25rem 0 .75rem; break-after: avoid; }
ol.pairs > li { border-bottom: 1px solid var(--line); break-inside: avoid; margin: 0 0 1.25rem;
  padding-bottom: .75rem; }
.pair { display: grid; gap: 1rem; grid-template-columns: 1fr 1fr; }
.pair .mat { height: 12rem; }
ol.neighbours { display: block; }
li.beside { border-bottom: 1px solid var(--line); break-inside: avoid; display: grid; gap: 1.25rem;
  grid-template-columns: 13rem 1fr; margin: 0 0 1.25rem; padding-bottom: 1rem; }
li.beside ol { gap: .6rem; grid-template-columns: repeat(4, 1fr); margin: .25rem 0 .75rem; }
li.beside .mat { height: 13rem; } li.beside ol .mat { height: 6.5rem; padding: .35rem; }
li.beside figcaption { font-size: .78rem; }
li.beside ol .title, li.beside ol .quiet { font-size: .72rem; line-height: 1.3; }
.ids { columns: 14rem; font-size: .85rem; list-style: none; margin: .5rem 0; overflow-wrap: anywhere; padding: 0; }
dl { display: grid; gap: .25rem 1.5rem; grid-template-columns: minmax(7rem, 12rem) 1fr; font-size: .9rem; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
pre { background: var(--mat); font: .8rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere; padding: .75rem;
  white-space: pre-wrap; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
@media (max-width: 40rem) { li.beside { grid-template-columns: 1fr; } }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
@media print {
  :root { color-scheme: light; --ground: #fff; --ink: #000; --quiet: #444; --line: #bbb; --mat: #f4f4f4;
    --first: #9a4a26; --second: #2a6b96; --third: #66801c; --fourth: #7b55a0; }
  body, article { max-width: none; } summary { display: none; } a { text-decoration: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  ol.works.small { grid-template-columns: repeat(4, 1fr); } details.long { display: none; }
}
"""
