import { describe, expect, test } from "vitest";
import { type Column, createTable, sortRows } from "../src/table";

describe("sortRows", () => {
  const values = [0.2, null, 3, Number.NaN, 1];
  const value = (row: number) => values[row] ?? null;

  test("sorts numbers as numbers", () => {
    expect(sortRows(5, value, true).slice(0, 3)).toEqual([2, 4, 0]);
    expect(sortRows(5, value, false).slice(0, 3)).toEqual([0, 4, 2]);
  });

  test("what is missing comes last either way", () => {
    expect(sortRows(5, value, true).slice(3)).toEqual([1, 3]);
    expect(sortRows(5, value, false).slice(3)).toEqual([1, 3]);
  });

  test("equal rows keep their order", () => {
    expect(sortRows(3, () => "same", true)).toEqual([0, 1, 2]);
  });
});

describe("createTable", () => {
  const names = ["b", "<img src=x onerror=alert(1)>", "a"];
  const times = [1, 3, 2];
  const columns: Column[] = [
    { key: "name", label: "Name", value: (row) => names[row] ?? "" },
    { key: "time", label: "Time", numeric: true, value: (row) => times[row] ?? null, cell: (row) => `${times[row]} s` },
  ];
  const make = (shown?: number) =>
    createTable({
      caption: "Names",
      columns,
      n: 3,
      empty: "none",
      sort: { key: "time", descending: true },
      ...(shown ? { shown } : {}),
    });
  const firsts = (table: HTMLElement) =>
    [...table.querySelectorAll("tbody tr")].map((row) => row.firstElementChild?.textContent);

  test("shows rows in the order asked for and tells assistive technology", () => {
    const table = make();
    expect(firsts(table)).toEqual([names[1], "a", "b"]);
    const sorts = [...table.querySelectorAll("th")].map((head) => head.getAttribute("aria-sort"));
    expect(sorts).toEqual(["none", "descending"]);
  });

  test("a press on a head sorts by it, another turns it round", () => {
    const table = make();
    const head = table.querySelector("th button") as HTMLButtonElement;
    head.click();
    const upwards = firsts(table);
    head.click();
    expect(firsts(table)).toEqual([...upwards].reverse());
  });

  test("a hostile name stays text", () => {
    expect(make().querySelector("img")).toBeNull();
  });

  test("the rest is shown on request", () => {
    const table = make(2);
    expect(firsts(table)).toHaveLength(2);
    const more = table.querySelector(".tgl-more") as HTMLButtonElement;
    expect(more.textContent).toBe("Show all 3");
    more.click();
    expect(firsts(table)).toHaveLength(3);
    expect(more.hidden).toBe(true);
  });

  test("no rows make a sentence", () => {
    expect(createTable({ caption: "", columns, n: 0, empty: "No row." }).textContent).toBe("No row.");
  });
});
