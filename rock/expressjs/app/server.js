// The service `expressjs`: the site on PORT, and the metrics on METRICS_PORT, which may be the same.

import express from "express";

import { Entries } from "./entries.js";
import { measure, metricsAt } from "./metrics.js";
import { site } from "./site.js";

const port = process.env.PORT || "8080";
const metricsPort = process.env.METRICS_PORT || port;
const metrics = metricsAt(process.env.METRICS_PATH || "/metrics");

const entries = new Entries(process.env.POSTGRESQL_DB_CONNECT_STRING);
const app = express().disable("x-powered-by");
if (metricsPort === port) app.use(metrics);
app.use(measure, site(entries));
const servers = [listen(app, port)];
if (metricsPort !== port) servers.push(listen(express().disable("x-powered-by").use(metrics), metricsPort));

function listen(app, port) {
  return app.listen(port, (error) => {
    if (error) throw error;
    console.log(`listening on port ${port}`);
  });
}

// Running requests end; idle connections are closed at once.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    for (const server of servers) server.close();
    for (const server of servers) server.closeIdleConnections();
    entries.close();
  });
}
