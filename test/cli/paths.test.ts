import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { CommonOptions } from "../../src/cli/options.ts";
import { isStackFile, pathsOf } from "../../src/cli/paths.ts";

function folder(files: Readonly<Record<string, unknown>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), "buddyverse-paths-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(path, name), typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** The names of the state and of the key, of a run in that folder. */
function filesOf(path: string, { config, state, ...options }: Partial<CommonOptions>) {
  const paths = pathsOf({
    config: join(path, config ?? "buddyverse.config.json"),
    ...(state === undefined ? {} : { state: join(path, state) }),
    color: false,
    ...options,
  });
  return [basename(paths.state), basename(paths.key)];
}

test.each([
  [{}, "buddyverse.state.json", "Buddy-Project"],
  [{ sandbox: true }, "buddyverse.sandbox.json", "Buddy-Project.sandbox"],
  [{ config: "stage.config.json" }, "stage.state.json", "Buddy-Project-stage"],
  [{ config: "stage.config.json", sandbox: true }, "stage.sandbox.json", "Buddy-Project-stage.sandbox"],
  [{ config: "stage.json" }, "stage.state.json", "Buddy-Project-stage"],
  [{ config: "sandbox.config.json" }, "sandbox.state.json", "Buddy-Project-sandbox"],
  [{ config: ".config.json" }, "buddyverse.state.json", "Buddy-Project"],
  [{ state: "second.state.json" }, "second.state.json", "Buddy-Project-second"],
  [{ state: "second.state.json", sandbox: true }, "second.sandbox.json", "Buddy-Project-second.sandbox"],
  [{ state: "second.sandbox.json", sandbox: true }, "second.sandbox.json", "Buddy-Project-second.sandbox"],
  [{ config: "stage.config.json", state: "other.json" }, "other.json", "Buddy-Project-other"],
])("of %j the state is %s and the key %s", (options, state, key) => {
  expect(filesOf(folder(), options)).toEqual([state, key]);
});

const OURS = { stack: "buddyverse", region: "ap-northeast-2" };

test("a variant of a config goes on with the state of the same stack and region", () => {
  const path = folder({ "bigger.json": { web: { max: 8 } }, "buddyverse.state.json": OURS });
  expect(filesOf(path, { config: "bigger.json" })).toEqual(["buddyverse.state.json", "Buddy-Project"]);
  const { insteadOf } = pathsOf({ config: join(path, "bigger.json"), color: false });
  expect(insteadOf).toBe(join(path, "bigger.state.json"));
  // Not on the sandbox, which has a file of its own; nor with a state of another stack or region, or one that is named.
  expect(filesOf(path, { config: "bigger.json", sandbox: true })[0]).toBe("bigger.sandbox.json");
  expect(filesOf(path, { config: "bigger.json", region: "eu-central-1" })[0]).toBe("bigger.state.json");
  expect(filesOf(path, { config: "bigger.json", state: "bigger.state.json" })[0]).toBe("bigger.state.json");
  writeFileSync(join(path, "bigger.json"), JSON.stringify({ stack: "staging" }));
  expect(filesOf(path, { config: "bigger.json" })[0]).toBe("bigger.state.json");
  // Its own state is the better one as soon as it is there.
  writeFileSync(join(path, "bigger.json"), "{}");
  writeFileSync(join(path, "bigger.state.json"), JSON.stringify(OURS));
  expect(filesOf(path, { config: "bigger.json" })[0]).toBe("bigger.state.json");
});

test("and with a sandbox that holds the same stack, also while it is served", () => {
  const path = folder({ "bigger.json": {}, "buddyverse.sandbox.json": { world: {}, state: OURS } });
  expect(filesOf(path, { config: "bigger.json", sandbox: true })[0]).toBe("buddyverse.sandbox.json");
  writeFileSync(join(path, "buddyverse.sandbox.json"), JSON.stringify({ world: {} }));
  expect(filesOf(path, { config: "bigger.json", sandbox: true })[0]).toBe("bigger.sandbox.json");
  writeFileSync(join(path, "buddyverse.sandbox.json.state"), JSON.stringify(OURS));
  expect(filesOf(path, { config: "bigger.json", sandbox: true })[0]).toBe("buddyverse.sandbox.json");
});

test("a state or a config that cannot be read is nobody's", () => {
  const path = folder({ "bigger.json": "{}", "buddyverse.state.json": "{ torn" });
  expect(filesOf(path, { config: "bigger.json" })[0]).toBe("bigger.state.json");
  writeFileSync(join(path, "buddyverse.state.json"), JSON.stringify(OURS));
  writeFileSync(join(path, "bigger.json"), "{ torn");
  expect(filesOf(path, { config: "bigger.json" })[0]).toBe("bigger.state.json");
});

test("a key that lies where all keys lay once is its stack's", () => {
  const path = folder({
    "stage.config.json": { stack: "staging" },
    "Buddy-Project.pem.pub": "ssh-ed25519 A Buddy-Project@staging\n",
  });
  expect(filesOf(path, { config: "stage.config.json" })).toEqual(["stage.state.json", "Buddy-Project"]);
  writeFileSync(join(path, "Buddy-Project-stage.pem"), "");
  expect(filesOf(path, { config: "stage.config.json" })[1]).toBe("Buddy-Project-stage");
  expect(filesOf(path, { config: "other.json" })[1]).toBe("Buddy-Project-other");
});

test.each([
  ["stage.state.json", true],
  ["stage.state.json.backup", true],
  ["stage.sandbox.json.history.jsonl", true],
  ["Buddy-Project.pem", true],
  ["Buddy-Project-stage.sandbox.pem.pub", true],
  ["Buddy-Project-stage.pem.4711.tmp", true],
  ["Buddy-Project-stage.staging.ssh_config", true],
  ["Buddy-Project-notes.md", false],
  ["state.json", false],
  ["stage.config.json", false],
])("%s is a file of a stack: %s", (name, expected) => {
  expect(isStackFile(join("/any/folder", name))).toBe(expected);
});
