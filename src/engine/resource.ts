import type { Aws } from "../aws/aws.ts";
import type { Charge, Costing, Uncounted } from "./charge.ts";

export type Tags = Readonly<Record<string, string>>;

/**
 * How an object is, in the engine's words.
 * - `pending` / `deleting`: on its way, look again.
 * - `failed`: it will never become ready by itself; the text is AWS's own reason.
 * - `blocked`: it waits for a person (name servers to be set, a zone to be made); not a failure, nothing is lost.
 */
export type Health = "ready" | "pending" | "deleting" | { readonly failed: string } | { readonly blocked: string };

/** Who an object belongs to. `tags` are all the tags it must carry, ownership tags included. */
export interface Owner {
  readonly stack: string;
  /** The resource's key in the stack; for ever the same: it is in tags and state. */
  readonly key: string;
  /** The object's own name: its `Name` tag, and its name where AWS has one. */
  readonly name: string;
  readonly tags: Tags;
  /** For `update` with `tags`: keys of tags that the state says were set here once, and that the config no longer has. */
  readonly obsoleteTags?: readonly string[];
  /** Keys of what it needs: what bears no tags of its own can be found through them. */
  readonly needs: readonly string[];
  /** Ids of those that another one has taken the place of, and that are not gone yet: they are not the owner's any more. */
  readonly former?: readonly string[];
  /** For `create`: the how-manieth it is beside former ones, from 2. */
  readonly generation?: number;
}

export interface Identified {
  readonly id: string;
  /** The object's tags where AWS can tag it; compared by the engine with the owner's. */
  readonly tags?: Tags;
  /** All that AWS answers about it, as the reads of `find` have it; what several of them answer, together in one. */
  readonly described?: object;
}

/** How a property that somebody has changed gets back what it was. */
export interface Mending {
  /** By this program, with calls that `up` makes anyway. */
  readonly put?: () => Promise<unknown>;
  /** By a person, with the AWS CLI. */
  readonly command?: string;
}

/** What a change means for safety, the worst first. */
export const DANGERS = [
  "made public",
  "opened to the world",
  "administrator rights",
  "IMDSv1 allowed",
  "not encrypted",
  "leads elsewhere",
  "less protected",
] as const;
export type Danger = (typeof DANGERS)[number];

/**
 * Whose each property is that AWS answers about an object (`Identified.described`): the spec's, nobody's, or, all others, watched.
 * A path stands for all below it: "Placement.Tenancy", "Volumes[].Size" (of every member), "Policies[=]" (of those that the field names).
 */
export interface Coverage<Spec> {
  /**
   * Where AWS shows each field of the spec. "watched": it is set when the object is made and not afterwards, so what becomes of it
   * is watched. "unshown": AWS does not show it, and `unshown` says why.
   */
  readonly covers: { readonly [F in keyof Spec & string]-?: readonly string[] | "watched" | "unshown" };
  /** What changes by itself, or is looked at elsewhere, with the reason. */
  readonly ignores?: Readonly<Record<string, string>>;
  /** What of the object could be changed and is not read, with the reason. */
  readonly unshown?: Readonly<Record<string, string>>;
  /** What matters for safety: paths, or fields of the spec. @param text the value, of a field as JSON; "": it is gone */
  readonly dangers?: readonly {
    readonly at: readonly string[];
    readonly danger: Danger;
    /** @param text as it is now; of a field as JSON, of a list what came to it. @param wanted of a field what it was */
    readonly when?: (text: string, path: string, wanted?: unknown) => boolean;
  }[];
}

/** Times of a type in seconds: how long it usually takes to become ready, and when to give up. */
export interface Timing {
  readonly createSeconds: number;
  readonly timeoutSeconds: number;
  /** How long it usually takes to be gone after its delete call, seconds; `limit` holds for it too. */
  readonly deleteSeconds?: number;
  /** How long the copy of its data usually takes, seconds; a large one takes longer. */
  readonly copySeconds?: number;
  /** How long it usually takes to be at rest, seconds. */
  readonly quietSeconds?: number;
}

