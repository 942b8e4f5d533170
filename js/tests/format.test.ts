import { describe, expect, test } from "vitest";
import { bytes, count, counted, interval, percent, place, time, visible } from "../src/format";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("quantities", () => {
  test.each([
    [2.312, "2.31 s"],
    [125, "125 s"],
    [0.0412, "41.2 ms"],
    [0.9999, "1.00 s"],
    [0.00031, "310 µs"],
    [1.2e-8, "12.0 ns"],
    [0, "0 s"],
  ])("time(%d) is %s", (seconds, text) => {
    expect(plain(time(seconds))).toBe(text);
  });

  test.each([
    [0.4123, "41.2 %"],
    [1, "100.0 %"],
    [0.0001, "<0.1 %"],
    [0, "0.0 %"],
  ])("percent(%d) is %s", (fraction, text) => {
    expect(plain(percent(fraction))).toBe(text);
  });

  test("an interval has both bounds and one unit", () => {
    expect(plain(interval(0.398, 0.426))).toBe("39.8–42.6 %");
  });

  test("bytes are in binary units", () => {
    expect([512, 3 << 20].map((value) => plain(bytes(value)))).toEqual(["512 B", "3.00 MiB"]);
  });

  test("counts have their thousands set apart", () => {
    expect(count(1234567)).toBe("1,234,567");
    expect([1, 2].map((n) => plain(counted(n, "frame")))).toEqual(["1 frame", "2 frames"]);
  });

  test("what is missing is a dash, never 0", () => {
    for (const missing of [null, undefined, Number.NaN]) {
      for (const format of [time, percent, bytes, count]) expect(format(missing)).toBe("–");
      expect(interval(missing, 0.5)).toBe("–");
    }
  });
});

describe("names", () => {
  test("control and direction marks are written as escapes", () => {
    expect(visible("abc\u202egnp.exe\u202c")).toBe("abc\\u202egnp.exe\\u202c");
    expect(visible("nul\u0000in\nside\u2028")).toBe("nul\\x00in\\x0aside\\u2028");
    expect(visible("\ud800x")).toBe("\\ud800x");
  });

  test("ordinary names of any script stay as they are", () => {
    for (const name of ["parse_rows.<locals>.<genexpr>", "解析", "обработка", "<img src=x>"])
      expect(visible(name)).toBe(name);
  });

  test("a place is the last part of the path and the line", () => {
    expect(place("/usr/lib/python3.11/json/decoder.py", 332)).toBe("decoder.py:332");
    expect(place("/tmp/ipykernel_1/9.py", 3, "/tmp/ipykernel_1/9.py")).toBe("cell:3");
    expect(place("", null)).toBe("–");
    expect(place("C:\\work\\a.py", 1)).toBe("a.py:1");
    expect(place("/tmp/abc\\u202egnp.py", 1)).toBe("abc\\u202egnp.py:1");
  });
});
