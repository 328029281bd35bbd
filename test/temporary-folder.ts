import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A new folder of a test that runs, gone when that has finished. */
export function temporaryFolder(name: string): string {
  const path = mkdtempSync(join(tmpdir(), `buddyverse-${name}-`));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
