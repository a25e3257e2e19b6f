import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";

import express from "express";
import pg from "pg";

import { Entries } from "./entries.js";
import { measure, metricsAt } from "./metrics.js";
import { migrate } from "./migrations.js";
import { site } from "./site.js";

const url = process.env.TEST_DATABASE;
const database = { skip: url ? false : "TEST_DATABASE names no PostgreSQL" };
const unusable = { error: "the database cannot be used now" };

// Serves `app` during the test; returns a function that sends a request to it.
async function serve(t, app) {
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const base = `http://127.0.0.1:${server.address().port}`;
  return (path, options) => fetch(base + path, { redirect: "manual", ...options });
}

const post = (type, body) => ({ method: "POST", headers: { "Content-Type": type }, body });
const json = (value) => post("application/json", JSON.stringify(value));

async function expect(response, status, value) {
  assert.deepEqual([response.status, await response.json()], [status, value]);
}

// A URL with no listener.
async function away() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return `postgresql://user:secret@127.0.0.1:${port}/guestbook`;
}

// The entries of a database without tables.
async function postgres(t) {
  const drop = async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query("DROP TABLE IF EXISTS entries, migrations");
    await client.end();
  };
  await drop();
  const entries = new Entries(url);
  t.after(async () => {
    await entries.close();
    await drop();
  });
  return entries;
}

test("without a database the page says so", async (t) => {
  process.env.APP_GREETING = "<b>Hi</b>";
  const ask = await serve(t, site(new Entries()));
  const response = await ask("/");
  const text = await response.text();
  assert.equal(response.status, 200);
  assert.match(text, /No entries: there is no database\./);
  assert.match(text, /<h1>&lt;b&gt;Hi&lt;\/b&gt;<\/h1>/);
  await expect(await ask("/entries"), 503, { error: "there is no database" });
  await expect(await ask("/health"), 200, { status: "ok" });
});

test("a database that is away is not our error", async (t) => {
  const ask = await serve(t, site(new Entries(await away())));
  await expect(await ask("/entries"), 503, unusable);
  await expect(await ask("/entries", json({ text: "x" })), 503, unusable);
  const response = await ask("/");
  assert.equal(response.status, 503);
  assert.match(await response.text(), /the database cannot be used now/);
  await expect(await ask("/health"), 200, { status: "ok" });
});

test("a text that is none is refused", async (t) => {
  const ask = await serve(t, site(new Entries()));
  const form = "application/x-www-form-urlencoded";
  const bodies = [
    ...["{", "[]", "null", '{"text": 1}', '{"text": " \\u0000 "}'].map((body) => post("application/json", body)),
    ...["", "text=", "text=+", "other=x"].map((body) => post(form, body)),
    post("text/plain", "x"),
    json({ text: "é".repeat(1001) }),
    json({ text: "x".repeat(100_000) }),
  ];
  for (const body of bodies) {
    await expect(await ask("/entries", body), 400, { error: "text must be 1 to 1000 characters long" });
  }
});

test("/env shows options and no secret", async (t) => {
  Object.assign(process.env, { APP_GREETING: "Hi", APP_SECRET_KEY: "hidden", POSTGRESQL_DB_CONNECT_STRING: "hidden" });
  for (const name of ["APP_BASE_URL", "METRICS_PATH", "METRICS_PORT", "NODE_ENV", "PORT"]) delete process.env[name];
  const ask = await serve(t, site(new Entries()));
  await expect(await ask("/env"), 200, { APP_GREETING: "Hi" });
});

test("metrics are served at any path", async (t) => {
  for (const path of ["/", "/metrics", "/entries", "/a(b"]) {
    const ask = await serve(t, express().use(metricsAt(path), measure, site(new Entries())));
    await ask("/env");
    const response = await ask(path);
    assert.match(response.headers.get("content-type"), /^text\/plain;.*version=0\.0\.4/);
    assert.match(await response.text(), /http_request_duration_seconds_count\{method="GET",status_code="200"\} \d/);
  }
});

test("entries are written and counted", database, async (t) => {
  const entries = await postgres(t);
  const ask = await serve(t, site(entries));
  await expect(await ask("/entries"), 503, unusable);
  await migrate(url);
  await migrate(url);
  const first = [
    { id: 1, text: "The migration wrote this.", counted: false },
    { id: 2, text: "And this.", counted: false },
  ];
  await expect(await ask("/entries"), 200, first);

  await expect(await ask("/entries", json({ text: " <i>\0" })), 201, { id: 3, text: "<i>", counted: false });
  const response = await ask("/entries", { method: "POST", body: new URLSearchParams({ text: "four" }) });
  assert.deepEqual([response.status, response.headers.get("location")], [303, "./"]);

  assert.equal(await entries.count(), 4);
  assert.match(await (await ask("/")).text(), /<li>&lt;i&gt; \(counted\)<\/li>/);
});

test("units may migrate at the same time", database, async (t) => {
  const entries = await postgres(t);
  await Promise.all(Array.from({ length: 5 }, () => migrate(url)));
  assert.equal((await entries.list()).length, 2);
});
