// The card's looks; every colour is one of the theme's.

export const STYLES = `
:host { display: block; container-type: inline-size; }
ha-card { padding: 16px; display: flex; flex-direction: column; gap: 12px; color: var(--primary-text-color); }
[hidden] { display: none !important; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; text-align: start; cursor: pointer; }
button:focus-visible, summary:focus-visible { outline: 2px solid var(--primary-color); outline-offset: 2px; border-radius: 4px; }
header { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; }
header h2 { margin: 0; font-size: 1.15em; font-weight: 500; flex: 1 1 auto; }
header h2 small { font-weight: 400; color: var(--secondary-text-color); margin-inline-start: 6px; }
.pill { display: inline-flex; align-items: center; gap: 6px; padding: 4px 12px; border-radius: 16px; border: 1px solid currentColor; font-size: 0.9em; --mdc-icon-size: 18px; color: var(--secondary-text-color); }
.pill[data-status=in_sync] { color: var(--success-color); }
.pill[data-status=out_of_sync] { color: var(--error-color); }
.pill[data-status=watching] { color: var(--warning-color); }
.pill span { color: var(--primary-text-color); }
.totals { flex-basis: 100%; display: flex; flex-wrap: wrap; gap: 2px 16px; color: var(--secondary-text-color); }
.totals button { white-space: nowrap; }
.schematic { display: flex; flex-direction: column; }
.busbar { height: 4px; border-radius: 2px; background: var(--secondary-text-color); }
.row { display: flex; gap: 8px; justify-content: space-evenly; }
.branch { flex: 1 1 0; min-width: 0; max-width: 220px; display: flex; flex-direction: column; }
.schematic[data-arrangement=series] .branch { flex-direction: row; align-items: center; gap: 12px; max-width: none; }
.schematic[data-arrangement=series] .branch > * { flex: 1 1 0; min-width: 0; }
.column { display: flex; flex-direction: column; align-items: center; flex: 1; }
.wire { width: var(--line, 1px); height: 12px; background: var(--secondary-text-color); }
.tile { position: relative; width: 100%; flex: 1; box-sizing: border-box; min-height: 64px; padding: 6px 8px; border: 1px solid var(--divider-color); border-radius: 8px; overflow: hidden; display: grid; grid-template: auto 1fr auto / 1fr auto; gap: 0 6px; align-items: center; background: var(--ha-card-background, var(--card-background-color)); }
.tile > * { position: relative; }
.tile .fill { position: absolute; inset: auto 0 0 0; height: var(--soc); background: var(--energy-battery-out-color, var(--success-color)); opacity: 0.18; }
.tile .name { grid-column: 1 / -1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: 0.9em; }
.tile .soc { font-size: 1.1em; font-weight: 500; }
.tile .current { font-size: 0.9em; white-space: nowrap; }
.tile .remark { grid-column: 1 / -1; font-size: 0.8em; color: var(--secondary-text-color); }
.tile[data-silent] { background: repeating-linear-gradient(45deg, transparent 0 6px, var(--divider-color) 6px 7px); color: var(--secondary-text-color); }
.tile[data-open] { border-style: dashed; border-color: var(--warning-color); }
.share { display: flex; flex-direction: column; gap: 2px; padding: 4px 0 8px; }
.share .bar { position: relative; height: 8px; border-radius: 4px; background: var(--divider-color); overflow: hidden; }
.share .bar i { position: absolute; top: 0; bottom: 0; }
.share .normal { left: var(--low); right: calc(100% - var(--high)); background: var(--secondary-text-color); opacity: 0.3; }
.share .part { left: 0; width: var(--part); background: var(--secondary-text-color); }
.share:not([data-learned]) .part { opacity: 0.5; }
.share[data-outside] .part { background: var(--warning-color); }
.share:not([data-known]) .part { display: none; }
.share .tick { left: calc(50% - 1px); width: 2px; background: var(--primary-text-color); }
.share .words { font-size: 0.8em; color: var(--secondary-text-color); text-align: center; }
.share[data-outside] .words { color: var(--primary-text-color); font-weight: 500; }
.findings { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; gap: 8px; }
.findings button { display: flex; gap: 10px; width: 100%; align-items: start; }
.findings ha-icon { flex: none; color: var(--info-color); --mdc-icon-size: 22px; }
.findings [data-severity=warning] ha-icon { color: var(--warning-color); }
.findings [data-severity=error] ha-icon { color: var(--error-color); }
.said { display: flex; flex-direction: column; }
.since, .calm, .empty { color: var(--secondary-text-color); font-size: 0.9em; }
.calm, .empty, .answer { margin: 0; }
.battery { border-top: 1px solid var(--divider-color); }
.battery summary { display: grid; grid-template-columns: minmax(0, 1fr) repeat(4, minmax(3.6em, auto)); gap: 8px; padding: 8px 0; cursor: pointer; list-style: none; align-items: baseline; }
.battery summary .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.battery summary .value { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
.battery[data-silent] summary { color: var(--secondary-text-color); }
.battery dl { display: grid; grid-template-columns: 1fr auto; gap: 4px 12px; margin: 0 0 8px; }
.battery dt { color: var(--secondary-text-color); }
.battery dd { margin: 0; text-align: end; }
.cells { padding: 0 0 8px; }
.dots { position: relative; height: 18px; margin: 0 8px; }
.dots i { position: absolute; font-style: normal; font-size: 12px; line-height: 18px; transform: translateX(-50%); }
.cells .words { font-size: 0.85em; color: var(--secondary-text-color); }
.control { display: flex; flex-wrap: wrap; gap: 8px; padding: 0 0 12px; }
.switch { border: 1px solid var(--divider-color); border-radius: 16px; padding: 4px 14px; }
.switch[disabled] { opacity: 0.5; cursor: default; }
.answer { flex-basis: 100%; white-space: pre-line; }
.answer:empty { display: none; }
.brief { display: none; }
@container (max-width: 460px) {
  .brief { display: inline; }
  .long { display: none; }
}
@container (max-width: 400px) {
  .batteries, .tile .current, .tile .remark { display: none; }
  .battery summary { grid-template-columns: minmax(0, 1fr) auto auto; }
  .row { gap: 4px; }
  .tile { min-height: 48px; padding: 4px; }
}
`;
