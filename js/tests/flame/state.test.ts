import { beforeEach, describe, expect, test } from "vitest";
import { FlameState } from "../../src/flame/state";
import { WHOLE } from "../../src/flame/tree";
import { flameOf, type Row, TREE } from "../samples";

let state: FlameState;
const at = () => state.tree.label(state.place);
const node = (label: string) =>
  Array.from({ length: state.tree.n }, (_, k) => k).find((k) => state.tree.label(k) === label) ?? -1;

beforeEach(() => {
  state = new FlameState(flameOf(TREE));
});

describe("keyboard", () => {
  test("arrows go to the first child, the neighbours and back to the parent", () => {
    state.move("child", 0);
    state.move("child", 0);
    expect(at()).toBe("parse");
    state.move("next", 0);
    expect(at()).toBe("wait");
    state.move("previous", 0);
    expect(at()).toBe("parse");
    state.move("parent", 0);
    expect(at()).toBe("<module>");
  });

  test("the cursor stays where there is nowhere to go", () => {
    state.move("parent", 0);
    expect(at()).toBe("MainThread");
    state.cursor = node("hook");
    state.move("child", 0);
    state.move("next", 0);
    expect(at()).toBe("hook");
  });

  test("frames too narrow to be seen are passed over", () => {
    state.cursor = node("wait");
    state.move("next", 1);
    expect(at()).toBe("wait");
  });

  test("the cursor does not leave the frame zoomed to", () => {
    state.zoom(node("parse"));
    state.cursor = node("parse");
    state.move("next", 0);
    expect(at()).toBe("parse");
  });

  test("with library frames hidden the arrows pass over them", () => {
    state.hideLibrary(true);
    state.cursor = node("parse");
    state.move("child", 0);
    expect(at()).toBe("hook");
  });
});

describe("zoom", () => {
  test("choosing a frame zooms to it and gives its id", () => {
    expect(state.choose(node("loads"))).toBe(2);
    expect(state.focus).toBe(node("loads"));
  });

  test("choosing what was folded chooses the frame it is in", () => {
    expect(state.choose(node("other"))).toBe(0);
  });

  test("going back undoes one zoom, a reset all", () => {
    state.choose(node("parse"));
    state.choose(node("hook"));
    state.back();
    expect(state.focus).toBe(node("parse"));
    state.choose(node("hook"));
    state.reset();
    expect(state.focus).toBe(WHOLE);
  });

  test("hiding the frame zoomed to goes to the one that called it", () => {
    state.choose(node("loads"));
    state.hideLibrary(true);
    expect(state.tree.label(state.focus)).toBe("parse");
  });
});

describe("search", () => {
  const recursive: Row[] = [
    { name: "walk", parent: -1, self: 1, total: 6 },
    { name: "step", parent: 0, self: 1, total: 5 },
    { name: "walk", parent: 1, self: 4, total: 4 },
    { name: "walk", parent: -1, self: 2, total: 2, thread: "other thread" },
  ];

  test("does not count a match inside a match twice", () => {
    state = new FlameState(flameOf(recursive));
    state.search("WALK");
    expect(state.found?.hits.length).toBe(3);
    expect(state.found?.seconds).toBe(8);
  });

  test("looks in functions and modules", () => {
    state.search("json");
    expect(Array.from(state.found?.hits ?? [], (hit) => state.tree.label(hit))).toEqual(["loads"]);
  });

  test("finds nothing among hidden frames", () => {
    state.hideLibrary(true);
    state.search("loads");
    expect(state.found?.hits.length).toBe(0);
    expect(state.found?.seconds).toBe(0);
  });

  test("steps through the matches and zooms out where one is outside", () => {
    state.zoom(node("wait"));
    state.search("hook");
    state.stepHit(1);
    expect(at()).toBe("hook");
    expect(state.focus).toBe(WHOLE);
    state.stepHit(-1);
    expect(at()).toBe("hook");
  });

  test("an empty query ends it", () => {
    state.search("hook");
    expect(state.search("  ")).toBe(true);
    expect(state.found).toBeNull();
  });

  test("tells for any stretch of a row whether it holds a match", () => {
    state.search("wait");
    const { tree, found } = state;
    const row = tree.depth[node("wait")] as number;
    const [from, to] = [tree.rowStart[row] as number, tree.rowStart[row + 1] as number];
    expect((found?.before[to] ?? 0) - (found?.before[from] ?? 0)).toBe(1);
    expect((found?.before[from + 1] ?? 0) - (found?.before[from] ?? 0)).toBe(0);
  });
});

describe("windows", () => {
  const below: Row[] = [
    { name: "<module>", parent: -1, self: 1, total: 10 },
    { name: "tiny", parent: 0, self: 0.5, total: 0.5 },
  ];

  test("a frame with folded ones below can be asked for", () => {
    expect(state.foldedBelow(node("<module>"))).toBe(0);
    expect(state.foldedBelow(node("parse"))).toBeNull();
  });

  test("opening one shows what was folded, and going back leaves it", () => {
    state.choose(node("<module>"));
    expect(state.openWindow(flameOf(below), 0)).toBe(true);
    expect(node("tiny")).toBeGreaterThan(0);
    expect(state.above).toEqual(["MainThread"]);
    state.back();
    expect(node("tiny")).toBe(-1);
    expect(node("hook")).toBeGreaterThan(0);
  });

  test("one that comes after the reader has moved on is refused", () => {
    expect(state.openWindow(flameOf(below), 0)).toBe(false);
  });
});