/** A "not yet" error: AWS's code (`err.name` or `err.Code`), narrowed by its message where the code is overloaded. */
export type NotYet = string | { readonly code: string; readonly message: RegExp };

export type Verb = "create" | "update" | "copy" | "delete";

/** Something that is in the way of a delete. */
export interface Blocker {
  readonly id: string;
  /** What it is and whose, as AWS describes it. */
  readonly what: string;
  /** True when it goes by itself (an interface that a deleted load balancer leaves behind). */
  readonly passing: boolean;
  /** What removes it, or takes it out of the way, with the AWS CLI; none: nothing does that is known. */
  readonly commands: readonly string[];
}

/** How far the copy is that stays of an object's data. */
export interface CopyProgress {
  /** "": it has not begun yet. */
  readonly id: string;
  /** Nothing of the data needs the object any more. */
  readonly complete: boolean;
  /** How far it is, in a word or two: "40 %". */
  readonly doing?: string | undefined;
}

/** Something that a person can do about an object that the tool leaves alone. */
export interface Remedy {
  /** What it leads to, after "to": "remove it". */
  readonly to: string;
  /** AWS CLI commands, in order. */
  readonly commands: readonly string[];
}

/** Why AWS would refuse to delete an object as it is now. */
export interface Protection {
  /** "termination protection is on". */
  readonly what: string;
  /** How a person lifts it; no commands: it ends by itself. */
  readonly lift: Remedy;
  /** The same by calls, for `down --unprotect`. Absent: it is not the tool's to lift. */
  readonly unprotect?: () => Promise<unknown>;
}

/** What creating or changing an object would meet, as far as that shows beforehand. */
export type Foreseen =
  /** Something of somebody else's has its name: no run starts. */
  | { readonly kind: "clash"; readonly message: string; readonly hint: string }
  /** It cannot come about as it is wanted: no run starts. */
  | { readonly kind: "refused"; readonly message: string; readonly hint: string }
  /** It will wait for a person; all that does not need it can be done. */
  | { readonly kind: "waits"; readonly reason: string }
  /** What a person should know of it first. */
  | { readonly kind: "note"; readonly note: string };

/** What is done about an object that goes, besides deleting it, as sentences. */
export interface Farewell {
  /** Why it is not deleted; undefined: it is. */
  readonly kept?: string;
  /** Why it is not deleted yet: a person has to do something first. */
  readonly stays?: string;
  /** What comes back in its place, or what a person has to do elsewhere when it is deleted. */
  readonly note?: string;
}

/** An action that IAM must allow, on each of those ARNs. */
export interface Right {
  readonly action: string;
  readonly resources: readonly string[];
}

export interface KeepOptions {
  /** True: also what is kept unless that is asked for is deleted. */
  readonly deleteKept: boolean;
  /** True: the stack stays, and only the config has no use for the object any more. */
  readonly unwanted?: boolean;
}

/** What a person does by hand about an object that holds data: AWS CLI commands, in order. */
export interface ByHand<Live> {
  remove(aws: Aws, live: Live): readonly string[];
  /** Takes the ownership tags away: the object is nothing of the stack's any more. */
  disown(aws: Aws, live: Live): readonly string[];
  /** For a type that is found by its name: has it as the owner's. */
  adopt?(aws: Aws, live: Live, owner: Owner): Remedy;
}

/** How AWS takes the names of objects of one type, where they have one besides the tag. */
export interface Naming {
  /** Characters. */
  readonly longest: number;
  /** In what a name is given once: in a region of an account, or in all its regions. */
  readonly within: "region" | "account";
  /** It is kept in lower case, as the names of stacks are: so the stack's comes first, and never looks like a part of another name. */
  readonly lowerCase?: true;
  /** The first stack's carry its name, too. */
  readonly always?: true;
}

