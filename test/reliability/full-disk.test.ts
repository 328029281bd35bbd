import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { undefinedIf } from "../../src/aws/errors.ts";
import type { NodeResult } from "../../src/engine/node-result.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { stateFile } from "../../src/state/store.ts";
import { START, type Stage, stageOn } from "../lifecycle/stage.ts";
import { needs } from "../tools.ts";
import { downAgain, FULL, fresh, rehearse, upAgain } from "./matrix.ts";

const MAKES = /^(Create|RunInstances|AllocateAddress|RequestCertificate|ImportKeyPair|Subscribe)/;
/** Made of what is there already, or a field of its parent. */
const NO_OBJECT = /^(CreateTags|CreateOrUpdateTags|CreateRoute|CreateMountTarget)$/;
const makes = (operation: string): boolean => MAKES.test(operation) && !NO_OBJECT.test(operation);

/** A create of two calls whose first was sent already goes on: an image's builder is launched when an earlier one's mark is gone. */
const UNDER_WAY_MS = 500;

const rehearsal = rehearse({}, "up");

interface FullRun {
  readonly on: Stage;
  readonly settled: readonly NodeResult[];
  readonly writes: number;
  /** When the first write failed, on the run's clock; undefined: none did. */
  readonly failedAt: number | undefined;
  /** Calls that make an object, sent after that. */
  readonly sentLater: readonly string[];
  /** The answers to such calls, as text. */
  readonly made: readonly { readonly operation: string; readonly answer: string }[];
  /** The state file as it is in the end. */
  readonly state: string | undefined;
}

/** `up` with its state in a real file, on a device that is full at the writes named. */
async function upWhere(full: (write: number) => boolean): Promise<FullRun> {
  const { config } = await rehearsal;
  const folder = mkdtempSync(join(tmpdir(), "buddyverse-full-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "state.json");
  const file = stateFile(path);
  const clock = jumpingClock(START);
  let writes = 0;
  let failedAt: number | undefined;
  const sentLater: string[] = [];
  const made: { operation: string; answer: string }[] = [];
  const sandbox = openSandbox({
    world: JSON.parse(fresh(config)),
    clock,
    acted(service, operation, answer) {
      if (makes(operation)) made.push({ operation: `${service}:${operation}`, answer: JSON.stringify(answer) });
    },
  });
  const on = await stageOn(
    config,
    clock,
    {
      ...sandbox,
      answer(service, operation, input) {
        if (makes(operation) && failedAt !== undefined && clock.now() > failedAt + UNDER_WAY_MS)
          sentLater.push(`${service}:${operation}`);
        return sandbox.answer(service, operation, input);
      },
    },
    {
      ...file,
      text: undefined,
      write(text) {
        if (full(++writes)) {
          failedAt ??= clock.now();
          symlinkSync("/dev/full", `${path}.${process.pid}.tmp`);
        }
        file.write(text);
      },
    },
  );
  const { settled } = await on.up();
  const state = writes > 0 && (failedAt === undefined || writes > 1) ? file.read() : undefined;
  return { on, settled, writes, failedAt, sentLater, made, state };
}

const ID = /"((?!r-)(?:[a-z]+-[0-9a-f]{8,})|arn:aws:[^"]+|\/hostedzone\/[^"]+)"/;
const idIn = (answer: string): string | undefined => ID.exec(answer)?.[1];
async function isOver({ aws }: Stage, id: string): Promise<boolean> {
  if (!id.startsWith("i-")) return false;
  // Of one that was made a moment ago AWS may not know yet.
  const found = await undefinedIf(["InvalidInstanceID.NotFound"], () =>
    aws.ec2.describeInstances({ InstanceIds: [id] }),
  );
  return /^(shutting-down|terminated)$/.test(found?.Reservations?.[0]?.Instances?.[0]?.State?.Name ?? "");
}

test(
  "the disk is full: each object is recorded or named, nothing new is begun, and with room up ends it",
  needs("/dev/full"),
  async () => {
    const quiet = await upWhere(() => false);
    // Of what one call makes, the objects that are recorded by their own id.
    const recorded = new Set(
      quiet.made
        .filter(({ answer }) => quiet.state?.includes(`"id": "${idIn(answer)}"`))
        .map(({ operation }) => operation),
    );
    expect(recorded.size).toBeGreaterThan(12);
    const wrong: string[] = [];
    let named = 0;
    const every = FULL ? 9 : 26;
    for (let first = 1; first < quiet.writes; first += every) {
      // From then on, or, every second time, for a moment only.
      const { on, settled, failedAt, sentLater, made, state } = await upWhere((write) =>
        first % (2 * every) === 1 ? write >= first : write === first,
      );
      const note = (...texts: readonly string[]) => wrong.push(...texts.map((text) => `write ${first}: ${text}`));
      const said = settled.map(({ reason, error }) => `${reason} ${error?.hint}`).join("\n");
      const failures = settled.filter(({ outcome }) => outcome === "failed");
      if (failedAt === undefined || failures.length === 0) note("nothing failed");
      note(...failures.filter(({ error }) => error?.code !== "state").map(({ key, reason }) => `${key}: ${reason}`));
      note(...sentLater.map((call) => `${call} was sent after it`));
      const ids = made.filter(({ operation }) => recorded.has(operation)).flatMap(({ answer }) => idIn(answer) ?? []);
      for (const id of ids) {
        if (state?.includes(id) || (await isOver(on, id))) continue;
        named++;
        if (!said.includes(id)) note(`${id} is neither recorded nor named`);
      }
      on.sandbox.settle();
      const from = { where: "", world: JSON.stringify(on.sandbox.world), time: on.clock.now(), state, made: 0 };
      const next = await upAgain({ ...(await rehearsal), made: undefined }, from);
      note(...next.wrong);
      if (next.wrong.length === 0) note(...(await downAgain(await rehearsal, next.on)));
    }
    expect(wrong).toEqual([]);
    expect(named).toBeGreaterThan(FULL ? 2 : 0);
  },
);
