// The card's looks; every colour is one of the theme's.

export const STYLES = `
:host { display: block; container-type: inline-size; }
ha-card { padding: var(--ha-space-4); display: grid; gap: var(--ha-space-3); }
ha-card, .pill span, .share[data-state=off] .words { color: var(--primary-text-color); }
.totals, small, .pill, .words, .remark, .since, .calm, .empty, dt, [data-silent] {
  color: var(--secondary-text-color);
}
small, .pill, .current, .since, .calm, .empty, .tile .name { font-size: 0.9em; font-weight: 400; }
.remark, .words { font-size: 0.8em; line-height: 1.3; }
.soc, .current, .value, .words, .totals button, dd { direction: ltr; unicode-bidi: isolate; }
[hidden], p:empty { display: none !important; }
h2, p, ul, dd { margin: 0; padding: 0; list-style: none; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; text-align: start; cursor: pointer; }
:focus-visible { outline: 2px solid var(--primary-color); outline-offset: 2px; border-radius: 4px; }

header, .totals { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; }
h2 { flex: 1 1 auto; font-size: 1.15em; font-weight: 500; overflow-wrap: anywhere; }
h2 small { margin-inline-start: 6px; }
.pill { display: flex; align-items: center; gap: 6px; padding: 4px 12px; border-radius: 16px; border: 1px solid; --mdc-icon-size: 18px; }
.pill[data-status=in_sync] { color: var(--success-color); }
.findings ha-icon { color: var(--info-color); --mdc-icon-size: 22px; }
.pill[data-status=out_of_sync], [data-severity=error] ha-icon { color: var(--error-color); }
.pill[data-status=watching], [data-severity=warning] ha-icon { color: var(--warning-color); }
.totals { flex-basis: 100%; }

.row { position: relative; display: grid; grid-template-columns: repeat(auto-fit, minmax(72px, 1fr)); }
.row + .row::before { content: ""; position: absolute; bottom: 100%; left: 50%; width: 4px; height: 6px; }
.row + .row::before, .seat::before { background: var(--secondary-text-color); }
.branch { display: flex; flex-direction: column; min-width: 0; }
.column { flex: 1; border-block: 4px solid var(--secondary-text-color); padding: 0 4px 12px; }
.seat { display: flex; flex-direction: column; align-items: center; }
.seat::before { content: "" / ""; width: var(--line); height: 16px; display: grid; justify-content: center; color: var(--secondary-text-color); font-size: calc(9px + var(--line)); line-height: 16px; }
.seat[data-flow=in]::before { content: "▼" / ""; }
.seat[data-flow=out]::before { content: "▲" / ""; }
.seat[data-open]::before { width: 2px; transform: rotate(35deg); transform-origin: bottom; background: var(--warning-color); }
.tile {
  width: 100%; max-width: 220px; min-height: 60px; box-sizing: border-box; padding: 6px 8px;
  display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center;
  border: 1px solid var(--divider-color); border-radius: 8px;
  background: linear-gradient(to top, color-mix(in srgb, var(--energy-battery-out-color) 18%, transparent) var(--soc), transparent 0);
}
[data-silent] .tile { background: repeating-linear-gradient(45deg, transparent 0 6px, var(--divider-color) 6px 7px); }
.tile .name, .remark { grid-column: 1 / -1; }
.tile .name, .message { overflow: hidden; text-overflow: ellipsis; }
.tile .name { white-space: nowrap; direction: rtl; text-align: var(--float-start, left); }
.soc { font-size: 1.1em; font-weight: 500; }

.share { padding: 4px 4px 8px; text-align: center; }
.words { display: block; }
.bar { position: relative; height: 8px; border-radius: 4px; background: var(--divider-color); overflow: hidden; }
.bar i { position: absolute; inset-block: 0; }
.normal { inset-inline: 0; opacity: 0.4; --c: var(--secondary-text-color); background: linear-gradient(90deg, transparent calc(var(--low) - var(--sigma)), var(--c) calc(var(--low) + var(--sigma)), var(--c) calc(var(--high) - var(--sigma)), transparent calc(var(--high) + var(--sigma))); }
.part { left: var(--from, 0); right: calc(100% - var(--to)); background: var(--secondary-text-color); }
.tick { left: calc(50% - 1px); width: 2px; background: var(--primary-text-color); }
[data-state=now] .part { opacity: 0.5; }
[data-state=off] .part { background: var(--warning-color); }
[data-state=unknown] :is(.part, .normal) { display: none; }
[data-state=off] .words { font-weight: 500; }
[data-arrangement=series] {
  border-block: 4px solid var(--secondary-text-color);
  .branch { display: grid; grid-template-columns: 1fr 1fr; align-items: center; }
  .column { border: 0; padding-bottom: 0; }
  .row::before { display: none; }
  .row:last-child .column { padding-bottom: 12px; }
}

.findings button { display: flex; gap: 10px; padding-bottom: 8px; }
.findings button > span { display: grid; }
.battery { border-top: 1px solid var(--divider-color); }
.battery + .battery { margin-top: calc(-1 * var(--ha-space-3)); }
summary { cursor: pointer; padding: 8px 0; }
.battery > summary { display: grid; grid-template-columns: minmax(0, 1fr) repeat(4, minmax(3.6em, auto)); gap: 8px; align-items: baseline; overflow-wrap: anywhere; }
.value, dd { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: 1fr auto; gap: 4px 12px; margin: 8px 0; }
.dots { position: relative; height: 18px; margin: 0 8px; }
.dots i { position: absolute; font: 12px/18px sans-serif; transform: translateX(-50%); }
.control { padding-bottom: 12px; }
.control li { list-style: disc inside; }
.confirm { margin-top: 8px; border: 1px solid; border-radius: 16px; padding: 4px 14px; }
.confirm[disabled] { opacity: 0.5; cursor: default; }

/* narrow: the other findings in one line each, of the batteries only the unfolded */
@container (max-width: 420px) {
  .findings li + li .message { white-space: nowrap; }
  .battery:not([open]), .tile .current, .findings li + li .since { display: none; }
  .battery > summary { grid-template-columns: repeat(4, auto); }
  .battery > summary .name { grid-column: 1 / -1; }
}
@media (forced-colors: active) {
  .bar, .bar i, .seat::before, .row::before { forced-color-adjust: none; }
  .bar { outline: 1px solid CanvasText; }
}
`;
