import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { LOGS } from "../../steps/log-names.ts";
import { DRILLS } from "../verify/drills/result.ts";
import type { PlanOptions } from "./commands/plan.ts";

/** What commander hands to a command: its arguments, then its options. */
type Act = (...given: never[]) => Promise<number>;

/** The groups of commands, in the order of `--help`. */
export const GROUPS = {
  start: "To begin:",
  stack: "The stack:",
  site: "The site and its machines:",
  data: "Its data:",
  tool: "This tool:",
} as const;

/** One command as the command line knows it. Its work is loaded when it runs: `--help` loads neither the SDK nor the steps. */
export interface CommandEntry {
  readonly name: string;
  readonly group: keyof typeof GROUPS;
  readonly description: string;
  /** Each a line to copy; after two spaces or more, what it is for. */
  readonly examples: readonly string[];
  /** Its own arguments and options, beside those that every command has. */
  readonly own?: (command: Command) => Command;
  /** What else its help says, after the options. */
  readonly notes?: string;
  /** It never talks to AWS. */
  readonly offline?: true;
  /** Those of the shared options that mean something to it, where not all do: its help shows no others. */
  readonly shared?: "files" | "output";
  /** What comes after `--` is a command of another program: its words reach the command as the option `words`. */
  readonly takesWords?: true;
  readonly load: () => Promise<Act>;
}

export const positive = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("It must be a whole number from 1.");
  return number;
};

const port = (value: string): number => {
  const number = positive(value);
  if (number > 65_535) throw new InvalidArgumentError("A port is 1 to 65535.");
  return number;
};
const anyPort = (value: string): number => (value === "0" ? 0 : port(value));

/** What `sandbox fail` takes, and what each is about: the services of the sandbox say more of it. */
export const SANDBOX_FAILURES = [
  "capacity TYPE",
  "az ZONE",
  "launch TYPE",
  "verification",
  "database NAME",
  "database-class CLASS",
  "replication NAME",
  "snapshot NAME",
  "certificate",
  "mount-target",
  "backup-job",
  "restore-job",
  "builder",
  "release N",
  "release-command",
  "nat fails|hangs",
];
const SANDBOX_ACTIONS = ["show", "reset", "fail", "mend", "delegate", "confirm", "serve", "env"];

const RUN_NOTES =
  "It runs as the application's user, in its folder and environment, without a terminal and without input. AWS keeps the words, and what is printed, for 30 days (Run Command's history): name no secret in them.";
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };
/** The longest that AWS-RunShellScript takes (its executionTimeout). */
const LONGEST_SECONDS = 172_800;
const timeout = (text: string): { readonly text: string; readonly seconds: number } => {
  const [, number, unit = ""] = /^([1-9]\d*)([smh])$/.exec(text) ?? [];
  const seconds = Number(number) * (SECONDS[unit] ?? Number.NaN);
  if (!(seconds <= LONGEST_SECONDS))
    throw new InvalidArgumentError("It must be a time as 90s, 10m or 2h, at most 48h.");
  return { text, seconds };
};

/** An option that may be said several times. */
const repeated = (flags: string, description: string) =>
  new Option(flags, description).argParser((value: string, before: readonly string[] = []) => [...before, value]);

const withYes = (command: Command) => command.option("--yes", "answer every question with yes");
const withRefresh = (command: Command) =>
  command.option(
    "--refresh-image",
    "make a new web image from today's base and packages, and replace the instances in turn",
  );
const withTimeline = (command: Command) =>
  command.option("--timeline <file>", "draw what was done when, however it ends: a page (.html) or the chart (.svg)");
const withStep = (command: Command) => command.option("--step <name>", "only that step, and what it needs");

const withAllowed = (command: Command) =>
  command
    .option("--replace", "allow what cannot be changed in place to be recreated, where it holds no data")
    .option("--allow-outage", "with --yes: allow changes during which a database is away, or reboots")
    .addOption(repeated("--upgrade <name>", "allow what cannot be taken back, as another major version of a database"));

const withFrom = (command: Command) =>
  command
    .option(
      "--from-snapshot <id>",
      'make a database that is not there of this snapshot, or of the "latest"; the files come with it',
    )
    .option(
      "--files <arn>",
      'make a file system that is not there of this recovery point, of the "latest", or of "none"; with --from-snapshot: of the latest',
    )
    .addOption(
      new Option("--empty-database", "begin with an empty database although a snapshot of it is there").conflicts(
        "fromSnapshot",
      ),
    )
    .option(
      "--open-vault",
      "open the access policy of the files' vault while their restore is started, and close it again",
    );

