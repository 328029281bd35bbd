import type { GroupLive } from "../src/aws/auto-scaling/group.ts";
import { userDataOf } from "../src/aws/ec2/launch-template.ts";
import { type AppSecretLive, type AppSecretSpec, appSecret, appSecretOwner } from "../src/aws/ssm/app-secret.ts";
import type { Config } from "../src/config/schema.ts";
import { patiently } from "../src/engine/observe.ts";
import { type Resource, resource } from "../src/engine/resource.ts";
import type { Stack } from "../src/engine/stack.ts";
import { GROUP_KEY } from "./auto-scaling.ts";
import { secretsOf } from "./scripts/app-settings.ts";
import { releaseOf } from "./scripts/user-data.ts";

/** The secrets that the application reads. Each must have a value before anything is changed. */
export const appSecrets = (config: Config): Resource<AppSecretSpec, AppSecretLive>[] =>
  secretsOf(config).map((variable) => {
    const { key, name } = appSecretOwner(config.stack, variable, {});
    return resource(appSecret, key, name, {}, () => ({}));
  });

/** Names of the secrets that instances read: those that are in service, and those that their group would start next. */
export async function secretsInUse({ find, run }: Stack): Promise<ReadonlySet<string>> {
  const group = (await find(GROUP_KEY)) as GroupLive | undefined;
  if (!group) return new Set();
  const ids = group.launchTemplateId.split(", ");
  const versions = group.launchTemplateVersion.split(", ");
  const texts = await Promise.all(
    ids.flatMap((id) => versions.map((version) => patiently(run, () => userDataOf(run.aws, id, version)))),
  );
  return new Set(texts.flatMap((text) => (text === undefined ? [] : (releaseOf(text)?.secrets ?? []))));
}
