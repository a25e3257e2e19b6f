package main

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"log"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Number of the lock, the same on all units: they migrate at the same time, and all but one must wait.
const migrationLock = 20_250_711

// migrate applies the migrations that the database doesn't have yet, in the order of their names, in one transaction.
func migrate(ctx context.Context, db *sql.DB) error {
	if db == nil {
		log.Print("there is no database, so there is nothing to migrate")
		return nil
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", migrationLock); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY)"); err != nil {
		return err
	}
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := apply(ctx, tx, file.Name()); err != nil {
			return fmt.Errorf("%s: %w", file.Name(), err)
		}
	}
	return tx.Commit()
}

func apply(ctx context.Context, tx *sql.Tx, name string) error {
	result, err := tx.ExecContext(ctx, "INSERT INTO migrations VALUES ($1) ON CONFLICT DO NOTHING", name)
	if err != nil {
		return err
	}
	if fresh, err := result.RowsAffected(); err != nil || fresh == 0 {
		return err
	}
	text, err := migrations.ReadFile("migrations/" + name)
	if err != nil {
		return err
	}
	log.Print("applying ", name)
	_, err = tx.ExecContext(ctx, string(text))
	return err
}