/** All the tool knows about one sort of AWS object. No loops, no waiting, no printing, no files, no clock. */
export interface ResourceType<Spec extends object, Live extends Spec & Identified> {
  /** `service:object`, as in "ec2:vpc". */
  readonly name: string;
  /** Undefined: the only name is the tag. */
  readonly naming?: Naming;
  /** A difference in one of these is a replacement. */
  readonly immutable?: readonly (keyof Spec & string)[];
  /**
   * Comparisons of fields that AWS rewrites; `() => true` means "only at birth". Others compare by deep equality. `applied` is
   * the spec that was last applied, as far as that is recorded.
   */
  readonly same?: {
    readonly [F in keyof Spec]?: (
      wanted: NonNullable<Spec[F]>,
      found: Live[F],
      live: Live,
      spec: Spec,
      applied: Partial<Spec>,
    ) => boolean;
  };
  /**
   * What AWS has accepted for a later time, by field, of what the spec does not ask for: a difference, too, though it is still as
   * wanted. `update` takes it back. Pure.
   */
  coming?(
    live: Live,
    spec: Spec,
    applied: Partial<Spec>,
  ): {
    readonly fields: { readonly [F in keyof Spec]?: unknown };
    /** "in the maintenance window (sun:17:00-sun:17:30 UTC)". */
    readonly when: string;
  };
  /**
   * Fields that are set when the object is made and whenever the config says another value than it did before; in between they
   * are whatever AWS, or a person, has made of them (how many instances a group has).
   */
  readonly once?: readonly (keyof Spec & string)[];
  /** Values as they are shown where they differ: what `same` takes for the same is shown the same, in words that a person reads. */
  readonly shown?: { readonly [F in keyof Spec]?: (value: NonNullable<Spec[F]>) => unknown };
  /**
   * Fields that are changed in place only after objects of these types that need this one were changed, or removed; `afterNew`
   * those that are changed after such a one was created, too: it cannot be made while they change.
   */
  readonly changesAfter?: {
    readonly fields: readonly (keyof Spec & string)[];
    readonly afterNew: readonly (keyof Spec & string)[];
    readonly types: readonly string[];
  };
  /**
   * What it is to be while something still uses what it is to have no longer: the fields that keep that, with what they are to
   * have. Pure. Goes with `Resource.narrowsAfter`.
   */
  widened?(live: Live, spec: Spec): Partial<Spec>;
  readonly timing?: Timing;
  /** Named errors that mean "not yet" (try again) or, for delete, "something still uses it". Everything else stops at once. */
  readonly retryable?: Readonly<Partial<Record<Verb, readonly NotYet[]>>>;
  /**
   * `down` and replacements ask before they remove it. One that neither the config nor the state names is never removed,
   * and no empty one is made beside it. Such a type has `list`, `uses` and `byHand`.
   */
  readonly holdsData?: boolean;
  /** Its data are files: `down --discard-files` leaves no copy of them. */
  readonly holdsFiles?: boolean;
  /** What `copy` leaves of its data: "a final snapshot of database1". Undefined: this one has no data of its own. Pure. */
  finalCopy?(live: Live, owner: Owner): string | undefined;
  /** What IAM must allow whoever makes that. Goes with `finalCopy`. Pure. */
  copyRights?(aws: Aws, live: Live, owner: Owner): readonly Right[];
  /**
   * Its tags may be copied, and others may use it: then it is not removed where neither the config nor the state names it. Such
   * a type has `list`, `uses` and `byHand`. Pure.
   */
  mayBeOthers?(live: Live): boolean;
  /** Of a type that `mayBeOthers`: what was recorded as a copy of other data has data of its own by now, which nobody claims. Pure. */
  hasBecomeData?(live: Live): boolean;
  /** Ids of the stack's objects that this one stands on: they cannot go before it. Of what stays, such an earlier one stays too. */
  uses?(live: Live): readonly string[];
  /** Ids of the stack's objects that it was to stand on, and that came to nothing: of what stays of earlier ones they go first. Pure. */
  spent?(live: Live): readonly string[];
  readonly byHand?: ByHand<Live>;
  /**
   * AWS itself shows that this object failed before it was ever ready. With the record saying the same it holds no data, and
   * is replaced like any other.
   */
  failedBeforeReady?(live: Live): boolean;
  /** It may be replaced without being asked for: a copy of what the config names, and nothing that runs uses it. */
  readonly disposable?: boolean;
  /**
   * Looked up, never made nor removed by us (a public image, somebody's hosted zone). One that has `delete` belongs to the stack,
   * though a person makes it (a secret of the application): `down` removes it, `up` never does.
   */
  readonly external?: boolean;
  /** For an external type: what to do when there is none. */
  readonly absent?: string;
  /** Others were given copies of what was made up for it once: it is never created again, or written over, while one of those stands. */
  readonly irreplaceable?: Irreplaceable<Live, Spec>;
  /** The shell command by which a person gives it a new secret, read from standard input. Undefined: it takes none. */
  setSecret?(aws: Aws, live: Live): string | undefined;
  /**
   * It has tags, but AWS shows them only in a call for each object, so `find` leaves them out. The owner's are compared with
   * those that the state says it was given.
   */
  readonly tagsUnread?: boolean;
  /** Whose is what AWS answers about it. Absent: it is only looked up. */
  readonly coverage?: Coverage<Spec>;
  /** How a watched property gets back what it was; undefined: nobody knows. Pure. @param change `before`: undefined, it was not there */
  mend?(
    aws: Aws,
    live: Live,
    change: { readonly path: string; readonly before: string | undefined },
  ): Mending | undefined;
  /** Fields of Spec that must not be written to state or shown. */
  readonly unrecorded?: readonly (keyof Spec & string)[];
  /** What AWS gives it and users ask for (its address): kept in the state, so that `outputs` need not ask AWS. */
  readonly attributes?: readonly (keyof Live & string)[];

