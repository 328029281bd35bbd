import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { stepsFor } from "../../steps/index.ts";
import type { Inputs } from "../../steps/inputs.ts";
import { connect, type TracedCall } from "../aws/connect.ts";
import { types } from "../aws/services.ts";
import type { Config } from "../config/schema.ts";
import { preflight } from "../doctor/preflight.ts";
import { bringDown, leftovers } from "../engine/down.ts";
import { graphOf } from "../engine/graph.ts";
import type { Run } from "../engine/run.ts";
import { survey } from "../engine/survey.ts";
import { bringUp } from "../engine/up.ts";
import { jumpingClock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import { whatBillsOn } from "../residuals/bills-on.ts";
import { freshWorld } from "../sandbox/fresh.ts";
import { openSandbox } from "../sandbox/sandbox.ts";
import { zoneTable } from "../sandbox/services/route53/tables.ts";
import { delegate } from "../sandbox/services/route53/zones.ts";
import { simAt } from "../sandbox/world.ts";
import { openStore } from "../state/store.ts";

const START = Date.UTC(2026, 0, 1);

/**
 * All AWS calls of a stack's life (up, status, up again, down), from a rehearsal in a sandbox of its own, in memory. Asks
 * nobody, takes about a second. What is sent depends on what the stack has, not on sizes, types and versions: those are
 * replaced by ones that the sandbox knows.
 */
export async function rehearse(given: Config): Promise<readonly TracedCall[]> {
  const config: Config = {
    ...given,
    zones: given.zones.map((_zone, index) => `${given.region}${"acd"[index]}`),
    bastion: { ...given.bastion, instanceType: "t3.small", allowedCidrs: ["203.0.113.10/32"] },
    nat: { ...given.nat, instanceType: "t3.small" },
    web: { ...given.web, instanceType: "t3.small", min: 2, desired: 2, max: 4 },
    database: { ...given.database, engineVersion: "8.4", instanceClass: "db.t3.micro", deletionProtection: false },
    image: { ...given.image, base: "ubuntu-22.04" },
  };
  const { stack, region, domain } = config;
  const clock = jumpingClock(START);
  const world = freshWorld({
    region,
    domain: domain?.zone === "existing" ? domain.name : undefined,
    time: START,
    seed: 1,
  });
  const sandbox = openSandbox({ world, clock });
  const calls: TracedCall[] = [];
  const aws = await connect({
    region,
    clock,
    wire: sandbox,
    network: sandbox.network,
    onCall: (call) => calls.push(call),
    random: () => 0.5,
  });
  let text: string | undefined;
  let tokens = 0;
  const store = openStore(
    {
      path: "memory",
      read: () => text,
      write: (next) => {
        text = next;
      },
      backUp() {},
    },
    { stack, account: aws.account, region },
    () => "rehearsal",
  );
  const { signal } = new AbortController();
  // Each of the many waits listens for it.
  setMaxListeners(0, signal);
  const run: Run = {
    aws,
    clock,
    store,
    emit: () => {},
    signal,
    token: () => `token${String(++tokens).padStart(27, "0")}`,
    discardData: false,
  };
  const graph = graphOf(stepsFor(config, inputsOf(config)), stack, config.tags);
  const look = (sweep: "all" | "known") => survey(run, graph, types, { stack, sweep });

  await preflight(aws, config);
  let settled = (await bringUp(run, await look("all"))).settled;
  if (domain?.zone === "create") {
    // What the person does at the registrar, so that the certificate comes.
    const sim = simAt(world, clock.now());
    for (const { name, id } of zoneTable(sim).all()) delegate(sim, name, id);
    settled = (await bringUp(run, await look("known"))).settled;
  }
  await look("known");
  const gone = await bringDown(run, await look("all"));
  const left = await look("all");
  await leftovers(run, left, types, stack);
  await whatBillsOn(aws, stack, left);
  const trouble = [...settled, ...gone].find(
    ({ outcome }) => outcome !== "unchanged" && outcome !== "created" && outcome !== "deleted",
  );
  if (trouble)
    throw new BuddyError({
      code: "internal",
      message: `the rehearsal of ${trouble.object} ${trouble.name} ended as ${trouble.outcome}: ${trouble.reason}`,
      cause: trouble.error,
    });
  return calls;
}

const inputsOf = ({ image }: Config): Inputs => ({
  publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+F32zvWUmKn7mFBTcyDi9v6ec1JZC6c6nfQZv/NRlJ rehearsal",
  allowedCidrs: ["203.0.113.10/32"],
  appArchive:
    image.app !== null && "folder" in image.app
      ? { sha256: createHash("sha256").digest("hex"), bytes: new Uint8Array() }
      : undefined,
});
