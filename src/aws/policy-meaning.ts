import type { Danger } from "../engine/resource.ts";
import { EVERYBODY } from "./ranges.ts";

type Some = string | readonly string[];
interface Statement {
  readonly Effect?: string;
  readonly Action?: Some;
  readonly NotAction?: Some;
  readonly Resource?: Some;
  readonly NotResource?: Some;
  readonly Principal?: "*" | Readonly<Record<string, Some>>;
  readonly NotPrincipal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Some>>>>;
}
const listOf = (one: Some | undefined): readonly string[] =>
  one === undefined ? [] : typeof one === "string" ? [one] : one;

/** A document's statements; undefined: the text is no document. */
function statementsOf(document: string): readonly Statement[] | undefined {
  try {
    const parsed = JSON.parse(document) as { readonly Statement?: Statement | readonly Statement[] } | null;
    return [parsed?.Statement ?? []].flat() as readonly Statement[];
  } catch {
    return undefined;
  }
}

/**
 * Conditions that leave somebody out, where a value is a fixed one: as S3 and EFS judge what is public (user guides, "The meaning of
 * 'public'" and "Using IAM to control file system data access").
 */
const NARROWING =
  /^(aws:(source(arn|vpc|vpce|owner|account|ip|orgid)|principal\w+|userid)|s3:dataaccesspoint\w+|elasticfilesystem:accessedviamounttarget)$/i;
const narrows = ({ Condition = {} }: Statement): boolean =>
  Object.entries(Condition).some(
    ([operator, keys]) =>
      !/not|ifexists/i.test(operator) &&
      Object.entries(keys).some(
        ([key, values]) =>
          NARROWING.test(key) && listOf(values).every((one) => !/\*/.test(one) && !EVERYBODY.test(one)),
      ),
  );

const ACCOUNT = /^\d{12}$/;
const EVERYONE = "everybody";
/** Who is named besides the account itself and AWS's services. */
function othersIn({ Principal, NotPrincipal }: Statement, account: string | undefined): readonly string[] {
  if (NotPrincipal !== undefined || Principal === "*") return [EVERYONE];
  return Object.entries(Principal ?? {}).flatMap(([kind, names]) =>
    listOf(names).flatMap((name) => {
      if (kind === "Service") return [];
      if (name === "*") return [EVERYONE];
      const of = ACCOUNT.test(name) ? name : (name.split(":")[4] ?? "");
      if (of === account && kind === "AWS") return [];
      return kind === "AWS" && ACCOUNT.test(of) ? [`account ${of}`] : [name];
    }),
  );
}
const isPublic = (one: Statement): boolean => othersIn(one, undefined).includes(EVERYONE) && !narrows(one);

/** What makes an administrator: all, all but something, or the right to give oneself all. */
const isAdministrators = ({ Action, NotAction, Resource, NotResource }: Statement): boolean =>
  (NotResource !== undefined || listOf(Resource).includes("*")) &&
  (NotAction !== undefined || listOf(Action).some((one) => /^(\*|\*:\*|iam:\*)$/i.test(one)));

const allowed = (statements: readonly Statement[]) => statements.filter(({ Effect }) => Effect === "Allow");

/** True where one of these statements, as JSON, makes whoever has them an administrator. */
export const makesAdministrators = (statements: string): boolean =>
  allowed(JSON.parse(statements) as readonly Statement[]).some(isAdministrators);

/** True where a role's trust, a document, lets others in than AWS's services. */
export const trustsOthers = (document: string): boolean =>
  allowed(statementsOf(document) ?? []).some((one) => othersIn(one, undefined).length > 0);

const shown = (list: readonly string[]) => `${list.slice(0, 3).join(", ")}${list.length > 3 ? ", …" : ""}`;
const actionsOf = ({ Action, NotAction }: Statement): readonly string[] =>
  NotAction === undefined ? listOf(Action) : [`everything but ${shown(listOf(NotAction))}`];
const unique = (list: readonly string[]): readonly string[] => [...new Set(list)];

/**
 * What a policy document allows, and to whom, in short, and what that means; a text that is no document is shown as such.
 * @param account the one that it is in
 */
export function policyMeaning(
  document: string,
  account: string,
): { readonly effect: string; readonly danger: Danger | undefined } {
  const statements = statementsOf(document);
  if (statements === undefined) return { effect: "it cannot be read", danger: undefined };
  const allows = allowed(statements);
  const whom = unique(
    allows.flatMap((one) =>
      othersIn(one, account).map((who) => (who === EVERYONE && narrows(one) ? `${who}, under conditions` : who)),
    ),
  );
  const actions = unique(allows.flatMap(actionsOf));
  const denied = unique(statements.filter((one) => !allows.includes(one)).flatMap(actionsOf));
  const effect = [
    ...(actions.length > 0 ? [`allows ${shown(actions)}${whom.length > 0 ? ` to ${shown(whom)}` : ""}`] : []),
    ...(denied.length > 0 ? [`denies ${shown(denied)}`] : []),
  ].join("; ");
  const danger = allows.some(isPublic)
    ? "made public"
    : allows.some((one) => one.Principal === undefined && isAdministrators(one))
      ? "administrator rights"
      : whom.some((who) => !who.startsWith(EVERYONE))
        ? "leads elsewhere"
        : undefined;
  return { effect, danger };
}
