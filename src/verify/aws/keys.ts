import type { Instance } from "@aws-sdk/client-ec2";
import { nameOf } from "./storage.ts";

/** The key pair that an instance was launched with. */
export interface LaunchKey {
  readonly what: string;
  /** Undefined: none. */
  readonly keyName: string | undefined;
  /** Milliseconds since 1970. */
  readonly launchedAt: number;
}

/** The launch time moves with each start; the root volume stays attached from the first on. */
export const launchKeysOf = (instances: readonly Instance[]): readonly LaunchKey[] =>
  instances.map((instance) => ({
    what: nameOf(instance),
    keyName: instance.KeyName,
    launchedAt: Math.min(
      ...[instance.LaunchTime, ...(instance.BlockDeviceMappings ?? []).map(({ Ebs }) => Ebs?.AttachTime)].flatMap(
        (time) => time?.getTime() ?? [],
      ),
    ),
  }));
