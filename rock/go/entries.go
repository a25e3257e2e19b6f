package main

import (
	"context"
	"database/sql"
	"errors"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// Time limit of the database's answer.
const patience = 3 * time.Second

var errNoDatabase = errors.New("there is no database")

// Entry is a row of the guestbook. A worker counts it some time after it was written.
type Entry struct {
	ID      int    `json:"id"`
	Text    string `json:"text"`
	Counted bool   `json:"counted"`
}

// Entries is the table of entries. Without a database each method fails with errNoDatabase.
type Entries struct{ db *sql.DB }

// openEntries does not connect: each query notices a database that is unreachable, and one that is back.
func openEntries(url string) (*Entries, error) {
	if url == "" {
		return &Entries{}, nil
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(5)
	return &Entries{db}, nil
}

func (e *Entries) Close() {
	if e.db != nil {
		e.db.Close()
	}
}

// List gives the entries, oldest first.
func (e *Entries) List(ctx context.Context) ([]Entry, error) {
	if e.db == nil {
		return nil, errNoDatabase
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	rows, err := e.db.QueryContext(ctx, "SELECT id, text, counted FROM entries ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	entries := []Entry{}
	for rows.Next() {
		var entry Entry
		if err := rows.Scan(&entry.ID, &entry.Text, &entry.Counted); err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, rows.Err()
}

// Add writes a new entry.
func (e *Entries) Add(ctx context.Context, text string) (Entry, error) {
	if e.db == nil {
		return Entry{}, errNoDatabase
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	entry := Entry{Text: text}
	row := e.db.QueryRowContext(ctx, "INSERT INTO entries (text) VALUES ($1) RETURNING id, counted", text)
	return entry, row.Scan(&entry.ID, &entry.Counted)
}

// Count marks the uncounted entries, and returns their number.
func (e *Entries) Count(ctx context.Context) (int64, error) {
	if e.db == nil {
		return 0, errNoDatabase
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	result, err := e.db.ExecContext(ctx, "UPDATE entries SET counted = true WHERE NOT counted")
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
