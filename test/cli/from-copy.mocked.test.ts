/** A person is asked where the data of a database, and the files of a file system, come from that are not there. */
import { beforeEach, expect, test, vi } from "vitest";
import type { FromOptions } from "../../src/cli/from-copy.ts";
import { withOrigin } from "../../src/cli/origin.ts";
import type { Screen } from "../../src/cli/screen.ts";
import type { Session } from "../../src/cli/session.ts";
import { dataStage } from "../lifecycle/data.ts";

const answer = vi.hoisted(() => vi.fn<(question: string) => Promise<string>>());
vi.mock("../../src/cli/ask.ts", async (real) => ({ ...(await real<object>()), ask: answer }));

const OPTIONS: FromOptions = { color: false };
const said: string[] = [];
const screen = { say: (text: string) => void said.push(text) } as unknown as Screen;
beforeEach(() => {
  said.length = 0;
});

/** A stack that is down, and its final snapshot. */
async function down() {
  const on = await dataStage({ database: { replica: false } });
  await on.up();
  await on.clock.sleep(3_600_000);
  const left = (await on.down()).flatMap(({ leaves }) => leaves ?? []);
  await on.clock.sleep(3_600_000);
  const { aws, config, clock, stack } = on;
  const session = { aws, config, clock, stack, inputs: {} } as unknown as Session;
  const [snapshot, recoveryPoint] = ["-final-", ":recovery-point:"].map((part) => left.find((id) => id.includes(part)));
  return { session, on, snapshot, recoveryPoint };
}

test("restore takes the copies, empty nothing, anything else is refused with both commands", async () => {
  const { session, on, snapshot, recoveryPoint } = await down();
  const asked = async () => withOrigin(session, screen, OPTIONS, await on.refresh(), true);
  answer.mockResolvedValueOnce("empty").mockResolvedValueOnce("empty");
  await asked();
  expect(session.inputs.from).toBeUndefined();
  expect(said).toEqual([
    expect.stringMatching(
      /^database1 is not there, and its final snapshot is: database1-final-\d+ \(20 GiB, .*made .* ago\)\.$/,
    ),
    expect.stringMatching(
      /^Buddy-EFS is not there, and a copy of its files is: arn:.*:recovery-point:\S+ \(made .* ago\)\.$/,
    ),
  ]);
  answer.mockResolvedValueOnce("yes");
  await expect(asked()).rejects.toMatchObject({
    code: "refused",
    hint: expect.stringMatching(/up --from-snapshot database1-final-\d+, or buddyverse up --empty-database/),
  });
  answer.mockResolvedValueOnce("empty").mockResolvedValueOnce("yes");
  await expect(asked()).rejects.toMatchObject({
    code: "refused",
    hint: expect.stringMatching(/up --files arn:\S+, or buddyverse up --files none/),
  });
  answer.mockResolvedValueOnce("empty").mockResolvedValueOnce("r");
  await asked();
  expect(session.inputs.from).toEqual({ recoveryPoint, copyOf: expect.stringMatching(/^fs-/) });
  expect(answer).toHaveBeenLastCalledWith("Restore it, or begin without files? [restore/empty] ", expect.anything());
  session.inputs.from = undefined;
  // The files come with the database; that is asked once.
  answer.mockClear().mockResolvedValueOnce("r");
  await asked();
  expect(session.inputs.from).toEqual({ snapshot, recoveryPoint, copyOf: expect.stringMatching(/^fs-/) });
  expect(answer.mock.calls.map(([question]) => question)).toEqual([
    "Restore it, or begin with an empty database? [restore/empty] ",
  ]);
});
