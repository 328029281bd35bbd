import { expect, test } from "vitest";
import type { Found } from "../../src/aws/ec2/read-instances.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Identified } from "../../src/engine/resource.ts";
import { isUp, outputRows, outputsFor } from "../../steps/outputs.ts";

const live = (key: string): Identified | undefined =>
  (
    ({
      "bastion-1": { id: "i-1", publicAddressFound: "198.51.100.1" },
      "bastion-2": { id: "i-2", publicAddressFound: "198.51.100.2" },
    }) as Record<string, Identified>
  )[key];
const web = (address: string, AvailabilityZone: string) =>
  ({ instance: { PrivateIpAddress: address, Placement: { AvailabilityZone } } }) as Found;
const running = [web("172.31.21.9", "ap-northeast-2c"), web("172.31.11.7", "ap-northeast-2a")];
const outputs = (config: object, found = running) =>
  outputsFor(parseConfig(config, "test.json"), live, "Buddy-Project.pem", found);

test("the way to a web instance is through its zone's bastion, with the same key for both", () => {
  expect(outputs({}).webInstances?.map(({ ssh }) => ssh)).toEqual([
    "ssh -i Buddy-Project.pem -o 'ProxyCommand=ssh -i Buddy-Project.pem -W %h:%p ec2-user@198.51.100.2' ubuntu@172.31.21.9",
    "ssh -i Buddy-Project.pem -o 'ProxyCommand=ssh -i Buddy-Project.pem -W %h:%p ec2-user@198.51.100.1' ubuntu@172.31.11.7",
  ]);
});

test("with a key of one's own, ssh knows it by itself", () => {
  const { keyFile, webInstances } = outputs({ bastion: { publicKeyFile: "id.pub" } });
  expect(keyFile).toBeNull();
  expect(webInstances?.map(({ ssh }) => ssh)).toEqual([
    "ssh -J ec2-user@198.51.100.2 ubuntu@172.31.21.9",
    "ssh -J ec2-user@198.51.100.1 ubuntu@172.31.11.7",
  ]);
});

test("an instance in a zone without a bastion is reached through the other; without instances there is no line", () => {
  expect(outputs({}, [web("172.31.31.5", "ap-northeast-2b")]).webInstances?.[0]?.ssh).toContain("198.51.100.1");
  const none = outputs({}, []);
  expect(none.webInstances).toEqual([]);
  expect(outputRows(parseConfig({}, "test.json"), "aws", none)["Web instances"]).toBeUndefined();
});

test("no name is left out: what is not there is null, so that scripts can rely on all of them", () => {
  const nothing = outputsFor(parseConfig({}, "test.json"), () => undefined, "key.pem");
  expect(nothing).toEqual({
    site: null,
    loadBalancer: null,
    database: {
      writer: null,
      reader: null,
      port: null,
      name: "django_db",
      user: "admin",
      passwordParameter: "/buddyverse/buddyverse/database/password",
    },
    bastions: [],
    webInstances: null,
    keyFile: "key.pem",
    vpcId: null,
    dashboardUrl: null,
  });
  expect(isUp(nothing)).toBe(false);
});

test.each([
  ["ap-northeast-2", "console.aws.amazon.com"],
  ["cn-north-1", "console.amazonaws.cn"],
  ["us-gov-west-1", "console.amazonaws-us-gov.com"],
])("the dashboard of %s is at %s", (region, host) => {
  const config = parseConfig({ region, zones: undefined, domain: null }, "test.json");
  const named = (key: string) => (key === "dashboard" ? { id: "CPU-Per-Second" } : undefined);
  expect(outputsFor(config, named, "key.pem").dashboardUrl).toBe(
    `https://${host}/cloudwatch/home?region=${region}#dashboards/dashboard/CPU-Per-Second`,
  );
});

test("a key in a folder whose name means something to a shell is quoted, for both hops", () => {
  const { bastions, webInstances } = outputsFor(parseConfig({}, "test.json"), live, "/my stage/key.pem", running);
  expect(bastions[0]?.ssh).toBe("ssh -i '/my stage/key.pem' ec2-user@198.51.100.1");
  expect(webInstances?.[1]?.ssh).toBe(
    `ssh -i '/my stage/key.pem' -o 'ProxyCommand=ssh -i '\\''/my stage/key.pem'\\'' -W %h:%p ec2-user@198.51.100.1' ubuntu@172.31.11.7`,
  );
});
