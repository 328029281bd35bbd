import type { AnyType, Identified, ResourceType } from "../engine/resource.ts";
import type { Finding } from "../report/findings.ts";
import type { Aws } from "./aws.ts";

/** An object of the stack as a plan has it. */
export interface Planned<Spec extends object = object, Live extends Spec & Identified = Spec & Identified> {
  readonly name: string;
  /** `none`: it is there, or on its way, and stays as it is. */
  readonly action: "create" | "replace" | "update" | "none";
  readonly spec: Spec;
  readonly live: Live | undefined;
  /** Where it is replaced: what is there stays until the new one is, and others of its sort do not wait their turn for it. */
  readonly beside: boolean;
  /** Whether a field is given to AWS anew. */
  sets(field: keyof Spec & string): boolean;
  /** Where the config says that field, for messages: "web.instanceType"; the object's name where no step says it. */
  from(field: keyof Spec & string): string;
}

/** A plan, as the services look at it before it is carried out. */
export interface PlannedStack {
  of<S extends object, L extends S & Identified>(type: ResourceType<S, L>): readonly Planned<S, L>[];
  /** The object that the spec of another one names, by that id. */
  named<S extends object, L extends S & Identified>(type: ResourceType<S, L>, id: string): Planned<S, L> | undefined;
}

/** Something that AWS would refuse, or not do, only half way through a run: asked before its first change. Only reads. */
export interface Check {
  /** A few words: "vCPU quota". */
  readonly about: string;
  /** It is asked when one of these types is to change. */
  readonly types: readonly AnyType[];
  ask(aws: Aws, plan: PlannedStack): Promise<Finding | readonly Finding[]>;
}

/** Those that are to be created, replaced or updated. */
export const changing = <P extends Pick<Planned, "action">>(all: readonly P[]): readonly P[] =>
  all.filter(({ action }) => action !== "none");

/** Those that are made anew. */
export const coming = <P extends Pick<Planned, "action">>(all: readonly P[]): readonly P[] =>
  all.filter(({ action }) => action === "create" || action === "replace");

export const ok = (about: string, message: string): Finding => ({ about, verdict: "ok", message });
export const problem = (about: string, message: string, hint: string, path?: string): Finding => ({
  about,
  verdict: "problem",
  message,
  hint,
  path,
});
/** What a person should know, though it may be well. */
export const warning = (about: string, message: string, hint: string): Finding => ({
  about,
  verdict: "warning",
  message,
  hint,
});
