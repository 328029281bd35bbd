import type { Danger, Identified, Tags } from "../engine/resource.ts";
import type { Snapshot } from "../engine/snapshot.ts";
import type { Aws } from "./aws.ts";
import { STACK_TAG } from "./owned.ts";

/** Something that hangs on an object of the stack, or is in its VPC, and is not the stack's. */
export interface Extra {
  /** What it is, in AWS's words: "listener rule". */
  readonly what: string;
  readonly id: string;
  /** The name of the object that it hangs on. Undefined: it is in the VPC. */
  readonly on?: string | undefined;
  /** What it does there, or opens: "/admin* goes to old-admin". "": AWS does not show more of it. */
  readonly effect: string;
  /** Whose it is, by its tags or its maker. "": nobody has written that down. */
  readonly whose: string;
  /** What it means for safety; undefined: nothing that can be told from here. */
  readonly danger: Danger | undefined;
  /** The commands that remove it, with the AWS CLI. */
  readonly commands: readonly string[];
}

/** Looks for one sort of them, by the objects that there are. Only reads. */
export interface ExtraReader {
  /** What it looks for, for the notice that it could not: "listener rules". */
  readonly what: string;
  /** @param unseen takes a word on each part that could not be looked at */
  read(aws: Aws, stack: string, seen: Snapshot["entries"], unseen: string[]): Promise<readonly Extra[]>;
}

/** What is there of the stack's objects of a type, with their names. */
export function standing<Live extends Identified>(
  seen: Snapshot["entries"],
  type: string,
): readonly {
  readonly key: string;
  readonly name: string;
  readonly live: Live;
  readonly wanted: object | undefined;
}[] {
  return [...seen.values()].flatMap(({ node, look, wanted }) =>
    node.type.name === type && look.live ? [{ key: node.key, name: node.name, live: look.live as Live, wanted }] : [],
  );
}

/** Ids and names of all that there is of the stack. */
export const idsIn = (seen: Snapshot["entries"]): ReadonlySet<string> =>
  new Set([...seen.values()].flatMap(({ look }) => look.live?.id ?? []));

/** The name of what an ARN or id is of, where it is the stack's; else the end of the ARN. */
export function calledIn(seen: Snapshot["entries"], id: string): string {
  const own = [...seen.values()].find(({ look }) => look.live?.id === id);
  return own ? own.node.name : /^arn:/.test(id) ? id.split(":").slice(5).join(":") : id;
}

/** A command of the AWS CLI, for copying. */
export const command = ({ cli, region }: Aws, words: string): string => `${cli} ${words} --region ${region}`;

const SAYS_WHO = /owner|team|creat|made|contact|project|managed|stack/i;
/** Whose something is by its tags: those that say who, else the first ones. */
export function whoseBy(tags: Tags): string {
  const own = Object.entries(tags).filter(([key]) => key !== "Name" && key !== STACK_TAG);
  const saying = own.filter(([key]) => SAYS_WHO.test(key));
  return (saying.length > 0 ? saying : own)
    .slice(0, 2)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}
