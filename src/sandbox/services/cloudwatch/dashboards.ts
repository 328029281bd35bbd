import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import { dashboardArn, dashboardTable, tagList, tagsOf } from "./tables.ts";

interface Message {
  readonly DataPath: string;
  readonly Message: string;
}

const invalid = (messages: readonly Message[]) =>
  awsError(
    "DashboardInvalidInputError",
    `The field DashboardBody must be a valid JSON object: ${JSON.stringify(messages)}`,
    { code: "InvalidParameterInput", fields: { dashboardValidationMessages: messages } },
  );
const notFound = (name: string) =>
  awsError("DashboardNotFoundError", `Dashboard ${name} does not exist`, { code: "ResourceNotFound", status: 404 });

const KNOWN = [
  "title",
  "region",
  "view",
  "stacked",
  "stat",
  "period",
  "metrics",
  "yAxis",
  "annotations",
  "legend",
  "liveData",
];

// "Dashboard body structure and syntax" of the CloudWatch API reference.
const widget = z.object({
  type: z.enum(["metric", "text", "log", "alarm", "explorer"]),
  x: z.number().int().min(0).max(23).optional(),
  y: z.number().int().min(0).optional(),
  width: z.number().int().min(1).max(24).optional(),
  height: z.number().int().min(1).max(1000).optional(),
  properties: z.record(z.string(), z.unknown()),
});
const body = z.object({ widgets: z.array(widget).max(500) });
const metricWidget = z.object({
  region: z.string({ error: "should have required property 'region'" }),
  metrics: z.array(z.array(z.unknown()).min(1)).min(1).max(500),
  view: z.enum(["timeSeries", "singleValue", "gauge", "bar", "pie", "table"]).optional(),
  stat: z.string().optional(),
  period: z.number().int().min(1).optional(),
  stacked: z.boolean().optional(),
  yAxis: z.object({ left: z.object({}).optional(), right: z.object({}).optional() }).optional(),
});
const textWidget = z.object({ markdown: z.string({ error: "should have required property 'markdown'" }) });

const path = (...parts: readonly PropertyKey[]) => `/${parts.map(String).join("/")}`;

/** A line of `metrics`: namespace, metric, pairs of dimensions, options; or an expression. */
function metricComplaint(line: readonly unknown[]): string | undefined {
  const options = line.at(-1);
  const hasOptions = typeof options === "object" && options !== null;
  if (line.length === 1 && hasOptions)
    return "expression" in options ? undefined : "Invalid metric: it has no namespace, metric name or expression";
  const names = hasOptions ? line.slice(0, -1) : line;
  if (names.length < 2 || names.length % 2 !== 0 || names.some((name) => typeof name !== "string" || name === ""))
    return 'Invalid metric field type, only "String" type is allowed';
  return undefined;
}

/** What makes CloudWatch refuse a body (`errors`), and what it only complains of. */
function check(text: string): { readonly errors: readonly Message[]; readonly warnings: readonly Message[] } {
  const errors: Message[] = [];
  const warnings: Message[] = [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { errors: [{ DataPath: "", Message: "Invalid JSON" }], warnings };
  }
  const whole = body.safeParse(parsed);
  if (!whole.success) {
    return {
      errors: whole.error.issues.map((issue) => ({ DataPath: path(...issue.path), Message: issue.message })),
      warnings,
    };
  }
  whole.data.widgets.forEach(({ type, x = 0, width = 6, properties }, index) => {
    if (x + width > 24)
      errors.push({ DataPath: path("widgets", index), Message: "x and width should be <= 24 together" });
    const kind = type === "metric" ? metricWidget : type === "text" ? textWidget : undefined;
    const checked = kind?.safeParse(properties);
    for (const issue of checked?.error?.issues ?? [])
      errors.push({ DataPath: path("widgets", index, "properties", ...issue.path), Message: issue.message });
    if (type !== "metric" || !checked?.success) return;
    (properties.metrics as unknown[][]).forEach((line, number) => {
      const complaint = metricComplaint(line);
      if (complaint)
        errors.push({ DataPath: path("widgets", index, "properties", "metrics", number), Message: complaint });
    });
    for (const name of Object.keys(properties))
      if (!KNOWN.includes(name))
        warnings.push({
          DataPath: path("widgets", index, "properties"),
          Message: `Should NOT have additional properties: ${name}`,
        });
  });
  return { errors, warnings };
}

const name = z.string().regex(/^[A-Za-z0-9_-]{1,255}$/);

export const dashboards: SandboxService["operations"] = {
  PutDashboard: operation(
    { DashboardName: name, DashboardBody: z.string(), Tags: tagList.optional() },
    ({ DashboardName, DashboardBody, Tags }, sim) => {
      const { errors, warnings } = check(DashboardBody);
      if (errors.length > 0) throw invalid(errors);
      const before = dashboardTable(sim).get(DashboardName);
      dashboardTable(sim).put(DashboardName, {
        name: DashboardName,
        body: DashboardBody,
        tags: before ? before.tags : tagsOf(Tags),
      });
      return { DashboardValidationMessages: [...warnings] };
    },
  ),

  GetDashboard: operation({ DashboardName: name }, ({ DashboardName }, sim) => {
    const found = dashboardTable(sim).visible(DashboardName);
    if (!found) throw notFound(DashboardName);
    return { DashboardArn: dashboardArn(sim, found.name), DashboardBody: found.body, DashboardName };
  }),

  DeleteDashboards: operation({ DashboardNames: z.array(name).min(1) }, ({ DashboardNames }, sim) => {
    const missing = DashboardNames.filter((one) => !dashboardTable(sim).get(one));
    for (const one of DashboardNames) if (!missing.includes(one)) dashboardTable(sim).remove(one);
    if (missing.length > 0) throw notFound(missing.join(", "));
    return {};
  }),
};
