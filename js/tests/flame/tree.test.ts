import { describe, expect, test } from "vitest";
import { FlameTree, moduleOf, WHOLE } from "../../src/flame/tree";
import { flameOf, type Row, TREE } from "../samples";

const named = (tree: FlameTree, label: string) =>
  Array.from({ length: tree.n }, (_, node) => node).filter((node) => tree.label(node) === label);
const rows = (tree: FlameTree) =>
  Array.from({ length: tree.nRows }, (_, row) =>
    Array.from(tree.rowOrder.slice(tree.rowStart[row], tree.rowStart[row + 1]), (node) => tree.label(node)),
  );

describe("FlameTree", () => {
  const tree = new FlameTree(flameOf(TREE));

  test("lays children side by side, the longest first and what was folded last", () => {
    expect(rows(tree)).toEqual([["MainThread"], ["<module>"], ["parse", "wait", "other"], ["loads"], ["hook"]]);
    const [wait] = named(tree, "wait");
    expect(tree.x[wait as number]).toBe(6);
    expect(tree.width[wait as number]).toBe(2.5);
  });

  test("the whole is as wide as its roots", () => {
    expect(tree.width[WHOLE]).toBe(10);
  });

  test("several threads get a bar each, the busiest first", () => {
    const both: Row[] = [
      { name: "a", parent: -1, self: 1, total: 1, thread: "idle" },
      { name: "b", parent: -1, self: 4, total: 4, thread: "busy" },
    ];
    expect(rows(new FlameTree(flameOf(both)))).toEqual([["all threads"], ["busy", "idle"], ["b", "a"]]);
  });

  test("what was folded of the whole belongs to no thread", () => {
    const folded: Row[] = [
      { name: "a", parent: -1, self: 4, total: 4 },
      { name: "other", parent: -1, self: 1, total: 1, thread: "", other: true },
    ];
    expect(rows(new FlameTree(flameOf(folded)))).toEqual([["MainThread"], ["a", "other"]]);
  });

  test("finds the children of a node from left to right", () => {
    const [module] = named(tree, "<module>");
    expect(tree.children(module as number).map((node) => tree.label(node))).toEqual(["parse", "wait", "other"]);
    expect(tree.children(module as number, 1)).toHaveLength(1);
  });

  test("a child longer than its parent is cut to it", () => {
    const bad: Row[] = [
      { name: "a", parent: -1, self: 0, total: 1 },
      { name: "b", parent: 0, self: 5, total: 5 },
    ];
    const cut = new FlameTree(flameOf(bad));
    expect(cut.width[named(cut, "b")[0] as number]).toBe(1);
  });

  test("only frames of the table have an id", () => {
    expect(tree.idOf(WHOLE)).toBeNull();
    expect(tree.idOf(named(tree, "other")[0] as number)).toBeNull();
    expect(tree.idOf(named(tree, "hook")[0] as number)).toBe(3);
  });
});

describe("hidden library frames", () => {
  const tree = new FlameTree(flameOf(TREE), true);

  test("are left out and their children move up", () => {
    expect(rows(tree)).toEqual([["MainThread"], ["<module>"], ["parse", "wait", "other"], ["hook"]]);
    const [hook] = named(tree, "hook");
    expect(tree.label(tree.visibleParent(hook as number))).toBe("parse");
  });

  test("keep every width, and give their own time to the frame that called them", () => {
    const [parse] = named(tree, "parse");
    expect(tree.width[parse as number]).toBe(6);
    expect(tree.selfTime[parse as number]).toBe(3);
  });
});

test("a deep recursion is laid out", () => {
  const deep = Array.from(
    { length: 5000 },
    (_, k): Row => ({ name: "f", parent: k - 1, self: 0.001, total: 5 - k * 0.001 }),
  );
  expect(new FlameTree(flameOf(deep)).nRows).toBe(5001);
});

test.each([
  ["/tmp/ipykernel_77/123.py", "cell"],
  ["/opt/venv/lib/python3.11/site-packages/pandas/core/frame.py", "pandas"],
  ["/usr/lib/python3.12/json/decoder.py", "json"],
  ["/usr/lib/python3.12/threading.py", "threading"],
  ["<frozen importlib._bootstrap>", "importlib"],
  ["/srv/project/scoring/__init__.py", "scoring"],
  ["", "native"],
])("module of %s is %s", (file, module) => {
  expect(moduleOf(file)).toBe(module);
});
