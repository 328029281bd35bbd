import type { AnyType, NotYet } from "../engine/resource.ts";
import type { CopyReader } from "./copy.ts";
import type { ExtraReader } from "./extra.ts";
import type { Permissions } from "./permissions.ts";
import type { Check } from "./preflight.ts";
import type { ServicePrices } from "./price.ts";
import type { ResidualReader } from "./residual.ts";
import type { Safety } from "./safety.ts";

/** The operations that a client module exports as commands: `CreateVpcCommand` is "CreateVpc". Of an unknown module: any. */
export type OperationOf<Module> = unknown extends Module
  ? string
  : keyof Module extends infer Name
    ? Name extends `${infer Operation}Command`
      ? Operation
      : never
    : never;

/** A service's own names of errors, by what they mean. What several services share is in classify.ts. */
export interface ErrorNames {
  /** Too many calls. */
  readonly throttled?: readonly NotYet[];
  /** AWS or the way to it is in trouble, for a while. */
  readonly transient?: readonly NotYet[];
  /** The caller may not do this. */
  readonly denied?: readonly NotYet[];
  /** AWS has not verified the account yet. Passes by itself. */
  readonly unverified?: readonly NotYet[];
  /** The account does not have the service: its sign-up is not complete, or AWS has blocked it. */
  readonly notActivated?: readonly NotYet[];
  /** AWS does not accept the credentials, or there are none. */
  readonly credentials?: readonly NotYet[];
  /** A quota of the account that its name does not show. */
  readonly quota?: readonly NotYet[];
  /** AWS has none of it at the moment, or never in this place. */
  readonly capacity?: readonly NotYet[];
  /** An object that was just made is not visible everywhere yet. */
  readonly notVisible?: readonly NotYet[];
}

/** What the tool knows of one AWS service. Its folder holds this, its client and its types; nothing else names it. */
export interface Service<Module = unknown> {
  /** The SDK package's suffix: "ec2", "auto-scaling", … */
  readonly package: string;
  /** Its SDK client and commands, loaded when first used: a command loads only the clients that it talks to. */
  readonly load: () => Promise<Module>;
  /** What makes each changing call safe to repeat. A call without an entry is refused before it is sent. */
  readonly safety: Readonly<Record<string, Safety>>;
  readonly permissions: Permissions<OperationOf<Module>>;
  readonly errors?: ErrorNames;
  readonly types: readonly AnyType[];
  /** Of its objects in drawings, as "#d9730d": readable on light and on dark. */
  readonly colour?: string;
  /** What its objects cost; absent: nothing that is counted. */
  readonly prices?: ServicePrices;
  /** What is asked of it before a run. */
  readonly preflight?: readonly Check[];
  /** Copies of data that it keeps. */
  readonly copies?: readonly CopyReader[];
  /** What of it still costs after `down`. */
  readonly residuals?: readonly ResidualReader[];
  /** What others hang on the stack's objects of it. */
  readonly extras?: readonly ExtraReader[];
}
