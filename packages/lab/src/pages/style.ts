/**
 * Looks as GitHub's pages do, by day and by night. No font of emoji is named: where the others are missing, its digits and
 * spaces would stand in the text. A browser finds one for emoji by itself.
 */
export const STYLE = `
:root { color-scheme: light dark; --fg: #1f2328; --muted: #59636e; --bg: #ffffff; --soft: #f6f8fa; --line: #d1d9e0;
  --link: #0969da; --green: #1a7f37; --red: #d1242f; --amber: #9a6700; --violet: #8250df; --bar: #80ccff; --curve: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --fg: #f0f6fc; --muted: #9198a1; --bg: #0d1117; --soft: #151b23;
  --line: #3d444d; --link: #4493f8; --green: #3fb950; --red: #f85149; --amber: #d29922; --violet: #ab7df8; --bar: #1f6feb; --curve: #ff7b72; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--fg);
  font: 14px/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
main { max-width: 980px; margin: 0 auto; padding: 24px 16px 64px; }
header h1 { font-size: 26px; font-weight: 400; margin: 0 0 4px; }
header p { color: var(--muted); margin: 0 0 24px; }
nav { margin: 0 0 24px; } nav a { margin-right: 16px; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
.box { border: 1px solid var(--line); border-radius: 6px; margin: 0 0 24px; overflow: hidden; }
.box > .bar-title { background: var(--soft); border-bottom: 1px solid var(--line); padding: 12px 16px; font-weight: 600; display: flex; gap: 8px; align-items: center; }
.box > .bar-title .note { color: var(--muted); font-weight: 400; margin-left: auto; }
.box > .row { padding: 12px 16px; border-top: 1px solid var(--line); } .box > .bar-title + .row { border-top: 0; }
.row .head { display: flex; gap: 8px; align-items: baseline; flex-wrap: wrap; } .row .muted { color: var(--muted); }
.state { border-radius: 2em; padding: 0 8px; font-size: 12px; line-height: 20px; border: 1px solid currentColor; white-space: nowrap; }
.success { color: var(--green); } .failure, .error, .timed_out { color: var(--red); } .in_progress, .queued, .pending, .open { color: var(--amber); }
.inactive, .neutral, .cancelled, .skipped { color: var(--muted); } .closed { color: var(--violet); }
ol.statuses { list-style: none; margin: 8px 0 0; padding: 0 0 0 12px; border-left: 2px solid var(--line); }
ol.statuses li { margin: 2px 0; } ol.statuses time { color: var(--muted); font-variant-numeric: tabular-nums; margin-right: 8px; }
ol.statuses .state { display: inline-block; margin-right: 8px; }
.markdown { padding: 16px 24px; font-size: 16px; overflow-wrap: break-word; }
.markdown > :first-child { margin-top: 0; } .markdown > :last-child { margin-bottom: 0; }
.markdown h1, .markdown h2 { border-bottom: 1px solid var(--line); padding-bottom: .3em; } .markdown h1 { font-size: 2em; } .markdown h2 { font-size: 1.5em; } .markdown h3 { font-size: 1.25em; }
.markdown h1, .markdown h2, .markdown h3, .markdown h4 { margin: 24px 0 16px; font-weight: 600; line-height: 1.25; }
.markdown p, .markdown ul, .markdown ol, .markdown table, .markdown pre, .markdown blockquote, .markdown details, .markdown figure { margin: 0 0 16px; }
.markdown table { border-collapse: collapse; display: block; width: max-content; max-width: 100%; overflow: auto; }
.markdown th, .markdown td { border: 1px solid var(--line); padding: 6px 13px; } .markdown th { font-weight: 600; } .markdown tr:nth-child(2n) td { background: var(--soft); }
code, pre { font-family: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
code { font-size: 85%; padding: .2em .4em; background: color-mix(in srgb, var(--muted) 16%, transparent); border-radius: 6px; }
.markdown pre { background: var(--soft); border-radius: 6px; padding: 16px; overflow: auto; font-size: 85%; line-height: 1.45; } pre code { background: none; padding: 0; font-size: 100%; }
.markdown blockquote { color: var(--muted); border-left: .25em solid var(--line); padding: 0 1em; }
.alert { border-left: .25em solid var(--link); padding: 8px 16px; margin: 0 0 16px; } .alert-title { color: var(--link); font-weight: 600; margin: 0 0 8px !important; } .alert p:last-child { margin: 0; }
.alert.warning { border-color: var(--amber); } .warning .alert-title { color: var(--amber); } .alert.caution { border-color: var(--red); } .caution .alert-title { color: var(--red); }
.alert.tip { border-color: var(--green); } .tip .alert-title { color: var(--green); } .alert.important { border-color: var(--violet); } .important .alert-title { color: var(--violet); }
.chart { width: 100%; max-width: 720px; height: auto; } .chart text { fill: var(--fg); font-size: 12px; } .chart .chart-title { font-size: 14px; font-weight: 600; }
.grid { stroke: var(--line); } .bar { fill: var(--bar); } .line { fill: none; stroke: var(--curve); stroke-width: 2.5; }
.slice0 { fill: var(--bar); } .slice1 { fill: var(--amber); } .slice2 { fill: var(--green); } .slice3 { fill: var(--violet); } .slice4 { fill: var(--red); } .slice5 { fill: var(--muted); }
details > summary { cursor: pointer; } .row summary > .head { display: inline-flex; }
`
