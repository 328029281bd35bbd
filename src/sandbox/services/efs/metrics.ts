import { webInstancesAt } from "../../guests/mount.ts";
import type { Dimensions, Metrics, Source } from "../../metrics.ts";
import type { Sim } from "../../world.ts";
import { systemTable } from "./tables.ts";

/** What a new file system may burst with, bytes (EFS user guide, "Burst credits": 2.1 TiB). */
const BURST_CREDITS = 2.1 * 2 ** 40;

function source(sim: Sim, metric: string, of: Dimensions): Source | undefined {
  const id = of.FileSystemId ?? "";
  const system = systemTable(sim).get(id);
  if (!system) return undefined;
  const clients = webInstancesAt(sim, id);
  const whileMounted = (unit: string, value: (at: number) => number): Source => ({
    unit,
    samples: (at) => (clients(at) > 0 ? [value(at)] : []),
  });
  switch (metric) {
    case "ClientConnections":
      return whileMounted("Count", clients);
    // Apache reads its files from the page cache: next to nothing goes over the wire.
    case "DataReadIOBytes":
      return whileMounted("Bytes", (at) => 4096 * clients(at));
    case "DataWriteIOBytes":
      return whileMounted("Bytes", () => 0);
    case "BurstCreditBalance":
      return { unit: "Bytes", samples: (at) => (at >= system.createdAt ? [BURST_CREDITS] : []) };
    default:
      return undefined;
  }
}

export const metrics: Readonly<Record<string, Metrics>> = { "AWS/EFS": { source } };
