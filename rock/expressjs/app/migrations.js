// Applies the migrations that the database doesn't have yet, in the order of their names, in one transaction.

import { readFile, readdir } from "node:fs/promises";

import pg from "pg";

// Number of the lock, the same on all units: they migrate at the same time, and all but one must wait.
const lock = 20_250_711;

const folder = new URL("migrations/", import.meta.url);

export async function migrate(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [lock]);
    await client.query("CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY)");
    for (const name of (await readdir(folder)).sort()) await apply(client, name);
    await client.query("COMMIT");
  } finally {
    // Without a commit the server rolls the transaction back.
    await client.end();
  }
}

async function apply(client, name) {
  const { rowCount } = await client.query("INSERT INTO migrations VALUES ($1) ON CONFLICT DO NOTHING", [name]);
  if (rowCount === 0) return;
  console.log(`applying ${name}`);
  await client.query(await readFile(new URL(name, folder), "utf8"));
}
