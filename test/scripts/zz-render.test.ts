import { writeFileSync } from "node:fs";
import { test } from "vitest";
import { builderUserData, natUserData, webUserData } from "../../steps/scripts/user-data.ts";
test("r", () => {
  writeFileSync("/tmp/render/nat.sh", natUserData({ vpcCidr: "172.31.0.0/16" }));
  const b = builderUserData({ region: "ap-northeast-2", markerName: "/buddyverse/buddyverse/image/0123456789ab", app: null });
  writeFileSync("/tmp/render/builder.sh", b);
  writeFileSync("/tmp/render/web.sh", webUserData({ region: "ap-northeast-2", stack: "buddyverse", fileSystemId: "fs-0123456789abcdef0", parameterPath: "/buddyverse/buddyverse/database/", database: "django_db", user: "admin" }));
});
