// The service `counter-worker`: counts the new entries each second. It waits for an unreachable database.

import { setTimeout } from "node:timers/promises";

import { Entries } from "./entries.js";

const entries = new Entries(process.env.POSTGRESQL_DB_CONNECT_STRING);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());

if (!entries.present) console.log("there is no database, so there is nothing to count");
let away = false;
while (!stop.signal.aborted) {
  if (entries.present) await count();
  await setTimeout(1000, undefined, { signal: stop.signal }).catch(() => {});
}
await entries.close();

async function count() {
  try {
    const count = await entries.count();
    if (count > 0) console.log(`counted ${count} entries`);
    away = false;
  } catch (error) {
    if (!away) console.error("waiting for the database:", error.message || error.code);
    away = true;
  }
}
