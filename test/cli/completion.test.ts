/** The scripts in the shells that read them: what they offer for a line that is being typed. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { needs } from "../tools.ts";
import { type Folder, folder } from "./folder.ts";

async function withScript(shell: "bash" | "zsh" | "fish"): Promise<Folder & { readonly script: string }> {
  const on = folder();
  mkdirSync(join(on.path, "more"));
  for (const name of ["stage.json", "stack plan", "notes.txt"]) writeFileSync(join(on.path, name), "");
  const { code, stdout, stderr } = await on.run(`completion ${shell}`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const script = join(on.path, `script.${shell}`);
  writeFileSync(script, stdout);
  return { ...on, script };
}

/** What is typed, the last word at the cursor, and some of what is offered, all of it, or none. */
const TYPED: readonly (readonly [line: string, some: readonly string[], not: readonly string[]])[] = [
  ["", ["up", "down", "completion", "help"], ["--yes"]],
  ["st", ["status"], ["up"]],
  ["up --re", ["--refresh-image", "--replace"], ["--config"]],
  ["status --a", ["--accept"], ["--allow-outage"]],
  ["verify --drill lost-", ["lost-nat", "lost-zone", "lost-primary"], ["all", "dead-web"]],
  ["graph --format ", ["mermaid", "svg", "html"], ["stage.json"]],
  ["restore ", ["database", "files"], ["up"]],
  ["restore --to latest --sandbox ", ["database", "files"], []],
  ["restore database ", [], ["database", "files"]],
  ["logs app ", ["apache", "boot"], []],
  ["policy --with verify dr", ["drills"], ["verify"]],
  ["plan --config ", ["stage.json", "buddyverse.config.json"], ["notes.txt", "stack plan"]],
  ["up s", ["stage.json", "stack plan"], ["status"]],
  ["help re", ["releases", "restore"], ["up"]],
  ["up --from-snapshot ", ["latest"], ["stack plan"]],
  // What a script asks the program for, and with which words.
  ["history ", ["runs of history"], []],
  ["plan --step ", ["steps of plan --step"], []],
  ["up --sandbox --mend ", ["keys of up --sandbox --mend"], ["stack plan"]],
  ["ssh bastion ", ["machines of ssh bastion"], ["bastion"]],
  ["sandbox fail az ", ["sandbox of sandbox fail az"], ["reset"]],
];

test("bash", needs("bash"), async () => {
  const on = await withScript("bash");
  const lines = TYPED.map(([line]) => {
    const words = ["buddyverse", ...line.split(" ")].map((word) => `'${word}'`);
    return `COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; COMPREPLY=(); _buddyverse; printf '%s\\n' "\${COMPREPLY[@]}"; echo ---`;
  });
  const equals = "COMP_WORDS=(buddyverse verify --drill = sc); COMP_CWORD=4; _buddyverse; echo $COMPREPLY";
  const program = `buddyverse() { local IFS=' '; echo "$4 of \${*:6}"; }`;
  const text = [`source '${on.script}'`, program, ...lines, equals].join("\n");
  const answers = execFileSync("bash", ["--norc", "-u", "-c", text], { cwd: on.path, encoding: "utf8" }).split("---\n");
  for (const [index, [line, some, not]] of TYPED.entries()) {
    const offered = (answers[index] ?? "").split("\n");
    expect({ line, offered }).toEqual({ line, offered: expect.arrayContaining([...some]) });
    expect({ line, wrong: offered.filter((one) => not.includes(one)) }).toEqual({ line, wrong: [] });
  }
  expect(answers.at(-1)).toBe("scale-out\n");
});

test("fish", needs("fish"), async () => {
  const on = await withScript("fish");
  const lines = TYPED.map(([line]) => `complete -C 'buddyverse ${line}'; echo ---`);
  const program = 'function buddyverse; echo "$argv[4] of $argv[6..-1]"; end';
  const answers = execFileSync("fish", ["--no-config", "-c", [`source '${on.script}'`, program, ...lines].join("\n")], {
    cwd: on.path,
    encoding: "utf8",
    env: { ...process.env, HOME: on.path },
  }).split("---\n");
  for (const [index, [line, some, not]] of TYPED.entries()) {
    // fish counts the values of options as words, and offers other files after those that fit.
    if (line.includes("--to latest") || line.includes("--config")) continue;
    const offered = (answers[index] ?? "").split("\n").map((one) => one.split("\t")[0]?.replaceAll("\\", ""));
    expect({ line, offered }).toEqual({ line, offered: expect.arrayContaining([...some]) });
    expect({ line, wrong: offered.filter((one) => not.includes(one ?? "")) }).toEqual({ line, wrong: [] });
  }
});

test("what only the files here know: asked of nobody, and nothing where there is nothing", async () => {
  const on = folder({ app: { secrets: ["STRIPE_KEY"] }, monitoring: { email: "ops@example.com" } });
  const offered = async (kind: string, line: string) =>
    (await on.run(`completion bash --values ${kind} -- ${line}`)).stdout.split("\n").filter((one) => one !== "");
  expect(await offered("runs", "history --sandbox")).toEqual([]);
  expect((await on.rehearse("up --yes --quiet --step vpc")).code).toBe(0);
  expect(await offered("runs", "history --sandbox")).toEqual(["1"]);
  expect(await offered("keys", "status --sandbox --accept")).toEqual(["vpc"]);
  expect(await offered("keys", "status --accept")).toEqual([]);
  expect(await offered("outputs", "outputs --sandbox")).toEqual(expect.arrayContaining(["site", "database.writer"]));
  expect(await offered("machines", "ssh bastion")).toEqual(["1", "2"]);
  expect(await offered("steps", "up --step")).toEqual(expect.arrayContaining(["vpc", "load-balancer"]));
  expect(await offered("secrets", "secret set")).toEqual(["STRIPE_KEY"]);
  expect(await offered("secrets", "secret set --config none.json")).toEqual([]);
  expect(await offered("sandbox", "sandbox confirm")).toEqual(["ops@example.com"]);
  expect(await offered("sandbox", "sandbox fail")).toEqual(expect.arrayContaining(["az", "nat", "release-command"]));
  expect(await offered("sandbox", "sandbox fail nat")).toEqual(["fails", "hangs"]);
  await on.run("sandbox fail nat hangs");
  expect(await offered("sandbox", "sandbox mend")).toEqual(["nat"]);
  expect(await offered("sandbox", "sandbox fail nat hangs")).toEqual([]);
  expect(await offered("of nobody", "")).toEqual([]);
});

// Its completions need a terminal: only that it reads the script, and finds what completes the command.
test("zsh", needs("zsh"), async () => {
  const on = await withScript("zsh");
  const text = `autoload -Uz compinit; compinit -D -u; source '${on.script}'; print $_comps[buddyverse]; which _buddyverse | grep -c lost-zone`;
  const said = execFileSync("zsh", ["-f", "-c", text], {
    cwd: on.path,
    encoding: "utf8",
    env: { ...process.env, HOME: on.path },
  });
  expect(said).toBe("_buddyverse\n1\n");
});
