// The threads: those that ran the cell's code or computed, over time and as a table; the rest when asked for.

import { type Columns, type Facts, type FlameData, numberAt, rowCount, textAt } from "./contract";
import { h } from "./dom";
import { counted } from "./format";
import { Lanes, lanesOf } from "./lanes";
import { threadsTable } from "./tables";
import type { Theme } from "./theme";

const LEAST_BUSY = 0.01; // of the profile's duration on a core; a thread with less, and none of the cell's code, is idle

/** Rows of the threads that did something for the cell; all where none did. */
export function busyThreads(threads: Columns, data: FlameData, facts: Facts): number[] {
  const ran = new Set(Array.from(data.thread, (name) => data.strings[name]));
  const least = LEAST_BUSY * (facts.duration_s ?? 0);
  const all = Array.from({ length: rowCount(threads) }, (_, row) => row);
  const isBusy = (row: number) =>
    ran.has(textAt(threads, "thread", row)) || (numberAt(threads, "on_cpu_s", row) ?? 0) > least;
  const busy = all.filter(isBusy);
  return busy.length ? busy : all;
}

export interface ThreadsData {
  threads: Columns;
  lanes: Columns;
  facts: Facts;
  data: FlameData;
}

export class ThreadsView {
  readonly element = h("div", { class: "tgl-threads" });
  /** Threads shown at first. */
  readonly n: number;
  private lanes: Lanes;

  constructor(
    private readonly given: ThreadsData,
    private theme: Theme,
  ) {
    const { threads, data, facts } = given;
    const busy = busyThreads(threads, data, facts);
    const idle = rowCount(threads) - busy.length;
    this.n = busy.length;
    this.lanes = this.show(busy);
    if (idle === 0) return;
    const label = `Show ${counted(idle, "idle thread")}`;
    const all = Array.from({ length: rowCount(threads) }, (_, row) => row);
    const rest = all.filter((row) => !busy.includes(row));
    const more = () => {
      this.lanes.destroy();
      this.lanes = this.show([...busy, ...rest]);
    };
    this.element.append(h("button", { type: "button", class: "tgl-button tgl-more", onclick: more }, label));
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.lanes.setTheme(theme);
  }

  destroy(): void {
    this.lanes.destroy();
  }

  private show(rows: readonly number[]): Lanes {
    const { lanes, threads, facts } = this.given;
    const drawn = new Lanes(lanesOf(lanes, threads, facts.duration_s, rows), this.theme);
    this.element.replaceChildren(drawn.element, threadsTable(threads, rows, "No thread was seen."));
    return drawn;
  }
}
