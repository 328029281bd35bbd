import type { SandboxService } from "../../service.ts";
import { records } from "./records.ts";
import { zones } from "./zones.ts";

/** Route 53: hosted zones and their records. */
export const route53: SandboxService = { operations: { ...zones, ...records } };
