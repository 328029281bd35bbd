import { fileSystem } from "../efs/file-system.ts";
import { type Check, coming, ok, type Planned, problem } from "../preflight.ts";
import { database } from "../rds/database.ts";
import type { KeyChoice } from "./choice.ts";
import { encryptionKey, unusable } from "./key.ts";

/** What is created is encrypted with its key for ever: that one must be there and do it. */
const usable: Check = {
  about: "encryption key",
  types: [database, fileSystem],
  async ask(_aws, plan) {
    const users = coming<Planned<KeyChoice & object>>([...plan.of(database), ...plan.of(fileSystem)] as never).filter(
      ({ spec }) => spec.kmsKey !== undefined,
    );
    return users.map((user) => {
      const key = plan.named(encryptionKey, user.spec.kmsKey as string);
      const name = user.spec.kmsKeyName as string;
      const why = key?.live ? unusable(name, key.live) : `there is no KMS key ${name} in this region`;
      const hint = "Have the key ready before it is used; or name another one.";
      return why === undefined
        ? ok(usable.about, `${name} can encrypt ${user.name}`)
        : problem(usable.about, why, hint, user.from("kmsKey"));
    });
  },
};

export const preflight: readonly Check[] = [usable];