  /**
   * The owner's object, or undefined when there is none. Only reads. Finds by recorded id, then by ownership tags or the
   * owned name. Throws `ambiguous` when two objects carry the owner's key, `not-ours` when the name is somebody else's.
   */
  find(aws: Aws, owner: Owner, id?: string): Promise<Live | undefined>;
  /** All live objects of this type that carry the stack's tag, whatever their key. For types that AWS lets us list by tag. */
  list?(aws: Aws, stack: string): Promise<readonly (Live & { readonly tags: Tags })[]>;
  /** `list` makes calls that `find` does not make anyway: it is asked only when everything is swept. */
  readonly listNeedsExtraCalls?: boolean;
  /** When it was made, milliseconds since 1970; 0: AWS does not say. Of a type of which earlier ones stay. Pure. */
  createdAt?(live: Live): number;
  /** Absent means: what is found is ready. */
  health?(live: Live): Health;
  /**
   * Whether one that was seen pending still is, by one call that reads nothing else of it: for what several calls tell of, of which
   * nothing is judged until it is ready. Only reads. Absent: all is read each time.
   */
  stillPending?(aws: Aws, live: Live): Promise<boolean>;
  /** What it is doing while it is pending, in a word or two: "installing", "backing up". */
  doing?(live: Live): string | undefined;
  /** How long one that is pending as it is now may be so, seconds; undefined: as `timing` says. */
  limitSeconds?(live: Live): number | undefined;
  /** What AWS shows of one that is pending for too long, and what a person can do, for the error that says so. */
  stuck?(aws: Aws, live: Live): string | undefined;
  /** Makes the object with its tags in the same call and answers its id. `token` is stable for this attempt, over processes. */
  create?(aws: Aws, spec: Spec, owner: Owner, token: string): Promise<string>;
  /**
   * Why a change to `wanted`, which AWS was seen to work at (`before`), has come to nothing: it was rolled back. Then it is not
   * tried again in the same run.
   */
  undone?(before: Live, live: Live, wanted: Spec): string | undefined;
  /**
   * It is pending, or waits for a person, and what differs is changed nevertheless: it is on its way to something else than
   * `wanted`, or the change may be what mends it. Absent: it is not. Pure.
   */
  mayChange?(live: Live, wanted: Spec): boolean;
  /** Why what it is pending for comes to nothing for certain: then it is given up. Undefined: it may come right. Pure. */
  hopeless?(live: Live): string | undefined;
  /**
   * Begins to put back what it was before. Answers what else is known of the reason: what its parts say of themselves.
   * @param before as it was seen the last time before
   */
  giveUp?(aws: Aws, live: Live, before: Live | undefined): Promise<string>;
  /** Closes the named differences; `tags` is among them when the object's tags differ from the owner's. */
  update?(
    aws: Aws,
    live: Live,
    spec: Spec,
    changed: ReadonlySet<(keyof Spec & string) | "tags">,
    owner: Owner,
  ): Promise<void>;
  /**
   * Makes what must be there before these fields are changed (a copy of the data). False: it is not there yet; called again.
   * @param label a name part for it, the same for all attempts of a day.
   */
  prepare?(
    aws: Aws,
    live: Live,
    spec: Spec,
    changed: ReadonlySet<string>,
    owner: Owner,
    label: string,
  ): Promise<boolean>;
  /**
   * Makes the copy of its data that stays after `down`, or continues with it; called again until it is complete. Nothing is
   * deleted before. Throws what ends it. Goes with `finalCopy`.
   * @param label a name part for it: when it was begun, milliseconds since 1970; the same for all attempts at one copy.
   * @param known its id, once that is recorded.
   */
  copy?(aws: Aws, live: Live, owner: Owner, label: string, known: string | undefined): Promise<CopyProgress>;
  /**
   * Sees to it that it writes no more data, without removing it; called again until it answers true. `up` starts it again: what
   * was changed for it is a difference.
   */
  quiet?(aws: Aws, live: Live): Promise<boolean>;
  /**
   * Since when nothing of it writes, which is at rest now or not there any more, milliseconds since 1970; undefined: nobody can say.
   * Goes with `quiet`. Only reads.
   */
  restingSince?(aws: Aws, owner: Owner): Promise<number | undefined>;
  /** A copy as `copy` makes it, complete or under way, that was begun since then, and when that was. Goes with `copy`. Only reads. */
  copiedSince?(
    aws: Aws,
    live: Live,
    owner: Owner,
    since: number,
  ): Promise<{ readonly id: string; readonly since: number } | undefined>;
  /** AWS's own reason for what is `undone`, where the object itself does not say it. Only reads. @param since milliseconds since 1970. */
  whyUndone?(aws: Aws, live: Live, since: number): Promise<string | undefined>;
  /** What the users of the object notice while these fields are changed in place; undefined: nothing. Pure. */
  interruption?(changed: ReadonlySet<string>, live: Live, spec: Spec): Interruption | undefined;
  /** Fields that say what one is, for a plan of one that is yet to be made: its type, class, ranges. */
  readonly matters?: readonly (keyof Spec & string)[];
  /** Nobody notices while one is replaced: it is used only when others are made or changed. */
  readonly unnoticed?: boolean;
  /** How long one of that spec usually takes to become ready, seconds, where that is not what `timing` says. Pure. */
  createSeconds?(spec: Spec): number | undefined;
  /** How the change of these fields goes that takes its time while the object is in use throughout; undefined: at once. Pure. */
  rollout?(changed: ReadonlySet<string>, live: Live, spec: Spec): Rollout | undefined;
  /**
   * What of a new one is known before it is made, besides its spec, for what needs it: what follows from its name. Calls nobody.
   * @param live the one that it takes the place of
   */
  knownBefore?(aws: Aws, owner: Owner, live: Live | undefined): Partial<Live>;
  /**
   * What of it will be another once it is changed to `spec`, besides the fields that change, for what needs it, in a plan; a value
   * of undefined: that is known only then. Pure.
   */
  afterUpdate?(
    live: Live,
    spec: Spec,
    changed: ReadonlySet<string>,
    owner: Owner,
  ): { readonly [F in keyof Live]?: Live[F] | undefined };
  /** Why the config asks for what AWS never does, such as shrinking it. Undefined: it does not. Pure. */
  impossible?(live: Live, spec: Spec, applied: Partial<Spec>): Impossible | undefined;
  /** What a person should know of an object that is as wanted otherwise, a sentence each. Pure. */
  notes?(live: Live, spec: Spec): readonly string[];
  /**
   * One step towards being gone. Called again at each look while the object is there and not `deleting`. Answers the id of
   * what it leaves behind on purpose (a final snapshot), if anything.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most deletes answer nothing at all
  delete?(aws: Aws, live: Live, options: DeleteOptions): Promise<string | void>;
  /**
   * Asked together with all others before the first change of a run, of what is to be created, updated or replaced. Only
   * reads. Parts of the spec may be unknown yet. @param live what is there of it.
   */
  foresee?(aws: Aws, spec: Spec, owner: Owner, live: Live | undefined): Promise<Foreseen | undefined>;
  /** What is kept of it on purpose when it goes, or said of its end. Pure. @param options `filled`: a copy of what needs it will be made */
  farewell?(live: Live, options: KeepOptions & { readonly filled?: boolean }): Farewell | undefined;
  /** What it will have when what AWS is at with it is done: what needs it is judged after that. Pure. */
  afterWait?(live: Live): Partial<Live>;
  /** As it will be when what needs it, and goes in the same run, is gone: a farewell may depend on that. Pure. */
  emptied?(live: Live, leaving: readonly Identified[]): Live;
  /** What protects it from being deleted. Only reads. Asked of all that is to go, before the first delete of a run. */
  protections?(
    aws: Aws,
    live: Live,
    options: Pick<DeleteOptions, "discardData">,
    owner: Owner,
  ): Promise<readonly Protection[]>;
  /** Who is in the way of a delete, asked when AWS says that something is. */
  blockers?(aws: Aws, live: Live): Promise<readonly Blocker[]>;

