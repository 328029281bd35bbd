import { serves, webAnswer } from "../../guests/web-server.ts";
import type { SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { groupsPermit } from "../ec2/reach.ts";
import { type Instance, instanceTable, type NetworkInterface, subnetTable } from "../ec2/tables.ts";
import { lostSince } from "../ec2/zones.ts";
import {
  CHANGES,
  groupsOf,
  hostsTable,
  interfacesOf,
  type LoadBalancer,
  listenerTable,
  loadBalancerTable,
  SERVICE,
  type Target,
  type TargetGroup,
  targetGroupTable,
  targetTable,
} from "./tables.ts";

/** While nothing changes, the sandbox looks less often than AWS, so that a world left alone is cheap. */
const QUIET_MS = 45_000;
const TIMER = `${SERVICE}:health-check`;

const key = (group: string, instance: string) => `${group} ${instance}`;
export const targetsOf = (sim: Sim, group: string) =>
  targetTable(sim)
    .all()
    .filter(({ targetGroupArn }) => targetGroupArn === group);

/** The load balancer that sends requests to a target group, once it is active. */
function userOf(sim: Sim, group: TargetGroup): LoadBalancer | undefined {
  const listener = listenerTable(sim)
    .all()
    .find(({ action }) => groupsOf(action).includes(group.arn));
  return listener && loadBalancerTable(sim).get(listener.loadBalancerArn);
}

/** True when the security groups on both sides let the load balancer reach the instance on that port. */
function admits(sim: Sim, instance: Instance, peers: readonly NetworkInterface[], port: number): boolean {
  const tcp = { protocol: "tcp", port } as const;
  const here = { address: instance.privateIp, groupIds: instance.groupIds };
  return peers.every(
    ({ privateIp: address, groupIds }) =>
      groupsPermit(sim, instance.groupIds, "inbound", tcp, { address, groupIds }) &&
      groupsPermit(sim, groupIds, "outbound", tcp, here),
  );
}

/** It runs, and its zone is not lost. */
const stands = (sim: Sim, instance: Instance | undefined): instance is Instance =>
  instance?.state === "running" && lostSince(sim, instance.subnetId) === undefined;

/** What a request from the load balancer meets at the instance: an answer, a closed port, or silence. */
export function reception(
  sim: Sim,
  group: TargetGroup,
  target: Target,
  peers: readonly NetworkInterface[],
): "answers" | "refuses" | "silent" {
  const instance = instanceTable(sim).get(target.instanceId);
  if (!stands(sim, instance) || !admits(sim, instance, peers, group.port)) return "silent";
  return serves(sim, instance, group.port) ? "answers" : "refuses";
}

/** True for a status that a matcher such as "200,202" or "200-299" names (API reference, Matcher). */
const matches = (codes: string, status: number): boolean =>
  codes.split(",").some((part) => {
    const [from = "", to = from] = part.split("-");
    return Number(from) <= status && status <= Number(to);
  });

/** Why a health check of the target fails now, in the words of TargetHealth (API reference); undefined: it does not. */
function complaint(
  sim: Sim,
  group: TargetGroup,
  target: Target,
  peers: readonly NetworkInterface[],
): { readonly Reason: string; readonly Description: string } | undefined {
  const met = reception(sim, group, target, peers);
  if (met === "silent") return { Reason: "Target.Timeout", Description: "Request timed out" };
  if (met === "refuses") return { Reason: "Target.FailedHealthChecks", Description: "Health checks failed" };
  const instance = instanceTable(sim).get(target.instanceId) as Instance;
  const { status } = webAnswer(sim, instance, group.health.path);
  return matches(group.health.codes, status)
    ? undefined
    : {
        Reason: "Target.ResponseCodeMismatch",
        Description: `Health checks failed with these codes: [${status}]`,
      };
}

/** What DescribeTargetHealth says of a target. */
export function targetHealth(
  sim: Sim,
  group: TargetGroup,
  target: Target,
): { State: string; Reason?: string; Description?: string } {
  if (target.state === "draining") {
    return {
      State: "draining",
      Reason: "Target.DeregistrationInProgress",
      Description: "Target deregistration is in progress",
    };
  }
  if (!userOf(sim, group)) {
    return {
      State: "unused",
      Reason: "Target.NotInUse",
      Description: "Target group is not configured to receive traffic from the load balancer",
    };
  }
  // Not while it is stopping: until then only the health check can tell (API reference, TargetHealth: "stopped or terminated").
  const state = instanceTable(sim).get(target.instanceId)?.state ?? "terminated";
  if (state === "stopped" || state === "terminated") {
    return { State: "unused", Reason: "Target.InvalidState", Description: `Target is in the ${state} state` };
  }
  if (target.state === "initial") {
    return {
      State: "initial",
      Reason: "Elb.InitialHealthChecking",
      Description: "Initial health checks in progress",
    };
  }
  if (target.state === "unhealthy") {
    const balancer = userOf(sim, group);
    // Until enough checks have passed, it stays with the reason of before.
    const failed = { Reason: "Target.FailedHealthChecks", Description: "Health checks failed" };
    const why = balancer && complaint(sim, group, target, interfacesOf(sim, balancer));
    return { State: "unhealthy", ...(why ?? failed) };
  }
  return { State: "healthy" };
}

/** True when the load balancer sends requests to the instance. */
export const isHealthyTarget = (sim: Sim, groupArn: string, instanceId: string): boolean => {
  const group = targetGroupTable(sim).get(groupArn);
  const target = targetTable(sim).get(key(groupArn, instanceId));
  return group !== undefined && target !== undefined && targetHealth(sim, group, target).State === "healthy";
};

/** True when health checks of the instance have failed, so often that it counts as unhealthy. */
export const isUnhealthyTarget = (sim: Sim, groupArn: string, instanceId: string): boolean => {
  const group = targetGroupTable(sim).get(groupArn);
  const target = targetTable(sim).get(key(groupArn, instanceId));
  return group !== undefined && target !== undefined && targetHealth(sim, group, target).State === "unhealthy";
};

/** Registers an instance; again is nothing. */
export function registerTarget(sim: Sim, groupArn: string, instanceId: string): void {
  const group = targetGroupTable(sim).get(groupArn);
  const there = targetTable(sim).get(key(groupArn, instanceId));
  if (!group || (there && there.state !== "draining")) return;
  targetTable(sim).putNow(key(groupArn, instanceId), {
    targetGroupArn: groupArn,
    instanceId,
    state: "initial",
    good: 0,
    bad: 0,
    leavesAt: null,
  });
  checkFromNowOn(sim, group);
}

/** Takes an instance out; a healthy one may finish its requests. Answers when it is out. */
export function deregisterTarget(sim: Sim, groupArn: string, instanceId: string): number {
  const group = targetGroupTable(sim).get(groupArn);
  const target = targetTable(sim).get(key(groupArn, instanceId));
  if (!group || !target) return sim.now;
  if (target.state === "draining") return target.leavesAt ?? sim.now;
  if (!isHealthyTarget(sim, groupArn, instanceId)) {
    targetTable(sim).removeNow(key(groupArn, instanceId));
    noteHosts(sim, group);
    return sim.now;
  }
  const leavesAt = sim.now + Number(group.attributes["deregistration_delay.timeout_seconds"]) * 1_000;
  targetTable(sim).putNow(key(groupArn, instanceId), { ...target, state: "draining", leavesAt });
  noteHosts(sim, group);
  checkFromNowOn(sim, group);
  return leavesAt;
}

/** Something has changed at an instance: its target groups check it at their interval again. */
function checkTargetsSoon(instanceId: string, sim: Sim): void {
  for (const target of targetTable(sim).all()) {
    const group = target.instanceId === instanceId ? targetGroupTable(sim).get(target.targetGroupArn) : undefined;
    if (group) checkFromNowOn(sim, group);
  }
}

/** Keeps the numbers of hosts for CloudWatch, when they have changed. */
function noteHosts(sim: Sim, group: TargetGroup): void {
  const states = targetsOf(sim, group.arn).map((target) => targetHealth(sim, group, target).State);
  const healthy = states.filter((state) => state === "healthy").length;
  const unhealthy = states.filter((state) => state === "unhealthy").length;
  const changes = hostsTable(sim).get(group.arn)?.changes ?? [];
  const last = changes.at(-1);
  if (last?.healthy === healthy && last.unhealthy === unhealthy) return;
  hostsTable(sim).putNow(group.arn, {
    targetGroupArn: group.arn,
    changes: [...changes, { at: sim.now, healthy, unhealthy }].slice(-CHANGES),
  });
}

/** The group checks its targets at its interval again, not as seldom as while nothing changes. */
export function checkFromNowOn(sim: Sim, group: TargetGroup): void {
  // Not "already under way": a quiet group's next check may be far off.
  const soon = sim.now + group.health.seconds * 1_000;
  if (sim.world.timers.some(({ name, about, at }) => name === TIMER && about === group.arn && at <= soon)) return;
  sim.world.timers = sim.world.timers.filter(({ name, about }) => name !== TIMER || about !== group.arn);
  sim.after(group.health.seconds * 1_000, TIMER, group.arn);
}

/** One check of one target. @param peers the load balancer's interfaces; undefined: none is active in front of the group. */
function checked(sim: Sim, group: TargetGroup, target: Target, peers: readonly NetworkInterface[] | undefined): Target {
  if (target.state === "draining") return target;
  if (!peers) return { ...target, state: "initial", good: 0, bad: 0 };
  const good = complaint(sim, group, target, peers) === undefined ? target.good + 1 : 0;
  const bad = good > 0 ? 0 : target.bad + 1;
  if (good >= group.health.healthy) return { ...target, state: "healthy", good, bad };
  if (bad >= group.health.unhealthy) return { ...target, state: "unhealthy", good, bad };
  return { ...target, good, bad };
}

export const healthChecks: SandboxService = {
  operations: {},
  hooks: {
    instanceEnded: checkTargetsSoon,
    instanceAnswersChanged: checkTargetsSoon,
    zoneChanged(zone, sim) {
      for (const { id, subnetId } of instanceTable(sim).all())
        if (subnetTable(sim).get(subnetId)?.zone === zone) checkTargetsSoon(id, sim);
    },
  },
  timers: {
    "health-check"(groupArn, sim) {
      const group = targetGroupTable(sim).get(groupArn);
      if (!group) return;
      const balancer = userOf(sim, group);
      const peers = balancer && sim.now >= balancer.activeAt ? interfacesOf(sim, balancer) : undefined;
      let moving = false;
      let changed = false;
      for (const target of targetsOf(sim, groupArn)) {
        const id = key(groupArn, target.instanceId);
        const gone = target.leavesAt !== null && target.leavesAt <= sim.now;
        if (gone) {
          targetTable(sim).removeNow(id);
          changed = true;
          continue;
        }
        const next = checked(sim, group, target, peers);
        targetTable(sim).putNow(id, next);
        const settled = (next.state === "healthy" && next.bad === 0) || (next.state === "unhealthy" && next.good === 0);
        moving ||= !settled;
        changed ||= !settled || next.state !== target.state;
      }
      if (changed) noteHosts(sim, group);
      if (targetsOf(sim, groupArn).length === 0) return;
      sim.after(
        moving ? group.health.seconds * 1_000 : Math.max(QUIET_MS, group.health.seconds * 1_000),
        TIMER,
        groupArn,
      );
    },
  },
};
