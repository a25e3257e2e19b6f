package main

import (
	"context"
	"log"
	"time"
)

// work counts the new entries each second until ctx ends. It waits for an unreachable database.
func work(ctx context.Context, entries *Entries) error {
	if entries.db == nil {
		log.Print("there is no database, so there is nothing to count")
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	away := false
	for {
		count, err := entries.Count(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !away:
			log.Print("waiting for the database: ", err)
		case count > 0:
			log.Printf("counted %d entries", count)
		}
		away = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
