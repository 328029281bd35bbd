import { writeFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { BuddyError, exitCodeOf, explain } from "../lib/errors.ts";
import { DRILLS } from "../verify/drills/result.ts";
import type { CommonOptions } from "./options.ts";

const EXIT_CODES = `
Exit codes: 0 done, nothing to do; 1 failed; 2 wrong usage or config; 3 differences found (status, plan
--detailed-exit-code), or a check that could not be made (verify); 4 locked by another run; 5 interrupted,
resumable; 6 wrong account or region for this state; 141 nobody read the output to its end.`;

const positive = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("It must be a whole number from 1.");
  return number;
};
const speed = (value: string): string => {
  if (value !== "max" && !(Number(value) > 0)) throw new InvalidArgumentError('It must be a number above 0, or "max".');
  return value;
};

function common(command: Command): Command {
  return command
    .option("--config <file>", "the config (default: buddyverse.config.json)")
    .option("--state <file>", "the state (default: buddyverse.state.json beside the config)")
    .option("--profile <name>", "the AWS profile to use")
    .option("--region <name>", "the AWS region, over the config's")
    .option("--sandbox", "run against the embedded AWS: no account, no network")
    .addOption(new Option("--sandbox-speed <times>", "how fast the sandbox's time goes").default("60").argParser(speed))
    .option("--chaos <faults>", "on the sandbox: what goes wrong, as throttle=0.3,lose-answer=0.05,seed=7")
    .addOption(new Option("--json", "one JSON document on stdout, nothing else there").conflicts("jsonLines"))
    .option("--json-lines", "events as JSON lines on stdout while it works")
    .option("--no-color", "no colours (so does NO_COLOR)")
    .option("--quiet", "only the result and failures")
    .option("--verbose", "more, with stack traces of failures")
    .option("--trace <file>", "write every AWS call as a JSON line")
    .option("--concurrency <n>", "AWS calls under way at the same time, at most (default: 16)", positive);
}

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n${EXIT_CODES}`;

/** Each command's work is loaded when it runs: `--help` and `--version` load neither the SDK nor the steps. */
function program(version: string, done: (code: number) => void): Command {
  const top = new Command("buddyverse")
    .description("Stands the BUDDYVERSE platform up on AWS, shows what it is, and takes it down again.")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "show help")
    .showHelpAfterError("(add --help for the options)")
    .addHelpText(
      "after",
      examples(
        "buddyverse up --sandbox --yes      rehearse the whole stack without an account",
        "buddyverse plan                   what up would do",
        "buddyverse up",
        "buddyverse status",
        "buddyverse down",
      ),
    );

  common(top.command("up"))
    .description("bring the stack to what the config says; safe to run again at any moment")
    .option("--yes", "answer every question with yes")
    .option("--step <name>", "only that step, and what it needs")
    .option("--replace", "allow what cannot be changed in place to be made anew, where it holds no data")
    .addHelpText(
      "after",
      examples(
        "buddyverse up",
        "buddyverse up --sandbox --yes",
        "buddyverse up --step load-balancer",
        "buddyverse up --yes --json-lines --trace calls.jsonl",
      ),
    )
    .action(async (options) => done(await (await import("./commands/up.ts")).up(options)));

  common(top.command("down"))
    .description("remove the stack, in reverse order, and look that nothing is left")
    .option("--yes", "answer every question with yes")
    .option("--discard-data", "leave no final snapshot of the database")
    .addHelpText(
      "after",
      examples("buddyverse down", "buddyverse down --sandbox --yes", "buddyverse down --discard-data"),
    )
    .action(async (options) => done(await (await import("./commands/down.ts")).down(options)));

  common(top.command("status"))
    .description("every resource against what was recorded and against the config, property by property")
    .addHelpText("after", examples("buddyverse status", "buddyverse status --json", "buddyverse status --sandbox"))
    .action(async (options) => done(await (await import("./commands/status.ts")).status(options)));

  common(top.command("plan"))
    .description("what up would do, how long it would take, and what it would cost")
    .option("--step <name>", "only that step, and what it needs")
    .option("--offline", "ask nobody: plan from the config alone, as for an empty account")
    .option("--detailed-exit-code", "exit 3 when there is something to do")
    .addHelpText(
      "after",
      examples("buddyverse plan", "buddyverse plan --offline", "buddyverse plan --detailed-exit-code --json"),
    )
    .action(async (options) => done(await (await import("./commands/plan.ts")).plan(options)));

  common(top.command("verify"))
    .description("proves the requirements R1 to R6 on the running stack; what a check writes, it removes again")
    .addOption(
      new Option("--drill <name>", "then break something on purpose, watch it heal, put it back").choices([
        ...DRILLS,
        "all",
      ]),
    )
    .option("--report <file>", "write what came out as one HTML page, with the curves of the drills")
    .option("--yes", "answer every question with yes")
    .addHelpText(
      "after",
      examples(
        "buddyverse verify",
        "buddyverse verify --json",
        "buddyverse verify --drill lost-instance --report drill.html",
        "buddyverse verify --sandbox --sandbox-speed max --drill all --yes",
      ),
    )
    .action(async (options) => done(await (await import("./commands/verify.ts")).verify(options)));

  common(top.command("outputs"))
    .description("site URL, load balancer, database endpoints, ssh commands")
    .addHelpText("after", examples("buddyverse outputs", "buddyverse outputs --json"))
    .action(async (options) => done(await (await import("./commands/outputs.ts")).outputs(options)));

  common(top.command("cost"))
    .description("monthly estimate by part, with the alternatives side by side; asks nobody without --live")
    .option(
      "--usage <name=value>",
      "assume another use, as dataOutGB=500 or lcu=0.1:1:4 (low:typical:high)",
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .option("--live", "ask AWS for its prices first, and keep them in buddyverse.prices.json beside the config")
    .addHelpText(
      "after",
      examples(
        "buddyverse cost",
        "buddyverse cost --usage dataOutGB=500",
        "buddyverse cost --live",
        "buddyverse cost --live --region eu-central-1",
        "buddyverse cost --json",
      ),
    )
    .action(async (options) => done(await (await import("./commands/cost.ts")).cost(options)));

  common(top.command("graph"))
    .description("the stack as a picture: steps, resources and what needs what; asks nobody")
    .addOption(
      new Option("--format <kind>", "mermaid, svg, or html: one page that needs nothing else")
        .choices(["mermaid", "svg", "html"])
        .default("mermaid"),
    )
    .addHelpText(
      "after",
      examples(
        "buddyverse graph",
        "buddyverse graph --format svg > stack.svg",
        "buddyverse graph --format html > stack.html",
      ),
    )
    .action(async (options) => done(await (await import("./commands/graph.ts")).graph(options)));

  common(top.command("doctor"))
    .description("before up: credentials, permissions, quotas, offers, images, domain, names, clock; changes nothing")
    .addHelpText("after", examples("buddyverse doctor", "buddyverse doctor --json", "buddyverse doctor --sandbox"))
    .action(async (options) => done(await (await import("./commands/doctor.ts")).doctor(options)));

  common(top.command("policy"))
    .description("the smallest IAM policy that up, status and down need for this config, as JSON; asks nobody")
    .option("--part <n>", "only this policy, where there are several", positive)
    .addOption(
      new Option("--with <commands...>", "also what these need").choices(["verify", "drills", "doctor", "cost-live"]),
    )
    .addHelpText(
      "after",
      examples(
        "buddyverse policy",
        "buddyverse policy --with verify drills doctor cost-live     all that any command needs",
        "buddyverse policy --part 1 > policy-1.json",
        "aws iam create-policy --policy-name buddyverse-1 --policy-document file://policy-1.json",
      ),
    )
    .action(async (options) => done(await (await import("./commands/policy.ts")).policy(options)));

  common(top.command("init"))
    .description("write a config, asking the few questions that matter")
    .option("--yes", "ask nothing, take the defaults")
    .addHelpText("after", examples("buddyverse init", "buddyverse init --yes --config stage.config.json"))
    .action(async (options) => done(await (await import("./commands/init.ts")).init(options)));

  common(top.command("unlock"))
    .description("break a lock that another machine's run left behind")
    .argument("<id>", "the lock's id, as the error named it")
    .addHelpText("after", examples("buddyverse unlock 2f6c0a52"))
    .action(async (id, options) => done(await (await import("./commands/unlock.ts")).unlock(id, options)));

  common(top.command("sandbox"))
    .description("the embedded AWS: look inside, empty it, break things in it")
    .argument("[action]", "show, reset, fail or mend", "show")
    .argument("[what...]", "of fail: what, and which")
    .addHelpText(
      "after",
      examples(
        "buddyverse sandbox",
        "buddyverse sandbox reset",
        "buddyverse sandbox fail capacity t3.micro     EC2 has none of them from now on",
        "buddyverse sandbox fail az ap-northeast-2a",
        "buddyverse sandbox mend",
      ),
    )
    .action(async (action, what, options) =>
      done(await (await import("./commands/sandbox.ts")).sandbox(action, what, options)),
    );

  // Before anything else happens: a trace of a run that sent nothing is empty, not missing.
  top.hook("preAction", (_top, command) => startTrace(command.opts<CommonOptions>().trace));

  const quiet = (command: Command): void => {
    command.exitOverride();
    for (const sub of command.commands) quiet(sub);
  };
  quiet(top);
  return top;
}

function startTrace(file: string | undefined): void {
  if (file === undefined) return;
  try {
    writeFileSync(file, "", { mode: 0o600 });
  } catch (error) {
    throw new BuddyError({
      code: "usage",
      message: `the trace ${file} cannot be written`,
      about: { file },
      hint: "Name a file in a folder that is there and writable: --trace FILE.",
      cause: error,
    });
  }
}

/** A command that is copied from a rehearsal's error must not reach AWS. */
const onSandbox = (text: string): string =>
  text.replace(
    /\bbuddyverse (up|down|status|plan|verify|outputs|unlock|doctor)\b(?! --sandbox)/g,
    "buddyverse $1 --sandbox",
  );

/** Runs the command line. Answers the exit code; prints errors on stderr, or as JSON on stdout with --json. */
export async function run(argv: readonly string[], version: string): Promise<number> {
  let code = 0;
  try {
    await program(version, (given) => {
      code = given;
    }).parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const staged = argv.includes("--sandbox") ? onSandbox : (text: string) => text;
    if (argv.includes("--json") || argv.includes("--json-lines")) {
      const { code: kind, message, about, hint, problems } = known(error);
      process.stdout.write(
        `${JSON.stringify({ error: { code: kind, message, about, hint: hint && staged(hint), problems } })}\n`,
      );
    }
    // Commander has said its own already.
    if (error instanceof CommanderError) return 2;
    process.stderr.write(`${staged(explain(error, { verbose: argv.includes("--verbose") }))}\n`);
    return exitCodeOf(error);
  }
}

function known(error: unknown): BuddyError {
  if (error instanceof BuddyError) return error;
  if (!(error instanceof CommanderError)) return new BuddyError({ code: "internal", message: String(error) });
  const [message = "", hint] = error.message.replace(/^error: /, "").split("\n");
  return new BuddyError({ code: "usage", message, hint: hint?.replace(/^\(|\)$/g, "") ?? "See `buddyverse --help`." });
}
