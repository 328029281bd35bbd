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

/** User data holds them as JSON in base64, beside the script, and EC2 takes 16 KB of it. */
const ENVIRONMENT_BYTES = 8192;

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
  const bytes = Buffer.byteLength(JSON.stringify(env));
  if (bytes > ENVIRONMENT_BYTES)
    complain(
      ["app", "env"],
      `it is ${bytes} bytes long in all`,
      `use ${ENVIRONMENT_BYTES} at most: EC2 takes 16 KB of user data, which holds it`,
    );
}
