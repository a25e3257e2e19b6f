// Metrics for Prometheus, under the names that dashboards for Express expect.

import client from "prom-client";

client.collectDefaultMetrics();

const durations = new client.Histogram({
  name: "http_request_duration_seconds",
  help: "How long requests took.",
  labelNames: ["method", "status_code"],
});

// Measures each request.
export function measure(request, response, next) {
  const end = durations.startTimer({ method: request.method });
  response.on("finish", () => end({ status_code: response.statusCode }));
  next();
}

// Serves the metrics at `path`, which may have any characters.
export const metricsAt = (path) => async (request, response, next) => {
  if (request.path !== path) return next();
  response.type(client.register.contentType).send(await client.register.metrics());
};
