import type { Widget } from "../src/aws/cloudwatch/dashboard.ts";

/** What the dashboard shows, by CloudWatch's dimensions. */
export interface Shown {
  readonly region: string;
  /** Percent. */
  readonly cpuTarget: number;
  readonly group: string;
  readonly loadBalancer: string;
  readonly targetGroup: string;
  readonly natKind: "instance" | "gateway";
  readonly nats: readonly { readonly id: string; readonly name: string }[];
  readonly bastions: readonly { readonly id: string; readonly name: string }[];
  readonly databases: readonly string[];
  readonly replica: string | undefined;
  readonly fileSystemId: string;
}

type Metric = readonly (string | object)[];
const HEIGHT = 6;

/** Rows of graphs, 24 columns wide, below the line that says whose the dashboard is. */
export function widgets(shown: Shown): readonly Widget[] {
  const { region, group, loadBalancer, targetGroup, fileSystemId } = shown;

  const graph = (title: string, stat: string, period: number, metrics: readonly Metric[], more: object = {}) => ({
    title,
    region,
    view: "timeSeries",
    stacked: false,
    stat,
    period,
    metrics,
    ...more,
  });
  const from = (label: string, min?: number, max?: number) => ({
    yAxis: {
      left: { label, showUnits: false, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) },
    },
  });
  const percent = from("percent", 0, 100);

  const site = (metric: string, options: object = {}): Metric => [
    "AWS/ApplicationELB",
    metric,
    "LoadBalancer",
    loadBalancer,
    options,
  ];
  const hosts = (metric: string, label: string): Metric => [
    "AWS/ApplicationELB",
    metric,
    "TargetGroup",
    targetGroup,
    "LoadBalancer",
    loadBalancer,
    { label },
  ];
  const size = (metric: string, label: string): Metric => [
    "AWS/AutoScaling",
    metric,
    "AutoScalingGroupName",
    group,
    { label },
  ];
  const cpu = ({ id, name }: { readonly id: string; readonly name: string }): Metric => [
    "AWS/EC2",
    "CPUUtilization",
    "InstanceId",
    id,
    { label: name },
  ];
  const database = (metric: string): readonly Metric[] =>
    shown.databases.map((name) => ["AWS/RDS", metric, "DBInstanceIdentifier", name, { label: name }]);
  const files = (metric: string, options: object): Metric => ["AWS/EFS", metric, "FileSystemId", fileSystemId, options];

  const web = (stat: string): Metric => [
    "AWS/EC2",
    "CPUUtilization",
    "AutoScalingGroupName",
    group,
    { stat, label: stat.toLowerCase() },
  ];
  const gateways: readonly Metric[] = shown.nats.map(({ id, name }) => [
    "AWS/NATGateway",
    "BytesOutToDestination",
    "NatGatewayId",
    id,
    { label: name },
  ]);

  const rows: readonly (readonly object[])[] = [
    [
      graph("CPU of the web instances", "Average", 300, [web("Average"), web("Maximum"), web("Minimum")], {
        ...percent,
        annotations: { horizontal: [{ label: "scaling target", value: shown.cpuTarget }] },
      }),
      ...(shown.natKind === "instance"
        ? [graph("CPU of the NAT instances", "Average", 300, shown.nats.map(cpu), percent)]
        : [graph("Traffic through the NAT gateways", "Sum", 300, gateways, from("bytes per 5 min", 0))]),
      graph("CPU of the bastions", "Average", 300, shown.bastions.map(cpu), percent),
    ],
    [
      graph(
        "Instances in the group",
        "Average",
        60,
        [
          size("GroupDesiredCapacity", "desired"),
          size("GroupInServiceInstances", "in service"),
          size("GroupMaxSize", "at most"),
        ],
        from("instances", 0),
      ),
      graph(
        "Healthy and unhealthy hosts",
        "Average",
        60,
        [hosts("HealthyHostCount", "healthy"), hosts("UnHealthyHostCount", "unhealthy")],
        from("hosts", 0),
      ),
      graph("Requests", "Sum", 60, [site("RequestCount", { label: "requests" })], from("per minute", 0)),
    ],
    [
      graph(
        "Time to answer",
        "p95",
        60,
        ["p50", "p95", "p99"].map((stat) => site("TargetResponseTime", { stat, label: stat })),
        from("seconds", 0),
      ),
      graph(
        "4xx answers",
        "Sum",
        60,
        [
          site("HTTPCode_Target_4XX_Count", { label: "web instances" }),
          site("HTTPCode_ELB_4XX_Count", { label: "load balancer" }),
        ],
        from("per minute", 0),
      ),
      graph(
        "5xx answers",
        "Sum",
        60,
        [
          site("HTTPCode_Target_5XX_Count", { label: "web instances" }),
          site("HTTPCode_ELB_5XX_Count", { label: "load balancer" }),
        ],
        from("per minute", 0),
      ),
    ],
    [
      graph("CPU of the databases", "Average", 60, database("CPUUtilization"), percent),
      graph("Database connections", "Average", 60, database("DatabaseConnections"), from("connections", 0)),
      graph("Free database storage", "Minimum", 300, database("FreeStorageSpace"), from("bytes", 0)),
      ...(shown.replica === undefined
        ? []
        : [
            graph(
              "Replica lag",
              "Maximum",
              60,
              [["AWS/RDS", "ReplicaLag", "DBInstanceIdentifier", shown.replica, { label: "behind the primary" }]],
              from("seconds", 0),
            ),
          ]),
    ],
    [
      graph(
        "File system throughput",
        "Sum",
        60,
        [
          [{ expression: "read / PERIOD(read)", label: "read", id: "readRate" }],
          [{ expression: "write / PERIOD(write)", label: "written", id: "writeRate" }],
          files("DataReadIOBytes", { id: "read", visible: false }),
          files("DataWriteIOBytes", { id: "write", visible: false }),
        ],
        from("bytes per second", 0),
      ),
      graph(
        "File system connections",
        "Sum",
        60,
        [files("ClientConnections", { label: "clients" })],
        from("clients", 0),
      ),
      graph(
        "File system burst credits",
        "Minimum",
        60,
        [files("BurstCreditBalance", { label: "credits" })],
        from("bytes", 0),
      ),
    ],
  ];

  return rows.flatMap((row, y) =>
    row.map((properties, x) => ({
      type: "metric" as const,
      x: (24 / row.length) * x,
      y: 1 + y * HEIGHT,
      width: 24 / row.length,
      height: HEIGHT,
      properties,
    })),
  );
}