  /** What an object costs each month. Absent: nothing. Pure. A spec from the state lacks what `unrecorded` names. */
  charges?(spec: Spec, costing: Costing): readonly (Charge | Uncounted)[];
  /** What is left of it after `down`, and what that costs each month until a person removes it. Pure. */
  residual?(spec: Spec, costing: Costing, options: Pick<DeleteOptions, "discardData"> & KeepOptions): readonly Charge[];
}

/** What the engine must know of an object whose value was made up when it was created, and handed on (a database's password). */
export interface Irreplaceable<Live, Spec = object> {
  /** What users notice when one that is lost is made up again, which may then be done; undefined: it is not. */
  madeAnew?(spec: Spec): string | undefined;
  /** AWS's mark of the value as it was last written. Another one than recorded: somebody else wrote over it. */
  revision(live: Live): string;
  /**
   * How a person puts the old value back, or a new one everywhere. No secret is to be seen in the commands.
   * @param setSecret the commands of those that were given the value (`ResourceType.setSecret`).
   * @param changed it is there, but written over: as it is, and the revision that was recorded. Undefined: it is gone.
   */
  remedies(
    aws: Aws,
    owner: Owner,
    setSecret: readonly string[],
    changed: { readonly live: Live; readonly recorded: string } | undefined,
  ): readonly Remedy[];
}

