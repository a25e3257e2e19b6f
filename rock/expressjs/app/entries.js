// The table of entries. Without a database each method fails with NoDatabase.

import pg from "pg";

// Time limit of the database's answer, in milliseconds.
const patience = 3000;

export class NoDatabase extends Error {
  constructor() {
    super("there is no database");
  }
}

export class Entries {
  // Doesn't connect: each query notices a database that is unreachable, and one that is back.
  constructor(url) {
    if (!url) return;
    this.pool = new pg.Pool({
      connectionString: url,
      max: 5,
      connectionTimeoutMillis: patience,
      query_timeout: patience,
    });
    // The pool replaces a connection that breaks while idle; without a listener Node would end the process.
    this.pool.on("error", (error) => console.error("lost a connection to the database:", error.message));
  }

  get present() {
    return this.pool !== undefined;
  }

  async #query(text, values) {
    if (!this.present) throw new NoDatabase();
    return this.pool.query(text, values);
  }

  // Oldest first.
  async list() {
    const { rows } = await this.#query("SELECT id, text, counted FROM entries ORDER BY id");
    return rows;
  }

  async add(text) {
    const { rows } = await this.#query("INSERT INTO entries (text) VALUES ($1) RETURNING id, text, counted", [text]);
    return rows[0];
  }

  // Marks the uncounted entries, and returns their number.
  async count() {
    const { rowCount } = await this.#query("UPDATE entries SET counted = true WHERE NOT counted");
    return rowCount;
  }

  async close() {
    await this.pool?.end();
  }
}
