export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

/**
 * CloudWatch's rule for points of which some are missing (user guide, "Configuring how CloudWatch alarms treat missing
 * data"). @param range breaching or not, oldest first; undefined: missing. Answers "retain" where the state stays as it was.
 */
export function judge(
  range: readonly (boolean | undefined)[],
  { needed, breaching, treat }: { readonly needed: number; readonly breaching: number; readonly treat: string },
): AlarmState | "retain" {
  const there = range.filter((point) => point !== undefined);
  const bad = there.slice(-needed).filter(Boolean).length;
  if (there.length >= needed) return bad >= breaching ? "ALARM" : "OK";
  if (treat === "breaching") return bad + (needed - there.length) >= breaching ? "ALARM" : "OK";
  if (treat === "notBreaching") return bad >= breaching ? "ALARM" : "OK";
  if (there.length === 0) return treat === "ignore" ? "retain" : "INSUFFICIENT_DATA";
  if (bad >= breaching) return "ALARM";
  if (bad < there.length) return "OK";
  // All that there is breaches, but it is too little: only when the oldest of it is old enough.
  const age = range.length - range.indexOf(true);
  return treat !== "ignore" && age >= breaching ? "ALARM" : "retain";
}
