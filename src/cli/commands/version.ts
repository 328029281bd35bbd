import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";

/** Says which version this is, and what it runs on: what a report of a fault needs. */
export async function version(options: CommonOptions): Promise<number> {
  const is = {
    version: options.programVersion ?? "",
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  };
  printResult(options, `buddyverse ${is.version} (Node.js ${is.node}, ${is.platform})`, is);
  return 0;
}