/** What the users of an object notice of a change in place. */
export interface Interruption {
  /** "database1 is away for about 5 min: db.t3.micro → db.t3.small". */
  readonly what: string;
  /** How long the change usually takes, seconds. */
  readonly seconds: number;
  /** Why it can never be taken back: such a change is asked for by the object's name. */
  readonly final?: string;
  /** It is told, and not asked for: it lasts a moment, and who is cut off comes back by himself. */
  readonly unasked?: true;
}

/** How a change goes that is brought to an object's parts one after the other. */
export interface Rollout {
  /** "2 instances are replaced one at a time, about 7 min; the site goes on". */
  readonly what: string;
  /** How long it usually takes, seconds. */
  readonly seconds: number;
}

/** What AWS never does. */
export interface Impossible {
  readonly message: string;
  /** What to do instead. */
  readonly hint: string;
}

export interface DeleteOptions {
  /** True: leave no final snapshot or other copy of the data; it is not wanted, or there is none. */
  readonly discardData: boolean;
  /** A name part for what is left behind (a final snapshot), unique per deletion and stable over retries of it. */
  readonly label: string;
}

// The one `any`: a graph holds resources of all types side by side, and TypeScript has no existential types.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type AnyResource = Resource<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: see above
export type AnyType = ResourceType<any, any>;

