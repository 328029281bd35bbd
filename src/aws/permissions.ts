/** A condition of an IAM statement: operator, key, values. */
export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** What a state has of an object, as far as a policy depends on it. */
export interface RecordedObject {
  readonly type: string;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** What a policy is printed for, as a service that narrows its own actions must know it. */
export interface PolicyScope {
  readonly stack: string;
  readonly region: string;
  /** An ARN in the region's partition: `arn("iam::*:role/x")`. */
  arn(rest: string): string;
  /** True when the caller needs this action. */
  needs(action: string): boolean;
  /** The parameters of the calls of an operation that the stack sends to the service; of all operations when none is named. */
  inputs(operation?: string): readonly Readonly<Record<string, unknown>>[];
  /** The values of a parameter in the calls that the stack sends to the service, each once, sorted. */
  values(parameter: string): readonly string[];
  /** The services that are sent a parameter, and its values, each once, sorted. */
  usersOf(parameter: string): readonly { readonly prefix: string; readonly values: readonly string[] }[];
  /** The stack's objects of a type, as its state records them; none: nothing is known yet. */
  recorded(type: string): readonly RecordedObject[];
  /** Service principals of those services of the stack that create a linked role, sorted. */
  readonly linkedRoles: readonly string[];
}

/** What some of a service's actions are narrowed to, because the names are known beforehand. */
export interface Narrowed {
  /** By the action without the prefix. An action belongs to the first that takes it. */
  takes(action: string): boolean;
  /** One statement, or several where AWS checks the action on more than one kind of resource. */
  readonly statements: readonly {
    readonly Sid: string;
    readonly Resource: string | readonly string[];
    readonly Condition?: Condition;
  }[];
}

/**
 * Which operations IAM can hold to a stack's own objects by their tags (Service Authorization Reference: condition keys of
 * the actions and of their resource types). One that makes an object in another is in both lists: AWS checks it on each.
 */
export interface ByTags<Operation extends string = string> {
  /** Allowed where the request gives the stack's tag to what is made. */
  readonly creates: readonly Operation[];
  /** Allowed on objects that carry the stack's tag. */
  readonly changes: readonly Operation[];
  /**
   * By operation: the kinds of resource, as the ends of ARNs ("subnet/*"), that AWS checks it on besides, whatever their
   * tags: what may be somebody else's, or has none.
   */
  readonly besides?: Readonly<Partial<Record<Operation, readonly string[]>>>;
  /** What AWS gives no tags to, and is the stack's nevertheless: allowed on it once it is known. */
  readonly untagged?: (scope: PolicyScope) => readonly Narrowed[];
  /** The condition key that says which operation gives tags to a new object. */
  readonly createAction?: string;
  /**
   * Where there is no such key, and who may tag what is new may tag what is there: the ends of the ARNs that only the stack's
   * objects have.
   */
  readonly named?: (scope: Pick<PolicyScope, "values">) => readonly string[];
}

/** What IAM knows of a service. `Operation` is the name of a call as AWS has it: "CreateVpc". */
export interface Permissions<Operation extends string = string> {
  /** IAM's prefix of the service's actions: "ec2", "elasticloadbalancing". */
  readonly prefix: string;
  /** The actions of operations that IAM knows by another name, without the prefix (Service Authorization Reference). */
  readonly actions?: Readonly<Partial<Record<Operation, string>>>;
  /** The action, with its prefix, that a create with tags is also checked for. Without it the create itself is refused. */
  readonly tagging?: string;
  /**
   * By operation: the actions, with their prefixes, that AWS also checks in the caller's name. The Service Authorization
   * Reference names none of them; each has AWS's page beside it.
   */
  readonly implied?: Readonly<Partial<Record<Operation, readonly string[]>>>;
  /** By operation: the same, where the call has certain parameters only. */
  readonly impliedWith?: Readonly<
    Partial<Record<Operation, (input: Readonly<Record<string, unknown>>) => readonly string[]>>
  >;
  /**
   * By the operation that creates a thing: the operations that are sent about it only when it is not as it was left (a change
   * of the config, drift, a failure, an interrupted run), so that no rehearsal of an ordinary life shows them.
   */
  readonly changes?: Readonly<Partial<Record<Operation, readonly Operation[]>>>;
  /** The principal of the linked role that the service's first use in an account creates. */
  readonly linkedRole?: string;
  /** True where calls go to one region whatever the stack's is: a condition on the region would refuse them. */
  readonly global?: true;
  /** What of its actions is narrowed to names. */
  readonly narrowed?: (scope: PolicyScope) => readonly Narrowed[];
  /** What of its actions is narrowed by tags; an action may be one that nobody calls, but others check. */
  readonly byTags?: ByTags;
}
