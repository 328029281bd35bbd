/** Every users' page is gone through on the sandbox; docs/first-deploy.md, which begins with nothing, in a file of its own. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DescribeInstancesCommand, ModifyInstanceMetadataOptionsCommand } from "@aws-sdk/client-ec2";
import { ModifyDBInstanceCommand } from "@aws-sdk/client-rds";
import { afterAll, beforeAll, expect, test } from "vitest";
import { at, type Folder, folder, folderThatIsUp } from "../cli/folder.ts";
import { inSandboxOf } from "../stranger.ts";
import { blocksOf, shellReads, toBuddyverse, typedIn } from "./commands.ts";
import { ROOT, USERS_PAGES } from "./pages.ts";
import { replay, type Stage } from "./replay.ts";

const MACHINES = "the sandbox's machines take no ssh: test/access has real ones";
const UNTIL_CTRL_C = "it goes on until Ctrl-C: its own tests end it";
const DRILLS = "all drills take minutes: test/verify/drills does each";
const LEFT = {
  "stacks --region eu-central-1": "a sandbox has one region",
  "graph --open": "it opens a browser",
  "graph --refresh --open": "it opens a browser",
  ssh: MACHINES,
  tunnel: MACHINES,
  "logs apache --follow": UNTIL_CTRL_C,
  "sandbox serve": UNTIL_CTRL_C,
  "sandbox env": "nothing is served here: test/sandbox/http does both",
  "verify --drill all": DRILLS,
  "verify --sandbox --sandbox-speed max --drill all": DRILLS,
};
/** The sandbox has no Django: it says so. */
const NOT_REHEARSED = { "run -- python": 69, "run --instance 1 -- python": 69 };

const found = (what: RegExp) => async (on: Folder) => what.exec((await on.rehearse("snapshots")).stdout)?.[0] ?? "none";

const site = (env: Readonly<Record<string, string>>) => (on: Folder) =>
  on.configure({ image: { app: { folder: "site" } }, app: { env } });

const anotherSite = (on: Folder) => writeFileSync(join(on.path, "site/config/more.py"), "MORE = True\n");

async function backUpFiles(on: Folder): Promise<void> {
  const { stdout } = await on.rehearse("status --json");
  const fileSystem = /fs-[0-9a-f]{17}/.exec(stdout)?.[0];
  await inSandboxOf(on.path, async (_who, clock, sandbox) => {
    await sandbox.answer("backup", "StartBackupJob", {
      BackupVaultName: "buddyverse-buddyverse",
      ResourceArn: `arn:aws:elasticfilesystem:ap-northeast-2:111122223333:file-system/${fileSystem}`,
      IamRoleArn: "arn:aws:iam::111122223333:role/Buddy-AWSBackup-buddyverse-ap-northeast-2",
    });
    await clock.sleep(300_000);
    sandbox.settle();
  });
}

async function allowImdsV1(on: Folder): Promise<void> {
  await inSandboxOf(on.path, async (who) => {
    const named = { Name: "tag:Name", Values: ["Buddy-NAT1"] };
    const { Reservations } = await who.ec2.send(new DescribeInstancesCommand({ Filters: [named] }));
    const InstanceId = Reservations?.[0]?.Instances?.[0]?.InstanceId;
    await who.ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpTokens: "optional" }));
  });
}

const largerLater = (on: Folder): Promise<void> =>
  inSandboxOf(on.path, async (who, clock) => {
    const change = { DBInstanceIdentifier: "database1", DBInstanceClass: "db.t3.small" };
    await who.rds.send(new ModifyDBInstanceCommand(change));
    // Longer than reads lag.
    await clock.sleep(60_000);
  });

const STAGES: Readonly<Record<string, Stage & { readonly empty?: true }>> = {
  "README.md": { empty: true, configures: true, before: { doctor: ["sandbox reset"] } },
  "docs/app.md": { configures: true },
  "docs/commands.md": {
    examples: { history: "runs of several people", run: "the sandbox has no Django" },
    exits: NOT_REHEARSED,
  },
  "docs/config.md": { before: { plan: [site({ LANGUAGE: "ko" }), "up", site({ LANGUAGE: "de" })] } },
  "docs/data.md": {
    words: {
      "2026-11-22T11:55:00Z": "latest",
      ARN: found(/arn:aws:backup:\S+/),
      "ID-rekeyed": found(/database1-final-\d+/),
    },
    before: {
      "restore files": [backUpFiles],
      "up --from-snapshot": ["sandbox reset", "up", "down"],
      "up --from-snapshot latest --files ARN": ["down"],
      "up --from-snapshot ID-rekeyed": ["down"],
    },
    exits: { status: 3 },
  },
  "docs/drift.md": {
    before: { status: [allowImdsV1, largerLater] },
    exits: { status: 3 },
  },
  "docs/migrate.md": { exits: NOT_REHEARSED },
  "docs/operate.md": {
    exits: NOT_REHEARSED,
    before: { rollback: [site({}), "up"], "restore files": [backUpFiles], down: ["sandbox reset", "up"] },
  },
  "docs/releases.md": {
    examples: { releases: "what several people released" },
    words: { 12: "3" },
    before: { plan: [site({}), "up", anotherSite] },
  },
  "docs/sandbox.md": {
    before: {
      "sandbox delegate": [
        (on) =>
          on.configure({
            domain: { name: "play.example.com", zone: "create" },
            monitoring: { email: "ops@example.com" },
          }),
        "up",
      ],
    },
    exits: { "status --sandbox": 3 },
  },
  "docs/state.md": { configures: true },
  "docs/troubleshooting.md": { before: { "sandbox fail": ["sandbox reset"] }, exits: { "up --sandbox": [1, 0] } },
};

let up: string;
beforeAll(async () => {
  up = await folderThatIsUp();
  // It waits for the first data of the alarms.
  expect(await at(up).rehearse("verify --quiet")).toMatchObject({ code: 0 });
}, 180_000);
afterAll(() => rmSync(up, { recursive: true, force: true }));

/** A folder with what pages name: a stack that is up, a Django project, a secret in a file. */
function scene(empty: boolean): Folder {
  const on = empty ? folder(null) : folder(null, up);
  cpSync(join(ROOT, "test/image/project"), join(on.path, "site"), { recursive: true });
  mkdirSync(join(on.path, "keys"));
  writeFileSync(join(on.path, "jwt.pem"), "a key\n");
  return on;
}

const PLAYED = USERS_PAGES.filter((page) => page !== "docs/first-deploy.md").filter((page) =>
  shellReads(blocksOf(page).flatMap(typedIn)).started.some((one) => toBuddyverse(one) !== undefined),
);

test.each(PLAYED)("%s does what it says, command by command", async (page) => {
  const { empty, ...stage } = STAGES[page] ?? {};
  const leaves = { ...LEFT, ...stage.leaves };
  expect(await replay(page, scene(empty ?? false), { ...stage, leaves })).toBeGreaterThan(0);
});
