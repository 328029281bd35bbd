/** The plan is what `up` does: exactly its objects, what they do meanwhile, its time, and what it asks for. */
import { describe, expect, test } from "vitest";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { INPUTS, type Stage } from "./stage.ts";
import { changedFrom, done, promised, tooFar } from "./told-before.ts";

const RICH = {
  nat: { mode: "gateway" },
  tags: { team: "platform" },
  web: { volumeGiB: 20, stickinessSeconds: 0 },
  domain: { name: "buddyverse.link", www: false, zone: "existing" },
};
const SITE = "buddyverse.link+www.buddyverse.link";
const OTHER_KEY = {
  ...INPUTS,
  publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+F32zvWUmKn7mFBTcyDi9v6ec1JZC6c6nfQZv/NRlK buddyverse",
};

interface Row {
  readonly before?: object;
  readonly after: object;
  readonly inputs?: typeof INPUTS;
  /** Keys of what `up` asks --replace for. */
  readonly asks?: readonly string[];
  /** By key: what its users notice. */
  readonly notices?: Readonly<Record<string, "brief" | "outage">>;
  /** Some of what must be among what is told. */
  readonly tells?: readonly string[];
}

/** Connections through the old way out end. */
const OTHER_WAY = { "nat-route-1": "brief", "nat-route-2": "brief" } as const;
const ROWS: Readonly<Record<string, Row>> = {
  "another type of the web instances": {
    after: { web: { instanceType: "t3.small" } },
    tells: ["auto-scaling-group updated", "launch-template updated"],
  },
  "more web instances": { after: { web: { min: 3, desired: 3 } } },
  "more web instances, of another type": { after: { web: { instanceType: "t3.small", min: 3, desired: 3 } } },
  "a tag": { after: { tags: { team: "platform" } }, tells: ["auto-scaling-group updated"] },
  "a tag less": { before: RICH, after: { ...RICH, tags: {} } },
  "another type of the bastions": {
    after: { bastion: { instanceType: "t3.small" } },
    asks: ["bastion-1", "bastion-2"],
    tells: ["alarm-bastion-1 updated", "dashboard updated"],
  },
  "another type of the NAT instances": {
    after: { nat: { instanceType: "t3.small" } },
    asks: ["nat-instance-1", "nat-instance-2"],
    notices: OTHER_WAY,
    tells: ["nat-route-1 updated", "alarm-nat-instance-2 updated"],
  },
  "gateways in place of NAT instances": {
    after: { nat: { mode: "gateway" } },
    notices: OTHER_WAY,
    tells: ["nat-route-1 updated"],
  },
  "another key pair": {
    after: {},
    inputs: OTHER_KEY,
    asks: ["key-pair", "nat-instance-1", "nat-instance-2", "bastion-1", "bastion-2"],
    notices: OTHER_WAY,
  },
  "more storage": {
    after: { database: { storageGiB: 50 } },
    tells: ["alarm-database-storage updated", "alarm-replica-storage updated"],
  },
  "another class of the databases": {
    after: { database: { instanceClass: "db.t3.small" } },
    notices: { database: "outage", replica: "outage" },
  },
  "no replica": { after: { database: { replica: false } } },
  "no www": { after: { domain: { name: "buddyverse.link", www: false } }, tells: ["listener-https updated"] },
  www: { before: RICH, after: { ...RICH, domain: { ...RICH.domain, www: true } } },
  "another base of the image": {
    after: { image: { base: "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id" } },
    tells: ["auto-scaling-group updated"],
  },
};

/** Asserts that what is planned is what is done, in that time, and that nothing is left. */
async function isTold(on: Stage): Promise<string[]> {
  const plan = planUp(await on.refresh());
  const began = on.clock.now();
  const { settled } = await on.up();
  const told = promised(plan, on.graph);
  expect(done(settled)).toEqual(told);
  expect(tooFar(plan.seconds, (on.clock.now() - began) / 1000)).toBe(0);
  expect(isEmpty(await on.plan())).toBe(true);
  return told;
}

describe("a change of the config is told before", () => {
  test.each(Object.entries(ROWS))("%s", async (_name, row) => {
    const { before = {}, after, inputs = INPUTS, asks = [], notices = {}, tells = [] } = row;
    const careful = await changedFrom(before, after, { replace: false, inputs });
    const asked = (await careful.plan()).items.filter(({ refused }) => refused !== undefined);
    expect(asked.map(({ key, option }) => `${key} ${option}`).sort()).toEqual(
      asks.map((key) => `${key} --replace`).sort(),
    );

    const on = await changedFrom(before, after, { inputs });
    const { items } = await on.plan();
    const noticed = items.filter(({ interruption }) => interruption.kind !== "none");
    expect(Object.fromEntries(noticed.map(({ key, interruption }) => [key, interruption.kind]))).toEqual(notices);
    expect(await isTold(on)).toEqual(expect.arrayContaining([...tells]));
  });
});

describe("what a stranger deleted is told with what hangs on it, and nothing is replaced for it", () => {
  test.each<[string, (on: Stage) => Promise<unknown>, readonly string[]]>([
    ["a key pair", (on) => on.aws.ec2.deleteKeyPair({ KeyName: "Buddy-Project" }), ["key-pair created"]],
    [
      "the https listener and its certificate",
      async (on) => {
        const CertificateArn = on.store.get(`certificate-${SITE}`)?.id;
        await on.aws.elb.deleteListener({ ListenerArn: on.store.get("listener-https")?.id });
        // It counts as in use for a while, from when somebody looks.
        await on.aws.acm.describeCertificate({ CertificateArn });
        await on.clock.sleep(60_000);
        await on.aws.acm.deleteCertificate({ CertificateArn });
      },
      [`certificate-${SITE} created`, `certificate-issued-${SITE} created`, "listener-https created"],
    ],
    [
      "a NAT instance",
      (on) => on.aws.ec2.terminateInstances({ InstanceIds: [on.store.get("nat-instance-1")?.id as string] }),
      [
        "alarm-nat-credits-1 updated",
        "alarm-nat-instance-1 updated",
        "dashboard updated",
        "nat-instance-1 created",
        "nat-route-1 updated",
      ],
    ],
    [
      "a role",
      async (on) => {
        const RoleName = on.store.get("role-backup")?.id as string;
        const { PolicyNames = [] } = await on.aws.iam.listRolePolicies({ RoleName });
        for (const PolicyName of PolicyNames) await on.aws.iam.deleteRolePolicy({ RoleName, PolicyName });
        const { AttachedPolicies = [] } = await on.aws.iam.listAttachedRolePolicies({ RoleName });
        for (const { PolicyArn } of AttachedPolicies) await on.aws.iam.detachRolePolicy({ RoleName, PolicyArn });
        await on.aws.iam.deleteRole({ RoleName });
      },
      ["role-backup created"],
    ],
  ])("%s", async (_name, take, told) => {
    const on = await changedFrom({}, {}, { replace: false });
    await take(on);
    await on.clock.sleep(60_000);
    expect(await isTold(on)).toEqual(told);
  });
});
