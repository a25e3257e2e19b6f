// A guestbook, the sample application of the Go framework.
//
//	go-guestbook           serve the site
//	go-guestbook worker    count new entries
//	go-guestbook migrate   make the tables
//
// The charm sets its settings in environment variables.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string) error {
	entries, err := openEntries(os.Getenv("POSTGRESQL_DB_CONNECT_STRING"))
	if err != nil {
		return err
	}
	defer entries.Close()
	switch {
	case len(args) == 0:
		return serve(ctx, entries)
	case len(args) == 1 && args[0] == "worker":
		return work(ctx, entries)
	case len(args) == 1 && args[0] == "migrate":
		return migrate(ctx, entries.db)
	}
	return fmt.Errorf("unknown arguments %q: it takes none, worker or migrate", args)
}

// variable is an environment variable, or fallback if it is unset or empty.
func variable(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
