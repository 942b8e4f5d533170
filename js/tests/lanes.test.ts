import { expect, test } from "vitest";
import { STATES } from "../src/contract";
import { axisTicks, binLane, lanesOf } from "../src/lanes";

const LANES = { thread: [0, 0, 2], start_s: [0, 1, 0], end_s: [1, 4, 4], state: ["on_cpu", "lock", "socket"] };
const THREADS = { thread: ["MainThread", "never ran", "fetch"] };

test("segments are grouped by thread, and threads without any left out", () => {
  const data = lanesOf(LANES, THREADS, 4, [0, 1, 2]);
  expect(data.names).toEqual(["MainThread", "fetch"]);
  expect(data.from).toEqual([0, 2, 3]);
});

test("lanes stand in the order asked for, and only those", () => {
  expect(lanesOf(LANES, THREADS, 4, [2, 0]).names).toEqual(["fetch", "MainThread"]);
  expect(lanesOf(LANES, THREADS, 4, [2]).names).toEqual(["fetch"]);
});

test("a part of the time is shared out among the classes in it", () => {
  const bins = binLane(lanesOf(LANES, THREADS, 4, [0, 1, 2]), 0, 2);
  const at = (bin: number, state: (typeof STATES)[number]) => bins[bin * STATES.length + STATES.indexOf(state)];
  expect([at(0, "on_cpu"), at(0, "lock"), at(1, "on_cpu"), at(1, "lock")]).toEqual([1, 1, 0, 2]);
});

test("nothing short is lost: the parts add up to the lane", () => {
  const many = {
    thread: [0, 0, 0],
    start_s: [0, 0.1, 0.1001],
    end_s: [0.1, 0.1001, 1],
    state: ["disk", "lock", "disk"],
  };
  const bins = binLane(lanesOf(many, THREADS, 1, [0]), 0, 7);
  expect(bins.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 9);
});

test("no lane at all is drawn as none", () => {
  expect(lanesOf({}, {}, null, []).names).toEqual([]);
});

test("ticks are round times from 0", () => {
  expect(axisTicks(2.3, 5)).toEqual([0, 0.5, 1, 1.5, 2]);
  expect(axisTicks(0, 5)).toEqual([]);
});
