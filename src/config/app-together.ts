import { APP_BYTES } from "./patterns.ts";
import { quote } from "./quote.ts";
import type { Unchecked } from "./shape.ts";

/** Variables whose values belong into secrets, by the end of their names. Keys that browsers see are none. */
const SECRET_NAME =
  /^(?!.*(PUBLIC|PUBLISHABLE|SITE)_?KEY)(.*[A-Z_])?(SECRET|PASSWORD|PASSWD|PASSPHRASE|TOKEN|CREDENTIALS?|DSN|KEY)$/i;
/** By what stands in them: an address with a password, as "postgres://user:password@host". */
const SECRET_VALUE = /:\/\/[^/\s:@]*:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** True for what looks like a secret, by its name or its value. */
export const looksSecret = (name: string, value: string): boolean =>
  value !== "" && (SECRET_NAME.test(name) || SECRET_VALUE.test(value));

/** Variables that the stack sets itself, with the values of this stack's objects. */
export const STACK_VARIABLES: readonly string[] = ["DATABASE_URL", "DATABASE_REPLICA_URL", "STATIC_ROOT", "MEDIA_ROOT"];

/** The checks over the keys of `app`. Each looks only at keys that are `sound`. */
export function checkApp(
  { app }: Unchecked,
  complain: (path: readonly (string | number)[], message: string, hint?: string) => void,
  sound: (...path: (string | number)[]) => boolean,
): void {
  const env = sound("app", "env") ? app.env : {};
  if (sound("app", "secrets"))
    app.secrets.forEach((name, i, all) => {
      const first = all.indexOf(name);
      if (first < i)
        complain(
          ["app", "secrets", i],
          `${quote(name)} stands already at app.secrets[${first}]`,
          "remove one of the two",
        );
      else if (Object.hasOwn(env, name))
        complain(
          ["app", "secrets", i],
          `${quote(name)} stands in app.env, too`,
          "keep it in one of them: in app.secrets if nobody may read it, else in app.env",
        );
    });
  const settings = "DJANGO_SETTINGS_MODULE";
  const both = [
    ...(Object.hasOwn(env, settings) ? [["app", "env", settings]] : []),
    ...(sound("app", "secrets") && app.secrets.includes(settings)
      ? [["app", "secrets", app.secrets.indexOf(settings)]]
      : []),
  ];
  for (const path of both)
    complain(
      path,
      `${settings} is set by app.settings`,
      `write it there: { "app": { "settings": "config.settings" } }`,
    );
  if (!sound("app")) return;
  const { release, healthCheckPath, packages } = app;
  const running = jsonBytes({ env: app.env, secrets: app.secrets, release, healthCheckPath });
  if (running > APP_BYTES.running)
    complain(
      ["app"],
      `env, secrets and release have ${running} bytes together, more than fit into the user data of an instance`,
      `use ${APP_BYTES.running} at most: keep what is long in a file of the project, or as a secret`,
    );
  if (jsonBytes(packages) > APP_BYTES.packages)
    complain(
      ["app", "packages"],
      `the names have ${jsonBytes(packages)} bytes together, more than fit into the user data of an instance`,
      `use ${APP_BYTES.packages} at most: a package that depends on the others installs them too`,
    );
}

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
