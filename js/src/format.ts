// Quantities as text, as tailgana_lab/units.py writes them: a missing figure is a dash, never 0; units are never left out.

export const MISSING = "–";
const SPACE = "\u00a0"; // keeps a number and its unit on one line

type Maybe = number | null | undefined;

function known(value: Maybe): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Three significant digits, without an exponent. */
function digits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

/** A duration given in seconds, in the unit that fits it. */
export function time(seconds: Maybe): string {
  if (!known(seconds)) return MISSING;
  const size = Math.abs(seconds);
  if (size === 0) return `0${SPACE}s`;
  if (size >= 0.9995) return `${digits(seconds)}${SPACE}s`;
  if (size >= 0.9995e-3) return `${digits(seconds * 1e3)}${SPACE}ms`;
  if (size >= 0.9995e-6) return `${digits(seconds * 1e6)}${SPACE}µs`;
  return `${digits(seconds * 1e9)}${SPACE}ns`;
}

/** A fraction as a percentage; what is there but rounds to nothing is shown as below 0.1 %. */
export function percent(fraction: Maybe): string {
  if (!known(fraction)) return MISSING;
  if (fraction > 0 && fraction < 0.0005) return `<0.1${SPACE}%`;
  return `${(fraction * 100).toFixed(1)}${SPACE}%`;
}

/** The bounds of a share, both fractions. */
export function interval(low: Maybe, high: Maybe): string {
  if (!known(low) || !known(high)) return MISSING;
  return `${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)}${SPACE}%`;
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A number of bytes in the binary unit that fits it. */
export function bytes(value: Maybe): string {
  if (!known(value)) return MISSING;
  let [left, unit] = [value, 0];
  while (Math.abs(left) >= 1024 && unit < BYTE_UNITS.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? left.toFixed(0) : digits(left)}${SPACE}${BYTE_UNITS[unit]}`;
}

/** A whole number with its thousands set apart. */
export function count(value: Maybe): string {
  return known(value) ? Math.round(value).toLocaleString("en-US") : MISSING;
}

/** "1 frame", "2 frames". */
export function counted(value: number, noun: string): string {
  return `${count(value)}${SPACE}${noun}${value === 1 ? "" : "s"}`;
}

// Control and format characters (direction marks among them), line separators, halves of surrogate pairs.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A name with every character that could hide or turn text written as an escape. */
export function visible(name: string): string {
  return name.replace(UNSEEN, (c) => {
    const code = c.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  });
}

/** The last part of a path; a cell's file name as it is. */
export function baseName(file: string): string {
  // Elsewhere than on Windows a backslash is part of a name, or of an escape in it.
  const back = /^[A-Za-z]:\\/.test(file) ? file.lastIndexOf("\\") : -1;
  const cut = Math.max(file.lastIndexOf("/"), back);
  return cut >= 0 && cut < file.length - 1 ? file.slice(cut + 1) : file;
}

/** `file:line` short enough for a table; `cellFile` is shown as "cell". */
export function place(file: string, line: Maybe, cellFile = ""): string {
  const name = file !== "" && file === cellFile ? "cell" : visible(baseName(file));
  if (!name) return known(line) && line > 0 ? `line ${line}` : MISSING;
  return known(line) && line > 0 ? `${name}:${line}` : name;
}
