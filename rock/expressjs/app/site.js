// The site: a page with the entries, the same as JSON, and the charm's variables.

import express from "express";

import { NoDatabase } from "./entries.js";
import { page } from "./page.js";

// Variables that /env shows. Never add a secret.
const shown = ["APP_BASE_URL", "APP_GREETING", "METRICS_PATH", "METRICS_PORT", "NODE_ENV", "PORT"];

const longest = 1000;

class BadText extends Error {
  constructor() {
    super(`text must be 1 to ${longest} characters long`);
  }
}

export function site(entries) {
  const app = express();
  app.disable("x-powered-by");
  app.use(express.json({ limit: "64kb" }), express.urlencoded({ extended: false, limit: "64kb" }));

  app.get("/", async (request, response) => {
    const greeting = process.env.APP_GREETING || "Hello from Express!";
    try {
      response.send(page(greeting, await entries.list()));
    } catch (error) {
      const [status, trouble] = failure(error);
      response.status(error instanceof NoDatabase ? 200 : status).send(page(greeting, [], trouble));
    }
  });

  app.get("/entries", async (request, response) => {
    response.json(await entries.list());
  });

  // JSON is answered with the entry; the page's form goes back to the page.
  app.post("/entries", async (request, response) => {
    const entry = await entries.add(textOf(request.body));
    if (request.is("json")) {
      response.status(201).json(entry);
    } else {
      // Relative, so that it also works behind an ingress that strips a prefix of the path.
      response.status(303).set("Location", "./").end();
    }
  });

  app.get("/env", (request, response) => {
    const names = shown.filter((name) => name in process.env);
    response.json(Object.fromEntries(names.map((name) => [name, process.env[name]])));
  });

  // Checks only this process: a restart would not repair the database.
  app.get("/health", (request, response) => {
    response.json({ status: "ok" });
  });

  app.use((error, request, response, next) => {
    if (response.headersSent) return next(error);
    const [status, words] = failure(error);
    response.status(status).json({ error: words });
  });
  return app;
}

function textOf(body) {
  if (typeof body?.text !== "string") throw new BadText();
  // PostgreSQL's texts have no NUL.
  const text = body.text.replaceAll("\0", "").trim();
  const length = [...text].length;
  if (length === 0 || length > longest) throw new BadText();
  return text;
}

// Status and message of an error. The database's message goes into the log.
function failure(error) {
  if (error instanceof NoDatabase) return [503, error.message];
  // The parsers of bodies give their errors a status of 4xx.
  if (error instanceof BadText || error.status < 500) return [400, new BadText().message];
  console.error("the database:", error.message || error.code);
  return [503, "the database cannot be used now"];
}
