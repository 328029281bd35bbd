import { expect, test } from "vitest";
import type { Found } from "../../src/aws/ec2/read-instances.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Identified } from "../../src/engine/resource.ts";
import { outputsFor } from "../../steps/outputs.ts";

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
  expect(outputs({})["Web instances"]).toEqual([
    "ssh -i Buddy-Project.pem -o 'ProxyCommand=ssh -i Buddy-Project.pem -W %h:%p ec2-user@198.51.100.2' ubuntu@172.31.21.9",
    "ssh -i Buddy-Project.pem -o 'ProxyCommand=ssh -i Buddy-Project.pem -W %h:%p ec2-user@198.51.100.1' ubuntu@172.31.11.7",
  ]);
});

test("with a key of one's own, ssh knows it by itself", () => {
  expect(outputs({ bastion: { publicKeyFile: "id.pub" } })["Web instances"]).toEqual([
    "ssh -J ec2-user@198.51.100.2 ubuntu@172.31.21.9",
    "ssh -J ec2-user@198.51.100.1 ubuntu@172.31.11.7",
  ]);
});

test("an instance in a zone without a bastion is reached through the other; without instances there is no line", () => {
  expect(String(outputs({}, [web("172.31.31.5", "ap-northeast-2b")])["Web instances"])).toContain("198.51.100.1");
  expect(outputs({}, [])["Web instances"]).toBeUndefined();
});

test("a key in a folder whose name means something to a shell is quoted, for both hops", () => {
  const { Bastions, "Web instances": inside } = outputsFor(
    parseConfig({}, "test.json"),
    live,
    "/my stage/key.pem",
    running,
  );
  expect(Bastions).toContain("ssh -i '/my stage/key.pem' ec2-user@198.51.100.1");
  expect(inside?.[1]).toBe(
    `ssh -i '/my stage/key.pem' -o 'ProxyCommand=ssh -i '\\''/my stage/key.pem'\\'' -W %h:%p ec2-user@198.51.100.1' ubuntu@172.31.11.7`,
  );
});
