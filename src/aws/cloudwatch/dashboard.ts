import type { Identified, Owner, ResourceType } from "../../engine/resource.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { tagList } from "../owned.ts";
import { dashboardMonth } from "./prices.ts";
import { retag } from "./tags.ts";

/** A widget as CloudWatch's dashboard bodies have it ("Dashboard body structure and syntax"). */
export interface Widget {
  readonly type: "metric" | "text";
  /** Columns and rows of a grid of 24 columns. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: object;
}
export interface DashboardSpec {
  /** Row 0 is taken by the line that says whose the dashboard is. */
  readonly widgets: readonly Widget[];
}
export interface DashboardLive extends DashboardSpec, Identified {}

const GONE = ["ResourceNotFound", "ResourceNotFoundException", "DashboardNotFoundError"];

/** Dashboards are the account's: the stack of the same name in another region has its own (CloudWatch user guide). */
const markdown = ({ region }: Pick<Aws, "region">, { stack }: Pick<Owner, "stack">): string =>
  `Made by \`buddyverse\` for the stack **${stack}** in ${region}: the next \`buddyverse up\` undoes changes made here.`;
/** Says whose the dashboard is: to read its tags would be a call more. AWS advises such a line (API reference, PutDashboard). */
const mark = (aws: Aws, owner: Owner): Widget => ({
  type: "text",
  x: 0,
  y: 0,
  width: 24,
  height: 1,
  properties: { markdown: markdown(aws, owner) },
});

function widgetsIn(body: string | undefined): Widget[] {
  try {
    const parsed = JSON.parse(body ?? "{}") as { readonly widgets?: Widget[] };
    return parsed.widgets ?? [];
  } catch {
    return [];
  }
}

const markdownOf = (widget: Widget | undefined): string =>
  (widget?.properties as { readonly markdown?: string } | undefined)?.markdown ?? "";

/** Whose mark it is; undefined: it is none. */
const ownerIn = (text: string): string | undefined => {
  const [, stack, region] = /^Made by `buddyverse` for the stack \*\*(\S+)\*\* in ([a-z0-9-]+):/.exec(text) ?? [];
  return stack && `stack "${stack}" in ${region}`;
};

async function put(aws: Aws, spec: DashboardSpec, owner: Owner, input: { Tags?: { Key: string; Value: string }[] }) {
  const { DashboardValidationMessages = [] } = await aws.cloudWatch.putDashboard({
    DashboardName: owner.name,
    DashboardBody: JSON.stringify({ widgets: [mark(aws, owner), ...spec.widgets] }),
    ...input,
  });
  // Stored all the same, but these widgets show nothing.
  if (DashboardValidationMessages.length > 0) {
    throw new BuddyError({
      code: "failed",
      message: `CloudWatch does not understand all of the dashboard ${owner.name}: ${DashboardValidationMessages.map(({ DataPath, Message }) => `${DataPath ?? ""} ${Message ?? ""}`.trim()).join("; ")}`,
      about: { key: owner.key, id: owner.name },
      hint: "The dashboard is there, but some widgets are broken. Please report this with the message.",
    });
  }
}

/** A CloudWatch dashboard. Named as its owner; the name is the id, one for the whole account. */
export const dashboard: ResourceType<DashboardSpec, DashboardLive> = {
  name: "cloudwatch:dashboard",
  naming: { longest: 255, within: "account" },
  coverage: { covers: { widgets: ["DashboardBody"] }, unshown: { tags: "another call" } },
  tagsUnread: true,
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },

  async find(aws, owner, id) {
    const found = await undefinedIf(GONE, () => aws.cloudWatch.getDashboard({ DashboardName: owner.name }));
    if (!found) return undefined;
    const widgets = widgetsIn(found.DashboardBody);
    const said = markdownOf(widgets[0]);
    const marked = said === markdown(aws, owner);
    const other = marked ? undefined : ownerIn(said);
    // Whoever has its mark on it has made it since, whatever the state says.
    if (other !== undefined || (!marked && id !== owner.name)) {
      throw new BuddyError({
        code: "not-ours",
        message: `the dashboard ${owner.name} ${other === undefined ? `exists already and does not belong to stack "${owner.stack}" in ${aws.region}` : `is that of ${other}`}`,
        about: { key: owner.key, id: owner.name },
        hint:
          other === undefined
            ? "Dashboards are shared by all regions of an account. Remove it, or save it under another name, and run the same command again."
            : `Dashboards are shared by all regions of an account: take ${other} down first, or give this stack another name ("stack" in the config).`,
      });
    }
    return { id: owner.name, widgets: marked ? widgets.slice(1) : widgets, described: found };
  },

  async create(aws, spec, owner) {
    await put(aws, spec, owner, { Tags: tagList(owner.tags) });
    return owner.name;
  },

  async update(aws, { id }, spec, changed, owner) {
    if ([...changed].some((field) => field !== "tags")) await put(aws, spec, owner, {});
    await retag(aws, `arn:${aws.partition}:cloudwatch::${aws.account}:dashboard/${id}`, changed, owner);
  },

  async delete(aws, { id }) {
    await undefinedIf(GONE, () => aws.cloudWatch.deleteDashboards({ DashboardNames: [id] }));
  },

  charges: () => [{ what: "dashboard", price: dashboardMonth, quantity: 1 }],
};
