// Bundles the front end into tailgana_lab/static: each widget view as one ES module for anywidget, and the report's
// script as one plain script that can be inlined into a page. CSS that an entry imports becomes NAME.css beside it.

import { existsSync, readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";

const outdir = "../tailgana_lab/static";
const views = existsSync("src/views") ? readdirSync("src/views").filter((name) => name.endsWith(".ts")) : [];
const settings = {
  outdir,
  bundle: true,
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  loader: { ".svg": "text" },
  logLevel: "warning",
};

rmSync(outdir, { recursive: true, force: true });
await build({ ...settings, entryPoints: views.map((name) => `src/views/${name}`), format: "esm" });
if (existsSync("src/report.ts")) await build({ ...settings, entryPoints: ["src/report.ts"], format: "iife" });
