import { test } from "vitest";
import { killUp } from "./matrix-run.ts";

test(
  "up, NAT instance, with a domain: killed at many points, nothing is lost and nothing made twice",
  { timeout: 1_200_000 },
  () => killUp("NAT instance", { nat: { mode: "instance" } }, { every: 12 }),
);
