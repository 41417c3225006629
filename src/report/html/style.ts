/** Colours are variables, so that charts follow light, dark and paper without being drawn again. Text has contrast AA on every ground. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#fff;--panel:#f6f8fa;--ink:#1f2328;--soft:#57606a;--line:#d0d7de;--accent:#0b5cad;
--good:#116329;--bad:#a40e26;--warn:#7d4e00;--c1:#0b5cad;--c2:#b35900;--c3:#1a7f37;--c4:#8250df;--c5:#bf3989;--c6:#57606a}
@media (prefers-color-scheme:dark){:root{--ground:#0d1117;--panel:#161b22;--ink:#e6edf3;--soft:#9da7b3;--line:#30363d;--accent:#6cb6ff;
--good:#6bc46d;--bad:#ff938a;--warn:#e3b341;--c1:#6cb6ff;--c2:#f0a35e;--c3:#6bc46d;--c4:#c8a2ff;--c5:#ff8fcf;--c6:#9da7b3}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:62rem;background:var(--ground);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:.25rem 0 .75rem}
h2{font-size:1.2rem;margin:2.5rem 0 .75rem;padding-top:.5rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
p,ul,dl{margin:.5rem 0}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;list-style:none;font-size:.9rem}
.kicker{color:var(--soft);font-size:.9rem;margin:0}
.card{background:var(--panel);border:1px solid var(--line);border-left:.4rem solid var(--soft);border-radius:.5rem;padding:1rem 1.25rem}
.card.good{border-left-color:var(--good)}.card.warn{border-left-color:var(--warn)}.card.bad{border-left-color:var(--bad)}
.badge{display:inline-block;border:1px solid currentColor;border-radius:1rem;padding:0 .6rem;font-size:.8rem;font-weight:600}
.good .badge,.good strong.word{color:var(--good)}.warn .badge,.warn strong.word{color:var(--warn)}.bad .badge,.bad strong.word{color:var(--bad)}
.command{display:flex;gap:.5rem;align-items:flex-start;margin:.75rem 0}
pre{flex:1;margin:0;padding:.6rem .8rem;background:var(--ground);border:1px solid var(--line);border-radius:.35rem;white-space:pre-wrap;
font:.9rem/1.5 ui-monospace,SFMono-Regular,Menlo,monospace;min-width:0}
.command span{display:inline-block;max-width:100%}
button{font:inherit;font-size:.85rem;color:inherit;background:var(--panel);border:1px solid var(--line);border-radius:.35rem;padding:.35rem .7rem;cursor:pointer}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;margin:1rem 0 0}
.tiles div{background:var(--ground);border:1px solid var(--line);border-radius:.35rem;padding:.5rem .75rem}
.tiles dt{color:var(--soft);font-size:.8rem}.tiles dd{margin:0;font-size:1.3rem;font-weight:600;line-height:1.3}
.tiles dd small{display:block;font-size:.8rem;font-weight:400;color:var(--soft)}
dl.facts{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.35rem 1rem}
dl.facts dt{color:var(--soft);grid-column:1}dl.facts dd{margin:0;grid-column:2}
.findings{list-style:none;padding:0}.findings li{border-left:.25rem solid var(--line);padding:.1rem 0 .1rem .8rem;margin:.8rem 0}
.findings li.good{border-color:var(--good)}.findings li.warn{border-color:var(--warn)}.findings li.bad{border-color:var(--bad)}.findings p{margin:.15rem 0}
.soft{color:var(--soft);font-size:.9rem}
figure{margin:1.25rem 0 .25rem}figure h3{margin:.25rem 0 .6rem}figcaption{color:var(--soft);font-size:.9rem;margin:.25rem 0}
svg{display:block;width:100%;height:auto;font:12px system-ui,-apple-system,"Segoe UI",sans-serif}
svg text{fill:var(--ink)}svg text.soft{fill:var(--soft);font-size:12px}svg .strong{font-weight:600}
svg .grid{stroke:var(--line);stroke-width:1}svg .axis{stroke:var(--soft);stroke-width:1}
svg .bar{fill:var(--c6);fill-opacity:.55}svg .bar.best{fill:var(--accent);fill-opacity:1}svg .whisker{stroke:var(--ink);stroke-width:1.5;fill:none}
svg .halo{stroke:var(--panel);stroke-width:4;paint-order:stroke;stroke-linejoin:round}
svg .mark{fill:var(--accent)}svg .dot{fill:var(--accent);fill-opacity:.6}svg .cross{stroke:var(--bad);stroke-width:2;fill:none}
svg .cell{fill:var(--accent);stroke:var(--line)}svg .cell.none{fill:none}svg .frame{fill:none;stroke:var(--ink);stroke-width:2.5}
svg .ground{fill:var(--panel)}svg .curve{fill:none;stroke-width:2.2;stroke-linejoin:round}
svg .band{fill:var(--c6);fill-opacity:.18}svg .interval{stroke:var(--c6);stroke-width:3}svg .point{fill:var(--c6)}
svg .interval.good{stroke:var(--good)}svg .point.good{fill:var(--good)}svg .interval.bad{stroke:var(--bad)}svg .point.bad{fill:var(--bad)}
svg .limit{fill:none;stroke:var(--soft);stroke-width:1.5;stroke-dasharray:2 4}svg .knee{fill:none;stroke:var(--ink);stroke-width:2.5}
svg .objective{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:8 4}
svg.narrow{display:none}
@media (max-width:40rem){svg.wide{display:none}svg.narrow{display:block}.command{flex-direction:column}dl.facts{grid-template-columns:1fr;gap:0}
dl.facts dd{margin-bottom:.5rem;grid-column:1}.command pre{width:100%}}
.scroll{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;width:100%;font-size:.88rem;overflow-wrap:normal;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding:.25rem 0;max-width:calc(100vw - 2rem)}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;font-weight:400}
thead th{color:var(--soft);font-weight:600;vertical-align:bottom}
thead button{border:0;background:none;padding:0;font-weight:600;color:inherit}
th[aria-sort=ascending] button::after{content:" \\25B2"}th[aria-sort=descending] button::after{content:" \\25BC"}
.right{text-align:right}td.right{white-space:nowrap}td.left,tbody th.left{min-width:7rem}
tr.best th,tr.best td{font-weight:650}tr.invalid th,tr.invalid td{color:var(--bad)}
details{margin:.75rem 0}summary{cursor:pointer;color:var(--accent)}
footer{margin-top:3rem;color:var(--soft);font-size:.85rem;border-top:1px solid var(--line)}
@media print{:root{--ground:#fff;--panel:#fff;--ink:#000;--soft:#444;--line:#bbb;--accent:#0b5cad;--good:#116329;--bad:#a40e26;--warn:#7d4e00;
--c1:#0b5cad;--c2:#b35900;--c3:#1a7f37;--c4:#8250df;--c5:#bf3989;--c6:#57606a}body{max-width:none;padding:0;font-size:10pt}
nav,button[data-copy]{display:none}figure,.card,tr{break-inside:avoid}.scroll{overflow:visible}}
`
