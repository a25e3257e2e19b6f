// Program of migrate.sh.

import { migrate } from "./migrations.js";

const url = process.env.POSTGRESQL_DB_CONNECT_STRING;
if (!url) {
  console.log("there is no database, so there is nothing to migrate");
} else {
  await migrate(url).catch((error) => {
    console.error("cannot migrate:", error.message || error.code);
    process.exitCode = 1;
  });
}