/** The commands, in the order of `--help`. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "init",
    group: "start",
    description: "write a config, asking the few questions that matter",
    offline: true,
    shared: "files",
    own: (command) => command.option("--yes", "ask nothing, take the defaults"),
    examples: [
      "buddyverse init",
      'buddyverse init --yes --config stage.config.json      a stack "stage", beside another',
      "buddyverse init --config eu.config.json --region eu-central-1",
    ],
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    name: "sandbox",
    group: "start",
    description:
      "the embedded AWS: look inside, empty it, break things in it, do what only a person can, serve it over HTTP",
    offline: true,
    own: (command) =>
      withYes(command)
        .addArgument(new Argument("[action]", "what to do").choices(SANDBOX_ACTIONS).default("show"))
        .argument("[what...]", "of fail and mend: what, and which; the domain; the e-mail address")
        .option("--port <n>", "of serve: on this machine's loopback; 0: any free one (default: 4570)", anyPort),
    notes: `What can fail: ${SANDBOX_FAILURES.join(", ")}.`,
    examples: [
      "buddyverse sandbox",
      "buddyverse sandbox reset",
      "buddyverse sandbox fail capacity t3.micro     EC2 has none of them from now on",
      "buddyverse sandbox fail az ap-northeast-2a",
      "buddyverse sandbox mend",
      "buddyverse sandbox delegate example.com      as you would at the registrar",
      "buddyverse sandbox confirm ops@example.com   follows the link in AWS's mail",
      "buddyverse sandbox serve                     answers over HTTP, to every client of AWS, until Ctrl-C",
      'eval "$(buddyverse sandbox env)"              your aws and scripts talk to it from now on',
    ],
    load: async () => (await import("./commands/sandbox.ts")).sandbox,
  },
  {
    name: "cost",
    group: "start",
    description: "monthly estimate by part, with the alternatives side by side; asks nobody without --live",
    own: (command) =>
      command
        .addOption(
          repeated("--usage <name=value>", "assume another use, as dataOutGB=500 or lcu=0.1:1:4 (low:typical:high)"),
        )
        .option("--live", "ask AWS for its prices first, and keep them in buddyverse.prices.json beside the config"),
    examples: [
      "buddyverse cost",
      "buddyverse cost --usage dataOutGB=500",
      "buddyverse cost --live",
      "buddyverse cost --live --region eu-central-1",
      "buddyverse cost --json",
    ],
    load: async () => (await import("./commands/cost.ts")).cost,
  },
  {
    name: "doctor",
    group: "start",
    description: "before up: credentials, permissions, quotas, offers, images, domain, names, clock; changes nothing",
    examples: ["buddyverse doctor", "buddyverse doctor --json", "buddyverse doctor --sandbox"],
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "policy",
    group: "start",
    description: "the smallest IAM policy that up, status and down need for this config, as JSON; asks nobody",
    offline: true,
    shared: "files",
    own: (command) =>
      command
        .addOption(
          new Option("--part <n>", "only this policy, where there are several")
            .argParser(positive)
            .conflicts("outputDir"),
        )
        .option("--output-dir <folder>", "write each policy to a file there, and print the commands that attach them")
        .option("--read-only", "only what plan, status and other commands that look need")
        .addOption(
          new Option("--with <commands...>", "also what these need").choices([
            "verify",
            "drills",
            "rotate",
            "run",
            "restore-files",
            "logs",
            "doctor",
            "cost-live",
            "stacks",
          ]),
        ),
    examples: [
      "buddyverse policy",
      "buddyverse policy --with verify drills rotate run restore-files logs doctor cost-live stacks     all that any command needs",
      "buddyverse policy --output-dir policies                     a file for each part, and the aws commands to copy",
      "buddyverse policy --read-only                               for plan on a pull request (docs/ci.md)",
      "buddyverse policy --part 1",
    ],
    load: async () => (await import("./commands/policy.ts")).policy,
  },
  {
    name: "graph",
    group: "start",
    description:
      "the stack as a picture: its zones and subnets, what is in them and who reaches whom; with a state, how it stands",
    own: (command) =>
      command
        .addOption(
          new Option(
            "--format <kind>",
            "text (the default on a terminal), svg (in a pipe), or html: one page that needs nothing else; of --dependencies also mermaid",
          ).choices(["text", "svg", "html", "mermaid"]),
        )
        .option("--output <file>", "write it there; the end of its name says the format: .svg, .html, .txt, .mmd")
        .option("--open", "open it in the browser")
        .addOption(new Option("--refresh", "ask AWS how it stands, instead of the state").conflicts("dependencies"))
        .option("--dependencies", "what needs what instead: steps, resources and arrows"),
    examples: [
      "buddyverse graph",
      "buddyverse graph --output stack.svg",
      "buddyverse graph --open",
      "buddyverse graph --refresh --output stack.html",
      "buddyverse graph --dependencies > stack.mmd",
    ],
    load: async () => (await import("./commands/graph.ts")).graph,
  },
  {
    name: "plan",
    group: "stack",
    description: "what up would do, how long it would take, and what it would cost",
    own: (command) =>
      withAllowed(withFrom(withRefresh(withStep(command))))
        .addOption(
          new Option("--offline", "ask nobody: plan from the config alone, as for an empty account").conflicts([
            "out",
            "fromSnapshot",
            "files",
          ]),
        )
        .option("--out <file>", "save the plan, for `up FILE`")
        .addOption(new Option("--markdown", "the plan as a comment on a pull request").conflicts(["json", "jsonLines"]))
        .option("--detailed-exit-code", "exit 3 when there is something to do"),
    examples: [
      "buddyverse plan",
      "buddyverse plan --offline",
      "buddyverse plan --out stack.plan",
      "buddyverse plan --markdown > plan.md && gh pr comment --body-file plan.md",
      "buddyverse plan --detailed-exit-code --json",
    ],
    // Without what speaks to AWS, where nobody is asked.
    load: async () => async (options: PlanOptions & { readonly offline?: boolean }) =>
      options.offline
        ? (await import("./commands/plan-offline.ts")).planOfConfig(options)
        : (await import("./commands/plan.ts")).plan(options),
  },
  {
    name: "up",
    group: "stack",
    description: "bring the stack to what the config says; safe to run again at any moment",
    own: (command) =>
      withTimeline(
        withAllowed(
          withFrom(withRefresh(withStep(withYes(command.argument("[file]", "a plan that `plan --out` wrote"))))),
        ),
      ).addOption(
        repeated(
          "--mend <key>",
          "put back what others changed of an object, by its key or name, where the config leaves it open",
        ),
      ),
    examples: [
      "buddyverse up",
      "buddyverse up stack.plan",
      "buddyverse up --sandbox --yes",
      "buddyverse up --step load-balancer",
      "buddyverse up --refresh-image",
      "buddyverse up --mend target-group",
      "buddyverse up --from-snapshot latest",
      "buddyverse up --from-snapshot latest --files none",
      "buddyverse up --timeline up.html",
      "buddyverse up --yes --json-lines --trace calls.jsonl",
    ],
    load: async () => (await import("./commands/up.ts")).up,
  },
  {
    name: "status",
    group: "stack",
    description: "every resource against what was recorded and against the config, property by property",
    own: (command) =>
      command
        .option(
          "--managed",
          "only the stack's own objects: do not look for what others hung on them, or put into the VPC",
        )
        .option("--coverage", "what becomes of each property: managed, watched, ignored and why, not read and why")
        .addOption(
          repeated(
            "--accept <key>",
            "take an object, by its key or name, as others have made it: that is no change any more",
          ),
        )
        .addOption(
          new Option("--watch [seconds]", "look again every 30 seconds, or as many as are named, until Ctrl-C")
            .argParser(positive)
            .conflicts(["json", "accept", "coverage"]),
        ),
    examples: [
      "buddyverse status",
      "buddyverse status --json",
      "buddyverse status --managed",
      "buddyverse status --coverage",
      "buddyverse status --accept nat-instance-1",
      "buddyverse status --watch 60",
      "buddyverse status --sandbox",
    ],
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    name: "verify",
    group: "stack",
    description: "proves the requirements R1 to R6 on the running stack; what a check writes, it removes again",
    own: (command) =>
      withYes(
        command
          .addOption(
            new Option("--drill <name>", "then break something on purpose, watch it heal, put it back").choices([
              ...DRILLS,
              "all",
            ]),
          )
          .option("--report <file>", "write what came out as one HTML page, with the curves of the drills"),
      ),
    examples: [
      "buddyverse verify",
      "buddyverse verify --json",
      "buddyverse verify --drill lost-instance --report drill.html",
      "buddyverse verify --sandbox --sandbox-speed max --drill all --yes",
    ],
    load: async () => (await import("./commands/verify.ts")).verify,
  },
  {
    name: "outputs",
    group: "stack",
    description: "site, load balancer, databases, bastions, dashboard: from the state, without credentials",
    own: (command) =>
      command
        .argument("[name]", "only this value, as it is, for a script: site, database.writer, bastions.0.address, …")
        .option("--refresh", "ask AWS instead of the state, also for the web instances"),
    examples: [
      "buddyverse outputs",
      "buddyverse outputs --json",
      "buddyverse outputs --refresh",
      'mysql -h "$(buddyverse outputs database.reader)"',
    ],
    load: async () => (await import("./commands/outputs.ts")).outputs,
  },
  {
    name: "why",
    group: "stack",
    description: "what is not well and matters most: its reason, what its machine wrote last, what to do",
    examples: ["buddyverse why", "buddyverse why --json", "buddyverse why --sandbox"],
    load: async () => (await import("./commands/why.ts")).why,
  },
  {
    name: "history",
    group: "stack",
    description:
      "the runs that changed the stack: who, when, what was planned, what changed, how it ended; asks nobody",
    offline: true,
    shared: "files",
    own: (command) =>
      command
        .argument("[number]", "one run, object by object", positive)
        .option("--timeline <file>", "draw what that run did when: a page (.html) or the chart (.svg)"),
    examples: [
      "buddyverse history",
      "buddyverse history 12",
      "buddyverse history 12 --timeline run.html",
      "buddyverse history --json",
    ],
    load: async () => (await import("./commands/history.ts")).history,
  },
  {
    name: "stacks",
    group: "stack",
    description: "the stacks of the account in the region, by their tags; what their states say of cost and last run",
    own: (command) => command.option("--all-regions", "in all regions that are enabled in the account"),
    examples: [
      "buddyverse stacks",
      "buddyverse stacks --all-regions",
      "buddyverse stacks --region eu-central-1     also where there is no config",
      "buddyverse stacks --json",
    ],
    load: async () => (await import("./commands/stacks.ts")).stacks,
  },
  {
    name: "down",
    group: "stack",
    description: "remove the stack, in reverse order, and check that nothing is left",
    own: (command) =>
      withTimeline(withYes(command))
        .option(
          "--discard-data",
          "leave no copy of any data: no final snapshot of the database, no backup of the files",
        )
        .option("--discard-files", "leave no backup of the file system")
        .option("--unprotect", "lift what protects the stack's own objects from being deleted")
        .addOption(
          repeated(
            "--remove <name>",
            "remove that too, which holds data and which neither the config nor the state names",
          ),
        )
        .option("--delete-zone", "delete the hosted zone too that the stack has made"),
    examples: [
      "buddyverse down",
      "buddyverse down --sandbox --yes",
      "buddyverse down --discard-data",
      "buddyverse down --timeline down.svg",
      "buddyverse down --unprotect --remove database1-restored",
    ],
    load: async () => (await import("./commands/down.ts")).down,
  },
  {
    name: "snapshots",
    group: "data",
    description: "what is kept of the stack's data: what, how old, how large, what it costs, and what restores it",
    examples: ["buddyverse snapshots", "buddyverse snapshots --json", "buddyverse snapshots --sandbox"],
    load: async () => (await import("./commands/snapshots.ts")).snapshots,
  },
  {
    name: "restore",
    group: "data",
    description: "bring data back from a copy: beside what runs, looked at, and then in its place when you say so",
    own: (command) =>
      withYes(command.addArgument(new Argument("<what>", "what is brought back").choices(["database", "files"])))
        .option("--to <time>", 'to a moment, as 2026-11-22T11:55:00Z, or the "latest" that there is')
        .option("--snapshot <id>", "the database from a snapshot: buddyverse snapshots lists them")
        .option("--recovery-point <arn>", "the files from a recovery point: buddyverse snapshots lists them")
        .option("--no-switch", "leave it beside what runs")
        .option("--open-vault", "for the files: open the access policy of their vault while the restore is started")
        .option("--discard-old", "for the files: delete what a switch put aside"),
    examples: [
      "buddyverse restore database --to 2026-11-22T11:55:00Z",
      "buddyverse restore database --to latest --no-switch",
      "buddyverse restore database --snapshot database1-final-1795338000000",
      "buddyverse restore files --to 2026-11-22T11:55:00Z --open-vault",
      "buddyverse restore files --discard-old",
    ],
    load: async () => (await import("./commands/restore.ts")).restore,
  },
  {
    name: "releases",
    group: "site",
    description: "what was released, when and by whom, how it ended, and what can be gone back to",
    examples: ["buddyverse releases", "buddyverse releases --json", "buddyverse releases --sandbox"],
    load: async () => (await import("./commands/releases.ts")).releases,
  },
  {
    name: "rollback",
    group: "site",
    description: "go back to an earlier release, without a bake; ends one that is under way",
    own: (command) =>
      withYes(command.argument("[number]", "the release; without it the one before what runs", positive)),
    examples: ["buddyverse rollback", "buddyverse rollback 12 --yes", "buddyverse rollback --sandbox --yes"],
    load: async () => (await import("./commands/rollback.ts")).rollback,
  },
  {
    name: "failover",
    group: "data",
    description: "have the read replica take the primary database's place, for good; the old one is shut off and kept",
    own: (command) =>
      withYes(command).option(
        "--allow-data-loss",
        "also where the primary does not answer, or its replication is broken: what the replica has not got is not in the new primary",
      ),
    examples: ["buddyverse failover", "buddyverse failover --sandbox --yes", "buddyverse failover --yes --json"],
    load: async () => (await import("./commands/failover.ts")).failover,
  },
  {
    name: "rotate",
    group: "data",
    description: "give the databases a new password, without a failed request; run again, it continues",
    own: (command) =>
      withYes(command.addArgument(new Argument("<what>", "what gets a new value").choices(["password"]))),
    examples: ["buddyverse rotate password", "buddyverse rotate password --sandbox --sandbox-speed max --yes"],
    load: async () => (await import("./commands/rotate.ts")).rotate,
  },
  {
    name: "secret",
    group: "site",
    description: "the secrets of the application: give one a value, list them, remove one; no value is ever shown",
    own: (command) =>
      withYes(
        command
          .addArgument(new Argument("<action>", "set, list or rm").choices(["set", "list", "rm"]))
          .argument("[key]", "the environment variable that the application reads it from"),
      ),
    examples: [
      "buddyverse secret set STRIPE_KEY            asks for the value, one line, and does not show it",
      "buddyverse secret set JWT_KEY < jwt.pem     reads it, without the line break at its end",
      "buddyverse secret set STRIPE_KEY --sandbox",
      "buddyverse secret list",
      "buddyverse secret rm STRIPE_KEY",
    ],
    load: async () => (await import("./commands/secret.ts")).secret,
  },
  {
    name: "ssh",
    group: "site",
    description: "a shell on a bastion or a web instance, or one command there; ssh's exit code is the answer",
    takesWords: true,
    own: (command) =>
      command
        .addArgument(new Argument("[what]", "the sort of machine").choices(["bastion", "web"]).default("web"))
        .argument("[which]", "its number, or its instance id; the web instances are counted from the oldest", "1")
        .option("--ssm", "to a web instance by Session Manager, with AWS's CLI and plugin, instead of a bastion")
        .option("--print", "print the command instead of running it"),
    examples: [
      "buddyverse ssh",
      "buddyverse ssh bastion 2",
      "buddyverse ssh web i-0123456789abcdef0 -- sudo tail -n 50 /var/log/apache2/error.log",
      "buddyverse ssh web --ssm",
      "buddyverse ssh web --print",
    ],
    load: async () => (await import("./commands/ssh.ts")).ssh,
  },
  {
    name: "logs",
    group: "site",
    description: "what the machines wrote, also those that are gone: of all logs, or of some, by time",
    own: (command) =>
      command
        .addArgument(new Argument("[log...]", "which logs").choices(LOGS))
        .option("--follow", "go on with the lines that come, until Ctrl-C")
        .option("--since <time>", "from then on: 30m, 1h, 2d, or a moment as 2026-11-22T11:55:00Z", "1h")
        .option("--instance <id>", "only of that instance: its id, or the end of it")
        .option("--grep <text>", "only lines that hold this text"),
    examples: [
      "buddyverse logs",
      "buddyverse logs app --follow",
      "buddyverse logs apache app --since 2h --grep Traceback",
      "buddyverse logs boot --instance i-0123456789abcdef0",
      "buddyverse logs builder --since 2d --json",
    ],
    load: async () => (await import("./commands/logs.ts")).logs,
  },
  {
    name: "run",
    group: "site",
    description:
      "a command of the application on a healthy web instance, by Systems Manager; its exit code is the answer",
    takesWords: true,
    own: (command) =>
      command
        .addOption(new Option("--all", "on every web instance in service, one after the other").conflicts("instance"))
        .option("--instance <which>", "on that one, healthy or not: its instance id, or its number as of `ssh web`")
        .addOption(
          new Option("--timeout <time>", "how long it may take: 90s, 10m, 2h; then Systems Manager ends it")
            .default({ text: "10m", seconds: 600 }, "10m")
            .argParser(timeout),
        ),
    notes: RUN_NOTES,
    examples: [
      "buddyverse run -- python manage.py createsuperuser --noinput --username ada --email ada@example.com",
      "buddyverse run --all -- python manage.py clear_cache",
      "buddyverse run --instance 2 --timeout 2h -- python manage.py rebuild_index",
      "buddyverse run -- sh -c 'python manage.py dumpdata shop | gzip >/mnt/efs/shop.json.gz'",
    ],
    load: async () => (await import("./commands/run.ts")).run,
  },
  {
    name: "tunnel",
    group: "site",
    description:
      "a port of this machine that is the stack's database, through a bastion, TLS checked; Ctrl-C closes it",
    own: (command) =>
      command
        .addArgument(new Argument("<what>", "what it leads to").choices(["database"]))
        .option("--replica", "the read replica instead of the primary")
        .addOption(
          new Option("--port <n>", "the port of this machine (default: 13306, of the replica 13307)").argParser(port),
        )
        .option("--print", "print the ssh command instead of running it"),
    examples: [
      "buddyverse tunnel database",
      "buddyverse tunnel database --replica --port 3307",
      "buddyverse tunnel database --json          { host, port, user, database, ca, mysql, … } when it is open",
      "buddyverse tunnel database --print",
    ],
    load: async () => (await import("./commands/tunnel.ts")).tunnel,
  },
  {
    name: "state",
    group: "tool",
    description: "where the state is and how it is kept; prints it, makes its bucket in S3, moves it",
    own: (command) =>
      command
        .addArgument(new Argument("[action]", "what to do").choices(["show", "pull", "init", "move"]).default("show"))
        .argument("[place]", "of init and move: s3://BUCKET/KEY, or a file; without it the config's"),
    examples: [
      "buddyverse state                                    where it is, and who holds the stack",
      "buddyverse state init                               makes the bucket that the config names, or sets it right",
      "buddyverse state move                               from the file to where the config says",
      "buddyverse state move buddyverse.state.json         back into a file",
      "buddyverse state pull > copy.json",
    ],
    load: async () => (await import("./commands/state.ts")).state,
  },
  {
    name: "unlock",
    group: "tool",
    description: "break the lock that a run left behind which cannot give it back: on a machine that is gone",
    own: (command) => command.argument("<id>", "the lock's id, as the error named it"),
    examples: ["buddyverse unlock 2f6c0a52"],
    load: async () => (await import("./commands/unlock.ts")).unlock,
  },
  {
    name: "completion",
    group: "tool",
    description: "a script that completes commands, options and their values in your shell",
    offline: true,
    shared: "output",
    own: (command) =>
      command
        .addArgument(new Argument("<shell>", "the shell that reads it").choices(["bash", "zsh", "fish"]))
        // For the scripts alone, which ask for what only the files here know.
        .addOption(new Option("--values <kind>").hideHelp()),
    takesWords: true,
    examples: [
      'eval "$(buddyverse completion bash)"     in ~/.bashrc',
      'eval "$(buddyverse completion zsh)"     in ~/.zshrc, after compinit',
      "buddyverse completion fish > ~/.config/fish/completions/buddyverse.fish",
    ],
    load: async () => (await import("./commands/completion.ts")).completion,
  },
  {
    name: "version",
    group: "tool",
    description: "this program's version, and what it runs on",
    offline: true,
    shared: "output",
    examples: ["buddyverse version", "buddyverse version --json"],
    load: async () => (await import("./commands/version.ts")).version,
  },
];
