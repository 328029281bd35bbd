import { extname } from "node:path";
import { BuddyError } from "../lib/errors.ts";
import type { Timeline } from "../report/timeline/model.ts";
import { timelinePage } from "../report/timeline/page.ts";
import { timelineSvg } from "../report/timeline/svg.ts";
import { reportFile } from "./html-report.ts";

/** What writes a run's timeline to a file, as its name says. Throws `usage` where it cannot be written, before anything is done. */
export function timelineFile(path: string): (timeline: Timeline) => void {
  const kind = extname(path).toLowerCase();
  if (kind !== ".svg" && kind !== ".html")
    throw new BuddyError({
      code: "usage",
      message: `--timeline ${path}: its name does not say what it is to be`,
      about: { file: path },
      hint: "Name a file that ends in .html (a page) or .svg (the chart alone).",
    });
  const write = reportFile(path, "--timeline");
  return (timeline) => write(`${kind === ".svg" ? timelineSvg(timeline) : timelinePage(timeline).trimEnd()}\n`);
}
