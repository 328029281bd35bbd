import { type AppSecretLive, type AppSecretSpec, appSecret, appSecretOwner } from "../src/aws/ssm/app-secret.ts";
import type { Config } from "../src/config/schema.ts";
import { type Resource, resource } from "../src/engine/resource.ts";

/** The secrets that the config names. Each must have a value before anything is changed. */
export const appSecrets = ({ stack, app }: Config): Resource<AppSecretSpec, AppSecretLive>[] =>
  app.secrets.map((variable) => {
    const { key, name } = appSecretOwner(stack, variable, {});
    return resource(appSecret, key, name, {}, () => ({}));
  });
