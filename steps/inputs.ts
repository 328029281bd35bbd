import type { Project } from "../src/app/project.ts";
import type { Archive } from "../src/lib/archive.ts";
import type { Databases } from "./databases.ts";
import type { AppliedRule, LetIn } from "./let-in.ts";

/** The key pair's name on AWS, and its private key's file name. */
export const KEY_PAIR = "Buddy-Project";

/** Key of the key pair. */
export const KEY_PAIR_KEY = "key-pair";

/** Key of the file system. */
export const FILE_SYSTEM = "file-system";

/** Key of the dashboard. */
export const DASHBOARD = "dashboard";

/** Key of the group that lets operators in. */
export const BASTION_GROUP = "group-bastion";

/** The rules by which operators were let in when the stack was last changed. @param recorded a recorded spec, by key */
export const appliedRules = (
  recorded: (key: string) => Readonly<Record<string, unknown>> | undefined,
): readonly AppliedRule[] | undefined => recorded(BASTION_GROUP)?.inbound as readonly AppliedRule[] | undefined;

/** Copies of the stack's data that what is not there is made of. */
export interface From {
  /** The database's: the name of a snapshot. */
  readonly snapshot?: string | undefined;
  /** The file system's: the ARN of a recovery point. */
  readonly recoveryPoint?: string | undefined;
  /** The id of the file system that it is a copy of: so it is found in vaults that are not the stack's, too. */
  readonly copyOf?: string | undefined;
  /** Its vault may be opened while the restore is started. */
  readonly openVault?: boolean | undefined;
}

/** What the steps need to know from the machine that runs them. */
export interface Inputs {
  /** The public key of the key pair, OpenSSH format; undefined for commands that create nothing. */
  readonly publicKey: string | undefined;
  /** Ranges that may reach the bastions; "my-ip" is resolved already. */
  readonly allowedCidrs: readonly string[];
  /** Of those that are a caller's address, whose they are. Undefined: of none. */
  readonly letIn?: readonly LetIn[] | undefined;
  /** The application folder of `image.app`, packed; undefined when there is none. */
  readonly appArchive: (Archive & { readonly leftOut: readonly string[] }) | undefined;
  /** What was found by looking at the application; undefined: nobody looked, or there is none. */
  readonly project?: Project | undefined;
  /** Which of the images of the same content is wanted: the time at which somebody asked for a new one; undefined: the first. */
  readonly imageEdition?: string | undefined;
  /** Names of the primary and its replica; undefined: those of a new stack. */
  readonly databases?: Databases | undefined;
  /** Undefined: what is not there is made empty. Read when a spec is made. */
  readonly from?: From | undefined;
}
