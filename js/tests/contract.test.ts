import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeEmbedded, decodeFlame, numberAt, rowCount, textAt } from "../src/contract";
import { pack, payloadOf, TREE } from "./samples";

describe("decodeFlame", () => {
  test("reads every section of a packed tree", () => {
    const { bytes, strings } = pack(TREE);
    const flame = decodeFlame(bytes, strings);
    expect(flame.n).toBe(6);
    expect([...flame.parent]).toEqual([-1, 0, 1, 2, 0, 0]);
    expect(Array.from(flame.name, (k) => strings[k])).toEqual(TREE.map(({ name }) => name));
    expect([...flame.total_s]).toEqual([10, 6, 5, 3, 2.5, 0.5]);
    expect(flame.low[1]).toBeCloseTo(0.59);
    expect(flame.high[1]).toBeCloseTo(0.61);
    expect([...flame.state]).toEqual([0, 0, 0, 0, 7, 0]);
    expect([...flame.flags]).toEqual([0, 0, 1, 0, 0, 2]);
    expect([...flame.id]).toEqual([0, 1, 2, 3, 4, -1]);
  });

  test("shares the memory of an aligned blob", () => {
    const { bytes, strings } = pack(TREE);
    expect(decodeFlame(new DataView(bytes.buffer), strings).self_s.buffer).toBe(bytes.buffer);
  });

  test("reads a blob that starts at an odd address", () => {
    const { bytes, strings } = pack(TREE, 3);
    const flame = decodeFlame(new DataView(bytes.buffer, 3), strings);
    expect([...flame.total_s]).toEqual([10, 6, 5, 3, 2.5, 0.5]);
  });

  test("takes nothing for an empty tree", () => {
    expect(decodeFlame(new Uint8Array(0), []).n).toBe(0);
  });

  test("names what is wrong with a blob", () => {
    const { bytes, strings } = pack(TREE);
    expect(() => decodeFlame(bytes.slice(0, 100), strings)).toThrow("cut short: 100 bytes");
    expect(() => decodeFlame(new Uint8Array(64), strings)).toThrow("not a flame graph");
    new DataView(bytes.buffer).setUint32(4, 2, true);
    expect(() => decodeFlame(bytes, strings)).toThrow("version 2");
  });
});

test("an embedded flame graph is unpacked", async () => {
  const { bytes } = pack(TREE);
  const payload = payloadOf(TREE);
  payload.flame.data = gzipSync(bytes).toString("base64");
  const flame = await decodeEmbedded(payload);
  expect([...flame.self_s]).toEqual([1, 1, 2, 3, 2.5, 0.5]);
});

test("missing cells of a table are null or empty, never 0", () => {
  const columns = { wait_s: [null, 0.5], name: ["a", null] };
  expect(rowCount(columns)).toBe(2);
  expect(numberAt(columns, "wait_s", 0)).toBeNull();
  expect(numberAt(columns, "wait_s", 1)).toBe(0.5);
  expect(numberAt(columns, "absent", 0)).toBeNull();
  expect(textAt(columns, "name", 1)).toBe("");
});
