import { createHash } from "node:crypto";
import type { Inputs } from "../../steps/inputs.ts";
import { secretsOf } from "../../steps/scripts/app-settings.ts";
import { VPC } from "../../steps/vpc.ts";
import type { Aws } from "../aws/aws.ts";
import type { TracedCall } from "../aws/connect.ts";
import { logGroupArn, runLockName } from "../aws/logs/names.ts";
import { runLock } from "../aws/logs/run-lock.ts";
import { bucketFacts } from "../aws/s3/state-bucket.ts";
import type { Config } from "../config/schema.ts";
import { preflight } from "../doctor/preflight.ts";
import { type Clock, jumpingClock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import type { More, Sent } from "../policy/actions.ts";
import { setAppSecret } from "../recovery/app-secrets.ts";
import { lookAround } from "../residuals/extras.ts";
import { findForeignResources } from "../residuals/foreign.ts";
import { residualCosts } from "../residuals/residual-costs.ts";
import { delegateAll } from "../sandbox/outside.ts";
import { openSandbox } from "../sandbox/sandbox.ts";
import { simAt } from "../sandbox/sim.ts";
import { historyFile } from "../state/history.ts";
import { newWorld } from "./sandbox-backend.ts";
import { memoryText, sandboxStack } from "./sandbox-stack.ts";
import { configuredPlace, sharedTexts, usualKey } from "./state-place.ts";

const START = Date.UTC(2026, 0, 1);

const rehearsals = new Map<string, Promise<readonly TracedCall[]>>();

/**
 * All AWS calls of a stack's life (up, status, up again, down), from a rehearsal in a sandbox of its own, in memory. Asks
 * nobody, takes about a second. It is the same each time for a config, so a process rehearses each once.
 */
export function rehearse(config: Config): Promise<readonly TracedCall[]> {
  const key = JSON.stringify(config);
  const calls = rehearsals.get(key) ?? lived(config);
  rehearsals.set(key, calls);
  return calls;
}

/** All that a policy is for: a stack's life, and the locks and states of other stacks, where `stacks` is to read them. */
export async function callsFor(config: Config, more: readonly More[] = []): Promise<readonly Sent[]> {
  const calls = await rehearse(config);
  if (!more.includes("stacks")) return calls;
  const resourceArn = logGroupArn("*", "*", runLockName("*"));
  const lock = { service: "cloudwatch-logs", operation: "ListTagsForResource", input: { resourceArn } };
  const place = configuredPlace(config);
  if (!place) return [...calls, lock];
  const states = usualKey("*");
  const input = { Bucket: place.bucket, ExpectedBucketOwner: "*" };
  const reads = [states, historyFile(states)].map((Key) => ({ ...input, Key }));
  return [...calls, lock, ...reads.map((input) => ({ service: "s3", operation: "GetObject", input }))];
}

/** What is sent depends on what the stack has, not on sizes, types and versions: those are replaced by ones that the sandbox knows. */
async function lived(given: Config): Promise<readonly TracedCall[]> {
  const config: Config = {
    ...given,
    zones: given.zones.map((_zone, index) => `${given.region}${"acd"[index]}`),
    bastion: { ...given.bastion, instanceType: "t3.small", allowedCidrs: ["203.0.113.10/32"] },
    nat: { ...given.nat, instanceType: "t3.small" },
    web: { ...given.web, instanceType: "t3.small", min: 2, desired: 2, max: 4 },
    database: { ...given.database, engineVersion: "8.4", instanceClass: "db.t3.micro", deletionProtection: false },
    image: { ...given.image, base: "ubuntu-22.04" },
  };
  const { domain } = config;
  const clock = jumpingClock(START);
  const world = newWorld(config, START);
  const calls: TracedCall[] = [];
  const { aws, stack } = await sandboxStack({
    config,
    inputs: inputsOf(config),
    sandbox: openSandbox({ world, clock }),
    clock,
    text: memoryText(),
    // What may be asked for must be allowed too.
    deleteKept: true,
    onCall: (call) => calls.push(call),
  });

  await bookkeeping(aws, config, clock);
  // What a person does before the first `up`.
  for (const variable of secretsOf(config)) await setAppSecret(stack.run, config, variable, "rehearsed");
  // Reads lag behind it.
  if (secretsOf(config).length > 0) await clock.sleep(60_000);
  await preflight(aws, (await stack.refresh()).entries.values());
  let { settled } = await stack.up();
  if (domain?.zone === "create") {
    // What the person does at the registrar, so that the certificate comes.
    delegateAll(simAt(world, clock.now()));
    ({ settled } = await stack.up());
  }
  await lookAround(config.stack, stack);
  const vpc = stack.run.store.get(VPC)?.id;
  if (vpc) await findForeignResources(aws, vpc, config.stack);
  const gone = await stack.down();
  await stack.leftovers();
  await residualCosts(aws, config.stack, await stack.refresh({ orphans: "all" }));
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

/** What a run sends for itself: about its lock, and about its state where that is shared. */
async function bookkeeping(aws: Aws, config: Config, clock: Clock): Promise<void> {
  const lock = runLock(aws, config.stack);
  await lock.create({ token: "rehearsal" });
  // Reads lag behind it.
  await clock.sleep(60_000);
  await lock.read();
  await lock.set({ seen: new Date(START).toISOString() });
  await lock.remove();
  const place = configuredPlace(config);
  if (!place) return;
  await bucketFacts(aws.bookkeeping().s3, { bucket: place.bucket, owner: aws.account });
  for (const text of Object.values(sharedTexts(aws, { ...place, region: config.region })))
    await text.write("{}", (await text.read())?.mark);
}

const inputsOf = ({ image }: Config): Inputs => ({
  publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+F32zvWUmKn7mFBTcyDi9v6ec1JZC6c6nfQZv/NRlJ rehearsal",
  allowedCidrs: ["203.0.113.10/32"],
  appArchive:
    image.app !== null && "folder" in image.app
      ? { sha256: createHash("sha256").digest("hex"), bytes: new Uint8Array(), leftOut: [] }
      : undefined,
});
