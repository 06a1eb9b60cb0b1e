"""How the page looks: the house's tokens, by day, by night and on paper."""

STYLE = """
:root{color-scheme:light dark;--ink:#17212b;--soft:#55616d;--line:#d9dde0;--paper:#f5f5f2;--card:#fff;--accent:#1d4a5c;
--good:#17684a;--good-tint:#dff0e7;--bad:#9c2f22;--bad-tint:#fae6e2;--note:#7a5200;--note-tint:#fdf3dc;--mark:#d3911b;
--then:#b9c6cc;--c0:#e4eaec;--c1:#c4d3d8;--c2:#e3a73e;--c3:#b0402f}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecef;--soft:#a5b0ba;--line:#343d46;--paper:#12171c;--card:#1b2229;
--accent:#8cc7da;--good:#79d3a8;--good-tint:#16322a;--bad:#ff9f8f;--bad-tint:#3c201c;--note:#f0c46c;--note-tint:#332a15;
--mark:#e0a63c;--then:#4a5963;--c0:#26303a;--c1:#3b4d59;--c2:#b5822b;--c3:#e0705d}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.5;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans",Arial,sans-serif}
main{max-width:76rem;margin:0 auto;padding:clamp(1rem,4vw,2.5rem)}
header p,.about{color:var(--soft);margin:.2rem 0;max-width:90ch;text-wrap:pretty}
h1{font-size:clamp(1.5rem,1.2rem + 1.6vw,2.1rem);line-height:1.2;margin:0 0 .3rem}
h2{font-size:1.3rem;margin:2.4rem 0 .3rem}
h3{font-size:1rem;margin:0 0 .5rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:1.4rem 0}
.figures div{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:.7rem .9rem}
.figures b{display:block;font-size:1.55rem;line-height:1.2;font-weight:650;font-variant-numeric:tabular-nums}
.figures span{display:block;font-size:.8rem;color:var(--soft)}
.findings{list-style:none;margin:1rem 0;padding:0;display:grid;gap:.4rem}
.findings li{border-radius:8px;padding:.5rem .8rem .5rem 2.3rem;position:relative;max-width:90ch}
.findings li::before{position:absolute;left:.9rem;font-weight:700}
.findings .good{background:var(--good-tint);color:var(--good)}.findings .good::before{content:"✓"}
.findings .bad{background:var(--bad-tint);color:var(--bad)}.findings .bad::before{content:"!"}
.findings .note{background:var(--note-tint);color:var(--note)}.findings .note::before{content:"·"}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1rem;margin:.9rem 0;align-items:start}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:.9rem 1rem;min-width:0}
figure svg{display:block;width:100%;max-width:36rem;height:auto;overflow:visible}
figcaption{color:var(--soft);font-size:.85rem;margin-top:.4rem}
details{margin:.6rem 0}
summary{cursor:pointer;color:var(--accent);font-size:.92rem;width:fit-content}
summary:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:4px}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:12px;margin:.5rem 0}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;width:100%}
caption{text-align:left;padding:.6rem .8rem 0;color:var(--soft)}
th,td{padding:.38rem .8rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
thead th{font-weight:600;color:var(--soft)}tbody th{font-weight:400}th:first-child{text-align:left}
tr:last-child td{border-bottom:0}
footer{color:var(--soft);font-size:.85rem;margin-top:2.5rem;border-top:1px solid var(--line);padding-top:.8rem;max-width:90ch}
svg text{fill:var(--ink);font-size:11.5px;font-family:inherit}
@media screen and (max-width:30rem){figure{padding:.8rem .5rem}svg text{font-size:13px}}
svg .tick,svg .key{fill:var(--soft);font-variant-numeric:tabular-nums}
svg .grid{stroke:var(--line);stroke-width:1}
svg .seen{fill:var(--accent);stroke:none}svg .reach{stroke:var(--accent);stroke-width:1.8}
svg .then{fill:var(--then)}svg .band{fill:var(--mark);opacity:.16}
svg .line{fill:none;stroke-width:1.8}svg .soft{stroke:var(--mark)}svg .strong{stroke:var(--accent)}
svg .dash{stroke:var(--soft);stroke-dasharray:4 4;stroke-width:1.3}
svg .limit{stroke:var(--ink);stroke-width:1.4}
svg .c0{fill:var(--c0)}svg .c1{fill:var(--c1)}svg .c2{fill:var(--c2)}svg .c3{fill:var(--c3)}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#ccc;--paper:#fff;--card:#fff;--accent:#1d4a5c;
--good:#17684a;--good-tint:#fff;--bad:#9c2f22;--bad-tint:#fff;--note:#6b4700;--note-tint:#fff;--mark:#c07f0f;
--then:#b9c6cc;--c0:#e8edef;--c1:#c4d3d8;--c2:#e3a73e;--c3:#b0402f}
@page{size:A4;margin:14mm}body{font-size:10pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
main{max-width:none;padding:0}.charts{grid-template-columns:1fr 1fr;gap:3mm}figure,.figures div,tr{break-inside:avoid}
h2{break-after:avoid;margin-top:7mm}.findings li{border:1px solid var(--line)}
details::details-content{content-visibility:visible;block-size:auto;display:block}summary{display:none}
.scroll{overflow:visible;border:0}table{font-size:7.5pt}th,td{padding:.8mm 1.2mm;white-space:normal}}
"""
