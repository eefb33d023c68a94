// Runs one command, in extended JSON, on the database of a MongoDB URL, and prints the answer in extended JSON.
package main

import (
	"context"
	"fmt"
	"os"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

func run(url, database, command string) (string, error) {
	var document bson.D
	if err := bson.UnmarshalExtJSON([]byte(command), false, &document); err != nil {
		return "", err
	}
	ctx := context.Background()
	client, err := mongo.Connect(ctx, options.Client().ApplyURI(url))
	if err != nil {
		return "", err
	}
	defer func() { _ = client.Disconnect(ctx) }()
	var answer bson.D
	if err := client.Database(database).RunCommand(ctx, document).Decode(&answer); err != nil {
		return "", err
	}
	text, err := bson.MarshalExtJSON(answer, false, false)
	return string(text), err
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: mongo URL DATABASE COMMAND")
		os.Exit(2)
	}
	answer, err := run(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(answer)
}
