/** The style sheet of a report: light, dark and print by media queries alone, and no font or image from elsewhere. */
export const style = `
:root { color-scheme: light dark; --page: #fff; --text: #1b2430; --soft: #56616f; --line: #d5dbe3; --panel: #f5f7fa;
  --ours: #1a6b3c; --own: #2f5fa8; --none: #b8520a; --on: #fff; --bar: #2f5fa8; --bad: #a3261b; }
@media (prefers-color-scheme: dark) { :root { --page: #12171e; --text: #e6eaf0; --soft: #a3adba; --line: #333d4a; --panel: #1b222c;
  --ours: #58c98a; --own: #82b0f5; --none: #f0a35e; --on: #0d1218; --bar: #82b0f5; --bad: #ff8d80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
.page { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p { margin: .35rem 0; max-width: 60rem; }
.soft { color: var(--soft); }
a { color: var(--own); }
nav ul, .legend, .tiles { list-style: none; display: flex; flex-wrap: wrap; gap: .35rem 1.1rem; padding: 0; margin: .75rem 0; }
.tiles { gap: .75rem; margin: 1.25rem 0; }
.tiles li { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .9rem; min-width: 8.5rem; }
.tiles b { display: block; font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--soft); font-size: .87rem; }
.tiles .bad b { color: var(--bad); }
.scroll { overflow-x: auto; margin: .5rem 0 1rem; }
.scroll:focus-visible, a:focus-visible { outline: 2px solid var(--own); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem 1.2rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap; overflow-wrap: normal; border-bottom-width: 2px; }
tbody th { font-weight: 600; min-width: 9rem; }
td.text { min-width: 14rem; max-width: 40rem; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.time, th.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.mark { white-space: nowrap; }
.mark::before { content: ''; display: inline-block; width: .65em; height: .65em; border-radius: 2px; margin-right: .45em; background: var(--soft); }
.mark-ours::before { background: var(--ours); } .mark-own::before { background: var(--own); } .mark-none::before { background: var(--none); }
td.bad { color: var(--bad); font-weight: 600; }
figure { margin: .75rem 0; max-width: 48rem; }
figcaption { color: var(--soft); font-size: .87rem; }
.legend { font-size: .87rem; }
.key { width: .8em; height: .8em; margin-right: .4em; }
.plot { width: 100%; height: auto; display: block; font: 12px system-ui, sans-serif; }
.plot .label { fill: var(--text); } .plot .axis { stroke: var(--soft); }
.ours { fill: var(--ours); } .own { fill: var(--own); } .none { fill: var(--none); } .bar { fill: var(--bar); }
.on-ours, .on-own, .on-none { fill: var(--on); }
.quarantine { fill: var(--none); } .move { fill: var(--bad); } .event { fill: var(--own); }
@page { margin: 14mm; }
@media print {
  :root { color-scheme: light; --page: #fff; --text: #000; --soft: #444; --line: #bbb; --panel: #fff; --ours: #1a6b3c; --own: #2f5fa8;
    --none: #b8520a; --on: #fff; --bar: #2f5fa8; --bad: #a3261b; }
  body { font-size: 10pt; } nav { display: none; } .page { max-width: none; padding: 0; } .scroll { overflow: visible; }
  table { font-size: 8.5pt; } th, td { padding-right: .6rem; } td.text, tbody th { min-width: 6.2rem; overflow-wrap: anywhere; } thead th { white-space: normal; } tr, figure, .tiles { break-inside: avoid; } h2, h3 { break-after: avoid; } thead { display: table-header-group; }
  .plot rect, .plot circle, .key rect, .mark::before { print-color-adjust: exact; }
}
`;
