import { expect, test } from "vitest";
import { checkProgressText } from "../../src/cli/check-progress.ts";
import { drillTime } from "../../src/cli/drill-progress.ts";
import type { Check } from "../../src/verify/check.ts";

const check = (id: string, forSeconds?: number): Check => ({
  id,
  requirement: "R1",
  title: id,
  method: "",
  ...(forSeconds === undefined ? {} : { retry: { everySeconds: 5, forSeconds } }),
  run: async () => ({ ok: true, evidence: "" }),
});

test("how many checks have an answer, and what the others may still wait for", () => {
  const checks = [check("tls"), check("backups", 10), check("dashboard-data", 420)];
  expect(checkProgressText(checks, new Set(), 0)).toBe(
    "0 of 3 · 0s · waits for dashboard-data (up to ~7m), backups and tls",
  );
  expect(checkProgressText(checks, new Set(["tls", "backups"]), 65_000)).toBe(
    "2 of 3 · 1m05s · waits for dashboard-data (up to ~7m)",
  );
  expect(checkProgressText(checks, new Set(["tls", "backups", "dashboard-data"]), 65_000)).toBe("3 of 3 · 1m05s");
});

test("how long a drill takes, and when it will be done by the clock on the wall", () => {
  const wall = { now: Date.parse("2026-11-29T13:31:00"), speed: 60 };
  expect(drillTime(130_000, 14, wall)).toBe("2m10s of ~14m, done about 13:31");
  expect(drillTime(130_000, 14, { ...wall, speed: 1 })).toBe("2m10s of ~14m, done about 13:42");
  expect(drillTime(130_000, 14, { ...wall, speed: Number.POSITIVE_INFINITY })).toBe("2m10s of ~14m");
  expect(drillTime(900_000, 14, wall)).toBe("15m00s of ~14m, late");
});
