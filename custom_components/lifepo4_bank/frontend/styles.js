// The card's looks, in the theme's colours only.

export const STYLES = `
:host { display: block; container-type: inline-size; --dim: var(--secondary-text-color); }
ha-card { padding: var(--ha-space-4); display: grid; gap: var(--ha-space-3); }
ha-card, .pill span, [data-state=off] .words { color: var(--primary-text-color); }
.totals, small, .pill, p, dt, [data-silent] { color: var(--dim); }
small, .pill, .current, p, .tile .name { font-size: 0.9em; font-weight: 400; }
.remark, .words { font-size: 0.8em; line-height: 1.3; }
.soc, .current, .value, .words, .totals button, dd { direction: ltr; unicode-bidi: isolate; }
[hidden], p:empty { display: none !important; }
* { margin: 0; padding: 0; }
ul { list-style: none; }
button { font: inherit; color: inherit; background: none; border: 0; text-align: start; cursor: pointer; }
:focus-visible { outline: 2px solid var(--primary-color); }

header, .totals { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; }
h2 { flex: auto; font-size: 1.15em; font-weight: 500; overflow-wrap: anywhere; }
h2 small { margin-inline-start: 6px; }
.pill, .confirm { padding: 4px 12px; border-radius: 16px; border: 1px solid; }
.pill { display: flex; align-items: center; gap: 6px; --mdc-icon-size: 18px; }
[data-status=in_sync] { color: var(--success-color); }
.findings ha-icon { color: var(--info-color); --mdc-icon-size: 22px; }
[data-status=out_of_sync], [data-severity=error] ha-icon { color: var(--error-color); }
[data-status=watching], [data-severity=warning] ha-icon { color: var(--warning-color); }

.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(72px, 1fr)); --wire: var(--dim); }
.branch { display: grid; grid-row: span 2; grid-template: subgrid / minmax(0, 1fr); }
.column { border-block: 4px solid var(--wire); padding: 0 4px; }
.column, .seat { display: flex; flex-direction: column; flex: 1; }
.seat { align-items: center; }
.seat:last-child::after { content: ""; width: var(--line); height: 10px; background: var(--wire); forced-color-adjust: none; }
svg { height: 20px; fill: var(--wire); stroke: var(--wire); }
[data-way=takes] svg { transform: scaleY(-1); }
[data-way=open] svg { --wire: var(--warning-color); fill: none; stroke-width: 2; }
.tile {
  flex: 1; width: 100%; max-width: 220px; box-sizing: border-box; padding: 6px 8px;
  display: flex; flex-wrap: wrap; gap: 0 8px; place-content: start space-between; align-items: baseline;
  border: 1px solid var(--divider-color); border-radius: 8px;
  background: linear-gradient(to top, color-mix(in srgb, var(--energy-battery-out-color) 18%, transparent) var(--soc), transparent 0);
}
[data-silent] .tile { background: repeating-linear-gradient(45deg, transparent 0 6px, var(--divider-color) 6px 7px); }
.totals, .tile .name, .remark { width: 100%; }
.tile .name, .message { overflow: hidden; text-overflow: ellipsis; }
.tile .name { white-space: nowrap; direction: rtl; text-align: var(--float-start, left); }
.value, .soc, .current { white-space: nowrap; }
.soc { font-size: 1.1em; font-weight: 500; }

.share { padding: 4px 4px 8px; text-align: center; }
.bar { position: relative; height: 8px; margin-bottom: 2px; border-radius: 4px; background: var(--divider-color); overflow: hidden; forced-color-adjust: none; }
.bar i { position: absolute; inset-block: 0; }
.normal { inset-inline: 0; opacity: 0.4; background: linear-gradient(90deg, transparent var(--a), var(--dim) var(--b) var(--y), transparent var(--z)); }
.part { left: var(--from, 0); right: calc(100% - var(--to)); background: var(--dim); }
.tick { left: calc(50% - 1px); width: 2px; background: var(--primary-text-color); }
[data-state=now] .part { opacity: 0.5; }
[data-state=off] .part { background: var(--warning-color); }
[data-state=unknown] :is(.part, .normal) { display: none; }
[data-state=off] .words { font-weight: 500; }
[data-state=off] .bar { outline: 1px solid var(--warning-color); }
.parallel_groups .row:not(:last-child) .branch:first-child .share { border-inline-start: 4px solid var(--wire); }
.series {
  border-block: 4px solid var(--dim);
  .branch { grid-template-columns: repeat(2, minmax(0, 1fr)); align-items: center; }
  .column { border: 0; }
  .row:not(:last-child) .seat::after { display: none; }
}

.findings button { display: flex; gap: 10px; padding-bottom: 8px; }
.findings button > span { display: grid; }
.battery { border-top: 1px solid var(--divider-color); }
.battery + .battery { margin-top: -12px; }
summary { cursor: pointer; padding: 8px 0; }
.line { display: grid; grid-template-columns: minmax(0, 1fr) repeat(4, minmax(3.6em, auto)); gap: 8px; align-items: baseline; overflow-wrap: anywhere; }
.value, dd { text-align: end; font-variant-numeric: tabular-nums; }
dl div { display: flex; justify-content: space-between; gap: 12px; padding: 4px 0; }
.dots { display: flex; height: 36px; }
.dots i { flex: 1; position: relative; font: 10px/12px sans-serif; text-align: center; }
.control li { list-style: disc; margin-inline-start: 18px; }
.confirm { margin: 8px 0; }
.confirm[disabled] { opacity: 0.5; }

/* narrow: further findings in a line each, only unfolded batteries */
@container (width <= 420px) {
  .findings li + li .message { white-space: nowrap; }
  .battery:not([open]), .findings li + li .since, .totals :nth-child(3) { display: none; }
  .line { grid-template-columns: repeat(4, auto); }
  .line .name { grid-column: 1 / -1; }
}
@media (forced-colors: active) {
  .bar { outline: 1px solid CanvasText; }
}
`;
