// Command accounts runs commands on a MongoDB: accounts FILE
//
// The file is JSON with the server's address, `uri`, and its `commands`, each with a `database`, its `name` and `value`, and its
// `arguments`. They are in a file because a process's arguments can be read by everybody.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

type work struct {
	URI      string
	Commands []struct {
		Database  string
		Name      string
		Value     any
		Arguments map[string]any
	}
}

func run(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var todo work
	if err := json.Unmarshal(text, &todo); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	client, err := mongo.Connect(ctx, options.Client().ApplyURI(todo.URI))
	if err != nil {
		return err
	}
	defer client.Disconnect(ctx)
	for _, each := range todo.Commands {
		command := bson.D{{Key: each.Name, Value: each.Value}}
		for name, value := range each.Arguments {
			command = append(command, bson.E{Key: name, Value: value})
		}
		if err := client.Database(each.Database).RunCommand(ctx, command).Err(); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	log.SetFlags(0)
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}
