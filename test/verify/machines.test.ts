import { expect, test } from "vitest";
import { jumpingClock } from "../../src/lib/clock.ts";
import { CheckFailed } from "../../src/verify/check.ts";
import { type Cancellable, type Invocation, machinesBy, runOnce } from "../../src/verify/machines.ts";
import { scriptFor } from "../../src/verify/scripts.ts";

const SCRIPT = scriptFor("requests", "abc");
const ended = (output: string, exitCode = 0, errors = ""): Invocation => ({ state: "ended", exitCode, output, errors });
const signal = new AbortController().signal;

/** @param results what each look at an instance's command gives, in turn; the last one stays. */
function room(results: Readonly<Record<string, readonly Invocation[]>>, online: (look: number) => readonly string[]) {
  const sent: string[] = [];
  const looks = new Map<string, number>();
  let asked = 0;
  const commands: Cancellable = {
    online: async () => new Set(online(asked++)),
    async send(ids, script, about, seconds) {
      sent.push(`${about} to ${ids.join(" ")}: ${seconds ?? script.length}`);
      return "command";
    },
    async cancel(_command, id) {
      sent.push(`cancel on ${id}`);
    },
    async result(_command, id) {
      const look = looks.get(id) ?? 0;
      looks.set(id, look + 1);
      const given = results[id] ?? [];
      return given[Math.min(look, given.length - 1)] as Invocation;
    },
  };
  const clock = jumpingClock(0);
  return { machines: machinesBy(commands, clock, signal), commands, sent, clock, looks };
}

test("one command to all, looked at until each has ended", async () => {
  const { machines, sent, looks } = room(
    { "i-1": [{ state: "under-way" }, { state: "under-way" }, ended("1\n")], "i-2": [ended("2\n")] },
    () => ["i-1", "i-2"],
  );
  expect([...(await machines.run(["i-1", "i-2"], SCRIPT))]).toEqual([
    ["i-1", "1\n"],
    ["i-2", "2\n"],
  ]);
  expect(sent).toEqual([`requests to i-1 i-2: ${SCRIPT.length}`]);
  expect(looks.get("i-1")).toBe(3);
});

test("a script that ends with an error refutes, by its last line", async () => {
  const { machines } = room({ "i-1": [ended("", 1, "warning\nreplica: MySQL error 2003\n")] }, () => ["i-1"]);
  const error = await machines.run(["i-1"], SCRIPT).catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(CheckFailed);
  expect((error as Error).message).toBe("requests on i-1: replica: MySQL error 2003");
});

test("an agent that comes online late is waited for; one that never does leaves the question open", async () => {
  const late = room({ "i-1": [ended("1")] }, (look) => (look < 4 ? [] : ["i-1"]));
  expect((await late.machines.run(["i-1"], SCRIPT)).get("i-1")).toBe("1");
  const never = room({}, () => []);
  const error = await never.machines.run(["i-1"], SCRIPT).catch((failure: unknown) => failure);
  expect(error).not.toBeInstanceOf(CheckFailed);
  expect((error as Error).message).toContain("does not reach i-1");
  expect(never.sent).toEqual([]);
});

test("a command that is lost, or does not end, leaves the question open, after all others have ended", async () => {
  const lost = room(
    { "i-1": [{ state: "lost", why: "Undeliverable" }], "i-2": [{ state: "under-way" }, ended("2")] },
    () => ["i-1", "i-2"],
  );
  await expect(lost.machines.run(["i-1", "i-2"], SCRIPT)).rejects.toThrow("Undeliverable");
  expect(lost.looks.get("i-2")).toBe(2);
  const stuck = room({ "i-1": [{ state: "under-way" }] }, () => ["i-1"]);
  await expect(stuck.machines.run(["i-1"], SCRIPT)).rejects.toThrow("did not end in time");
});

test("a command that people give ends however it ends; the signal cancels it, and what came of it is the answer", async () => {
  const run = { instanceId: "i-1", script: SCRIPT, seconds: 900 };
  const underWay: Invocation = { state: "under-way" };
  const failed = room({ "i-1": [underWay, ended("half\n", 3)] }, () => ["i-1"]);
  expect(await runOnce(failed.commands, failed.clock, run, signal)).toEqual(ended("half\n", 3));
  expect(failed.sent).toEqual(["requests to i-1: 900"]);

  const controller = new AbortController();
  const gone: Invocation = { state: "lost", why: "Cancelled" };
  const cancelled = room({ "i-1": [underWay, underWay, gone] }, () => ["i-1"]);
  const result = async (command: string, id: string) => {
    if (cancelled.looks.get("i-1") === 1) controller.abort(new Error("Ctrl-C"));
    return cancelled.commands.result(command, id);
  };
  expect(await runOnce({ ...cancelled.commands, result }, cancelled.clock, run, controller.signal)).toEqual(gone);
  expect(cancelled.sent).toEqual(["requests to i-1: 900", "cancel on i-1"]);
  await expect(runOnce(cancelled.commands, cancelled.clock, run, controller.signal)).rejects.toThrow("Ctrl-C");
  expect(cancelled.sent).toHaveLength(2);

  const stuck = room({ "i-1": [underWay] }, () => ["i-1"]);
  const began = stuck.clock.now();
  expect(await runOnce(stuck.commands, stuck.clock, run, signal)).toBeUndefined();
  expect(stuck.clock.now() - began).toBeGreaterThan(900_000);
});
