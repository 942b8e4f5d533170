// A sortable table: real rows and cells, so that it can be read aloud, copied and printed.

import { h } from "./dom";
import { count, MISSING } from "./format";

export type Value = string | number | null;

export interface Column {
  key: string;
  label: string;
  /** Numbers stand at the right and sort downwards first. */
  numeric?: boolean;
  /** Leave the column out where the panel is tiny (0), narrow (1), not wide (2), or not very wide (3). */
  spare?: 0 | 1 | 2 | 3;
  /** This column takes the room that is left, and its text is cut to it. */
  grows?: boolean;
  hint?: string;
  /** What the column sorts by; null where it is missing. */
  value(row: number): Value;
  /** What is shown, if not the value itself. */
  cell?(row: number): Node | string;
}

export interface TableOptions {
  caption: string;
  columns: readonly Column[];
  n: number;
  /** Shown instead of a table without rows. */
  empty: string;
  sort?: { key: string; descending: boolean };
  /** Rows shown before the reader asks for all. */
  shown?: number;
}

/** Row numbers in the order of a column; missing values come last either way. */
export function sortRows(n: number, value: (row: number) => Value, descending: boolean): number[] {
  const rows = Array.from({ length: n }, (_, row) => row);
  const isMissing = (v: Value) => v === null || v === "" || (typeof v === "number" && Number.isNaN(v));
  const way = descending ? -1 : 1;
  return rows.sort((a, b) => {
    const [one, other] = [value(a), value(b)];
    if (isMissing(one) || isMissing(other)) return Number(isMissing(one)) - Number(isMissing(other)) || a - b;
    const order =
      typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other));
    return order * way || a - b;
  });
}

export function createTable(options: TableOptions): HTMLElement {
  if (options.n === 0) return h("p", { class: "tgl-empty" }, options.empty);
  return new SortableTable(options).element;
}

/** A table whose values change: `refresh` writes what differs, and leaves all else, the focus too, as it is. */
export function createChangingTable(options: TableOptions): { element: HTMLElement; refresh(n: number): void } {
  return new SortableTable(options);
}

const FIRST_ROWS = 12;

class SortableTable {
  readonly element: HTMLElement;
  private readonly body = h("tbody");
  private readonly heads: HTMLTableCellElement[];
  private readonly more = h("button", { type: "button", class: "tgl-button tgl-more", onclick: () => this.showAll() });
  private sort: { key: string; descending: boolean } | undefined;
  private shown: number;
  private n: number;
  private rows: number[] = [];

  constructor(private readonly options: TableOptions) {
    this.sort = options.sort;
    this.shown = options.shown ?? FIRST_ROWS;
    this.n = options.n;
    this.heads = options.columns.map((column) => this.head(column));
    const table = h(
      "table",
      { class: "tgl-table" },
      h("caption", { class: "tgl-unseen" }, options.caption),
      h("thead", {}, h("tr", {}, ...this.heads)),
      this.body,
    );
    const scroll = h(
      "div",
      { class: "tgl-scroll tgl-table-box", role: "region", tabindex: 0, "aria-label": options.caption },
      table,
    );
    this.element = h("div", { class: "tgl-table-with-more" }, scroll, this.more);
    this.fill();
  }

  private head(column: Column): HTMLTableCellElement {
    const button = h("button", { type: "button", class: "tgl-sort", onclick: () => this.sortBy(column) }, column.label);
    if (column.hint) button.title = column.hint;
    return h("th", { scope: "col", class: classOf(column) }, button);
  }

  private sortBy(column: Column): void {
    const again = this.sort?.key === column.key;
    this.sort = { key: column.key, descending: again ? !this.sort?.descending : column.numeric === true };
    this.fill();
  }

  refresh(n: number): void {
    this.n = n;
    const rows = this.ordered();
    if (String(rows) !== String(this.rows)) this.fill();
    else for (const [k, row] of rows.entries()) this.rewrite(row, k);
  }

  /** Write what differs in a row that is shown. */
  private rewrite(row: number, place: number): void {
    const cells = this.body.rows[place]?.cells;
    this.options.columns.forEach((column, k) => {
      const cell = cells?.[k];
      const content = shownCell(column, row);
      const text = typeof content === "string" ? content : content.textContent;
      if (cell && cell.textContent !== text) cell.replaceChildren(content);
    });
  }

  private showAll(): void {
    this.shown = Number.POSITIVE_INFINITY;
    this.fill();
  }

  private ordered(): number[] {
    const by = this.options.columns.find((column) => column.key === this.sort?.key);
    const rows = sortRows(this.n, by?.value ?? ((row) => row), by ? (this.sort?.descending ?? false) : false);
    return rows.slice(0, this.shown);
  }

  private fill(): void {
    const { columns } = this.options;
    this.rows = this.ordered();
    this.body.replaceChildren(...this.rows.map((row) => this.row(row)));
    columns.forEach((column, k) => {
      const sorted = column.key === this.sort?.key ? (this.sort?.descending ? "descending" : "ascending") : "none";
      this.heads[k]?.setAttribute("aria-sort", sorted);
    });
    this.more.hidden = this.shown >= this.n;
    this.more.textContent = `Show all ${count(this.n)}`;
  }

  private row(row: number): HTMLTableRowElement {
    return h(
      "tr",
      {},
      ...this.options.columns.map((column) => h("td", { class: classOf(column) }, shownCell(column, row))),
    );
  }
}

function shownCell(column: Column, row: number): Node | string {
  if (column.cell) return column.cell(row);
  const value = column.value(row);
  return value === null || value === "" ? MISSING : String(value);
}

function classOf(column: Column): string {
  const spare = column.spare !== undefined ? ` tgl-spare-${column.spare}` : "";
  return `${column.numeric ? "tgl-number" : "tgl-text"}${column.grows ? " tgl-grows" : ""}${spare}`;
}
