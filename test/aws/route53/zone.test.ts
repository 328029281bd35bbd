import {
  ChangeTagsForResourceCommand,
  CreateHostedZoneCommand,
  GetHostedZoneCommand,
  type HostedZone,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  ListTagsForResourceCommand,
  NoSuchHostedZone,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { ownershipTags } from "../../../src/aws/owned.ts";
import { existingZone, ownedZone } from "../../../src/aws/route53/zone.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const route53 = mocked(Route53Client);
beforeEach(() => route53.reset());

const SERVERS = ["ns-1.awsdns-01.com", "ns-2.awsdns-02.net"];
const zone = (id: string, name: string, comment = "", PrivateZone = false): HostedZone => ({
  Id: `/hostedzone/${id}`,
  Name: `${name}.`,
  CallerReference: id,
  Config: { Comment: comment, PrivateZone },
});
function has(...zones: HostedZone[]) {
  route53.on(ListHostedZonesByNameCommand).resolves({ HostedZones: zones });
  route53.on(ListTagsForResourceCommand).resolves({ ResourceTagSet: { Tags: [] } as never });
  route53.on(GetHostedZoneCommand).rejects(new NoSuchHostedZone({ message: "no", $metadata: { httpStatusCode: 404 } }));
  route53
    .on(ListResourceRecordSetsCommand)
    .rejects(new NoSuchHostedZone({ message: "no", $metadata: { httpStatusCode: 404 } }));
  for (const one of zones) {
    const id = one.Id?.replace("/hostedzone/", "");
    route53.on(GetHostedZoneCommand, { Id: id }).resolves({ HostedZone: one, DelegationSet: { NameServers: SERVERS } });
    // Every zone has these two of its own.
    route53.on(ListResourceRecordSetsCommand, { HostedZoneId: id }).resolves({
      ResourceRecordSets: [
        { Name: one.Name, Type: "NS", TTL: 172_800, ResourceRecords: SERVERS.map((name) => ({ Value: `${name}.` })) },
        {
          Name: one.Name,
          Type: "SOA",
          TTL: 900,
          ResourceRecords: [{ Value: "ns hostmaster 1 7200 900 1209600 86400" }],
        },
      ],
      IsTruncated: false,
      MaxItems: 300,
    });
  }
}

describe("existing", () => {
  const owner = ownerOf("zone-app.a.link", "app.a.link");
  const found = async (...zones: HostedZone[]) => {
    has(...zones);
    return existingZone.find(aws, owner);
  };

  test("the longest name that the domain lies under; private ones and mere neighbours do not count", async () => {
    const live = await found(
      zone("Z1", "a.link"),
      zone("Z2", "app.a.link"),
      zone("Z3", "app.a.link", "", true),
      zone("Z4", "x.app.a.link"),
      zone("Z5", "myapp.a.link"),
    );
    expect(live).toMatchObject({ id: "Z2", name: "app.a.link", domain: "app.a.link", nameServers: SERVERS });
    expect(await found(zone("Z1", "a.link"))).toMatchObject({ id: "Z1", domain: "app.a.link" });
    // AWS's call is "start at": it answers what comes after when there is no such zone.
    expect(await found(zone("Z9", "b.link"))).toBeUndefined();
  });

  test("two of the same name are ambiguous, by their ids; the recorded one decides", async () => {
    await expect(found(zone("Z1", "a.link"), zone("Z2", "a.link"))).rejects.toMatchObject({
      code: "ambiguous",
      message: expect.stringMatching(/Z1, Z2/),
    });
    expect(await existingZone.find(aws, owner, "Z2")).toMatchObject({ id: "Z2" });
  });

  test("a recorded zone costs one call; one that is gone, or of another domain, is looked for anew", async () => {
    has(zone("Z1", "a.link"), zone("Z2", "b.link"));
    await existingZone.find(aws, owner, "Z1");
    expect(route53.calls()).toHaveLength(1);
    expect(await existingZone.find(aws, owner, "Z2")).toMatchObject({ id: "Z1" });
    expect(await existingZone.find(aws, owner, "Z0")).toMatchObject({ id: "Z1" });
  });

  test("it reads on until the zones of the domain are behind it", async () => {
    has(zone("Z1", "app.a.link"));
    route53
      .on(ListHostedZonesByNameCommand)
      .resolvesOnce({
        HostedZones: [zone("Z0", "0.a.link")],
        IsTruncated: true,
        NextDNSName: "app.a.link.",
        NextHostedZoneId: "Z1",
      })
      .resolves({
        HostedZones: [zone("Z1", "app.a.link"), zone("Z7", "b.link")],
        IsTruncated: true,
        NextDNSName: "c.link.",
        NextHostedZoneId: "Z8",
      });
    expect(await existingZone.find(aws, owner)).toMatchObject({ id: "Z1" });
    const calls = route53.commandCalls(ListHostedZonesByNameCommand).map(({ args }) => args[0].input);
    expect(calls).toEqual([{ DNSName: "a.link" }, { DNSName: "app.a.link.", HostedZoneId: "Z1" }]);
  });
});

describe("our own", () => {
  const owner = ownerOf("zone-a.link", "a.link");
  const OURS = "buddyverse stack=test region=ap-northeast-2 key=zone-a.link";
  const ELSEWHERE = OURS.replace("ap-northeast-2", "eu-west-1");
  const tagged = (region: string) =>
    route53.on(ListTagsForResourceCommand).resolves({
      ResourceTagSet: {
        Tags: [...awsTags("zone-a.link", "a.link"), { Key: "buddyverse:region", Value: region }],
      } as never,
    });

  test("ours by its comment, beside somebody's of the same name, before it has tags", async () => {
    has(zone("Z1", "a.link"), zone("Z2", "a.link", OURS), zone("Z3", "a.link", OURS.replace("test", "other")));
    expect(await ownedZone.find(aws, owner)).toMatchObject({ id: "Z2", tags: {} });
    has(zone("Z1", "a.link"));
    expect(await ownedZone.find(aws, owner)).toBeUndefined();
    expect(await ownedZone.find(aws, owner, "Z1")).toBeUndefined();
  });

  test("that of the stack's name in another region is not ours, by its comment or its tags", async () => {
    has(zone("Z2", "a.link", ELSEWHERE));
    tagged("ap-northeast-2");
    expect(await ownedZone.find(aws, owner)).toBeUndefined();
    expect(await ownedZone.find(aws, owner, "Z2")).toBeUndefined();
    has(zone("Z2", "a.link", "edited by hand"));
    tagged("eu-west-1");
    expect(await ownedZone.find(aws, owner, "Z2")).toBeUndefined();
    tagged("ap-northeast-2");
    expect(await ownedZone.find(aws, owner, "Z2")).toMatchObject({ id: "Z2" });
  });

  test("it is kept unless its end is asked for, and both name its servers", async () => {
    has(zone("Z2", "a.link", OURS));
    const live = await ownedZone.find(aws, owner, "Z2");
    if (!live) throw new Error("not found");
    for (const deleteKept of [false, true]) {
      const said = ownedZone.farewell?.(live, { deleteKept });
      expect(said?.kept === undefined).toBe(deleteKept);
      expect(said?.kept ?? said?.note).toContain(SERVERS.join(", "));
    }
  });

  test("the comment is there from its birth", async () => {
    route53.on(CreateHostedZoneCommand).resolves({ HostedZone: zone("Z2", "a.link") });
    expect(await ownedZone.create?.(aws, { domain: "a.link" }, owner, "token1")).toBe("Z2");
    expect(route53.call(0).args[0].input).toEqual({
      Name: "a.link",
      CallerReference: "token1",
      HostedZoneConfig: { Comment: OURS, PrivateZone: false },
    });
  });

  test("of many tags ten are put on it, ownership first, and the others are not missed", async () => {
    const extra = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`t${String(index).padStart(2, "0")}`, "x"]),
    );
    const rich = { ...owner, tags: ownershipTags("test", owner.key, owner.name, extra) };
    has(zone("Z2", "a.link", OURS));
    const live = await ownedZone.find(aws, rich, "Z2");
    if (!live) throw new Error("not found");
    expect(Object.keys(live.tags).sort()).toEqual(["t06", "t07", "t08", "t09", "t10", "t11"]);
    route53.on(ChangeTagsForResourceCommand).resolves({});
    await ownedZone.update?.(aws, live, { domain: "a.link" }, new Set(["tags"]), rich);
    const sent = route53.commandCalls(ChangeTagsForResourceCommand)[0]?.args[0].input.AddTags ?? [];
    expect(sent).toHaveLength(10);
    expect(sent.map(({ Key }) => Key)).toEqual(
      expect.arrayContaining(["Name", "buddyverse:stack", "buddyverse:key", "buddyverse:region"]),
    );
  });
});