/** One resource, or several of one sort (a subnet per zone). */
export type Need = AnyResource | readonly AnyResource[];

/** What `spec` sees of a need: the live object, or one per resource of a list. */
export type LiveOf<N> =
  N extends Resource<infer _Spec, infer Live> ? Live : N extends readonly (infer R)[] ? readonly LiveOf<R>[] : never;

export interface Resource<Spec extends object, Live extends Spec & Identified> {
  readonly key: string;
  readonly name: string;
  readonly type: ResourceType<Spec, Live>;
  /** The edges of the graph, and the typed values that `spec` gets. */
  readonly needs: Readonly<Record<string, Need>>;
  /** Wanted only until these are there (the builder of an image), then removed. */
  readonly temporaryFor: () => readonly AnyResource[];
  /** So many of its type stay, itself and the newest of those that the config asked for before. Undefined: only itself. */
  readonly keeps: number | undefined;
  /** By field: the config's key that says it ("web.instanceType"), for messages about a value that AWS does not take. */
  readonly configured: { readonly [F in keyof Spec & string]?: string };
  /** How it is replaced without being away in between; undefined: the old one goes first. */
  readonly createBeforeDelete: CreateBeforeDelete | undefined;
  /** Keys of those that have moved before anything is taken out of its lists (`ResourceType.widened`). */
  readonly narrowsAfter: readonly string[];
  /** What is wanted, from the live objects it needs. Pure. */
  spec(live: Readonly<Record<string, Identified | readonly Identified[]>>): Spec;
}

/** The new one is made beside the old one, which goes when its users have moved (Terraform's `create_before_destroy`). */
export interface CreateBeforeDelete {
  /** What must have moved to the new one before the old one goes. Default: all that needs it, directly or not. */
  readonly users?: () => readonly AnyResource[];
  /** Those that are replaced before it, where it is: its turn comes when their old ones are gone. */
  readonly after?: () => readonly AnyResource[];
}

/** One object of the stack: its type, its key for ever, its name, what it needs, and what it shall be. */
export function resource<Spec extends object, Live extends Spec & Identified, N extends Readonly<Record<string, Need>>>(
  type: ResourceType<Spec, Live>,
  key: string,
  name: string,
  needs: N,
  spec: (live: { readonly [K in keyof N]: LiveOf<N[K]> }) => NoInfer<Spec>,
  options: Partial<
    Pick<Resource<Spec, Live>, "temporaryFor" | "keeps" | "configured" | "createBeforeDelete" | "narrowsAfter">
  > = {},
): Resource<Spec, Live> {
  return {
    key,
    name,
    type,
    needs,
    spec: spec as Resource<Spec, Live>["spec"],
    temporaryFor: options.temporaryFor ?? (() => []),
    keeps: options.keeps,
    configured: options.configured ?? ({} as Resource<Spec, Live>["configured"]),
    createBeforeDelete: options.createBeforeDelete,
    narrowsAfter: options.narrowsAfter ?? [],
  };
}

export interface Step<R extends Readonly<Record<string, Need>> = Readonly<Record<string, Need>>> {
  readonly name: string;
  readonly resources: R;
}

/** A named group of resources, in the order in which a person reads them. */
export function step<const R extends Step["resources"]>(name: string, resources: R): Step<R> {
  return { name, resources };
}

/** False for what is only looked up, and for what is a state of another object: there is nothing to remove. */
export const removable = (type: AnyType): boolean => !type.external && type.delete !== undefined;

/** True for what `down` removes: also what a person made for the stack. */
export const removedByDown = (type: AnyType): boolean => type.delete !== undefined;
