import { expect, test } from "vitest";
import { standing } from "../../src/cli/check-progress.ts";
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
  expect(standing(checks, new Set(), 0)).toBe("0 of 3 · 0s · waits for dashboard-data (up to ~7m), backups and tls");
  expect(standing(checks, new Set(["tls", "backups"]), 65_000)).toBe(
    "2 of 3 · 1m05s · waits for dashboard-data (up to ~7m)",
  );
  expect(standing(checks, new Set(["tls", "backups", "dashboard-data"]), 65_000)).toBe("3 of 3 · 1m05s");
});
