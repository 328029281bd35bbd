import { writeFileSync } from "node:fs";
import { test } from "vitest";
import { builderUserData, natUserData, webUserData } from "../../steps/scripts/user-data.ts";
test("r", () => {
  writeFileSync("/tmp/render/nat.sh", natUserData({ vpcCidr: "172.31.0.0/16" }));
  const b = { region: "ap-northeast-2", markerName: "/buddyverse/buddyverse/image/0123456789ab" };
  writeFileSync("/tmp/render/builder.sh", builderUserData({ ...b, app: null }));
  writeFileSync("/tmp/render/builder-s3.sh", builderUserData({ ...b, app: { bucket: "buddy-app", key: "apps/one.tar.gz" } }));
  writeFileSync("/tmp/render/builder-git.sh", builderUserData({ ...b, app: { git: "https://git.example.com/own", revision: "main" } }));
  writeFileSync("/tmp/render/web.sh", webUserData({ region: "ap-northeast-2", stack: "buddyverse", fileSystemId: "fs-0123456789abcdef0", parameterPath: "/buddyverse/buddyverse/database/", database: "django_db", user: "admin" }));
});
