"""The style of every page: for a phone and a desk, light and dark, and on paper."""

from training.reporting.colours import css

STYLE = (
    css()
    + """
*{box-sizing:border-box}
html{background:var(--page);-webkit-text-size-adjust:100%}
body{font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);background:var(--page);
max-width:64rem;margin:0 auto;padding:1rem 1rem 3rem;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0 1rem}
h2{font-size:1.25rem;line-height:1.3;margin:2.4rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--grid)}
h3{font-size:1.05rem;margin:1.4rem 0 .4rem}
p,ul{margin:.6rem 0;max-width:46rem}
ul{padding-left:1.2rem}
li{margin:.25rem 0}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
p.say{max-width:none;border-left:4px solid var(--accent);background:var(--panel);padding:.7rem 1rem;margin:1rem 0;font-size:1.05rem}
nav{font-size:.9rem}
nav ul{display:flex;flex-wrap:wrap;gap:.1rem 1rem;list-style:none;padding:0;max-width:none}
nav a{display:inline-block;padding:.25rem 0}
/* a shadow at the side where a table goes on */
.scroll{overflow-x:auto;max-width:100%;margin:.8rem 0;
background:linear-gradient(270deg,var(--page) 40%,transparent) 100% 0/2.5rem 100% local no-repeat,
linear-gradient(270deg,color-mix(in srgb,var(--soft) 60%,transparent),transparent) 100% 0/.7rem 100% scroll no-repeat}
table{border-collapse:collapse;font-size:.92rem;overflow-wrap:normal}
caption{text-align:left;color:var(--muted);padding-bottom:.3rem}
th,td{padding:.35rem .7rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}
thead th{vertical-align:bottom;border-bottom:1px solid var(--soft);font-weight:600}
tbody th{font-weight:500}
th.n{text-align:right}
td.s,tbody th.s{white-space:nowrap}
td.n,tbody th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
td.t,tbody th.t{min-width:9rem}
tr.best>*{background:var(--panel);font-weight:600}
tr.best>:first-child{box-shadow:inset 4px 0 var(--accent)}
table.confusion td{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;
background:color-mix(in srgb,var(--accent) calc(var(--share)*45%),var(--page))}
table.confusion td.right{background:color-mix(in srgb,var(--green) calc(var(--share)*45%),var(--page))}
table.confusion small{display:block}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.3rem 1.2rem;margin:.8rem 0}
dt{color:var(--muted)}
dd{margin:0;max-width:46rem}
pre{background:var(--panel);border:1px solid var(--grid);border-radius:6px;padding:.7rem .9rem;font-size:.85rem;line-height:1.45;
white-space:pre-wrap;overflow-wrap:anywhere;max-height:24rem;overflow:auto}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;user-select:all;-webkit-user-select:all}
details{border:1px solid var(--grid);border-radius:6px;padding:0 .9rem;margin:.8rem 0}
summary{cursor:pointer;padding:.6rem 0;font-weight:600}
details[open]>summary{border-bottom:1px solid var(--grid);margin-bottom:.6rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.2rem 1.6rem;margin:1rem 0}
figure{margin:0;max-width:36rem;min-width:0}
figure svg,figure img{display:block;width:100%;height:auto}
figure img{background:#fff;border-radius:4px}
figcaption{color:var(--muted);font-size:.9rem;margin-top:.3rem}
@media (max-width:34rem){
body{padding:.6rem .9rem 2rem}
h1{font-size:1.35rem}
dl{grid-template-columns:1fr;gap:0}
dd{margin-bottom:.5rem}
th,td{padding:.3rem .5rem}
}
@media print{
body{max-width:none;padding:0;font-size:10pt}
nav{display:none}
.scroll,pre{overflow:visible;max-height:none;background:none}
table{font-size:8pt}
th,td{padding:.15rem .35rem}
.figures{grid-template-columns:1fr 1fr}
figure{max-width:10cm}
details::details-content{content-visibility:visible;height:auto}
figure,tr,pre,.say{break-inside:avoid}
h2,h3{break-after:avoid}
.say,pre,tr.best>*,table.confusion td{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
"""
)
