// FerretDB over SQLite, with a listener either in the clear or of TLS.
package main

import (
	"context"
	"flag"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/FerretDB/FerretDB/internal/clientconn"
	"github.com/FerretDB/FerretDB/internal/clientconn/connmetrics"
	"github.com/FerretDB/FerretDB/internal/handler/registry"
	"github.com/FerretDB/FerretDB/internal/util/password"
	"github.com/FerretDB/FerretDB/internal/util/state"
)

func main() {
	address := flag.String("listen", "", "the address to listen on")
	directory := flag.String("directory", "", "where the data are")
	user := flag.String("user", "", "the first user; nobody gets in without a login then")
	secret := flag.String("password", "", "the password of the first user")
	cert := flag.String("cert", "", "the certificate; there is TLS then")
	key := flag.String("key", "", "the key of the certificate")
	ca := flag.String("ca", "", "the authority that has to have signed the certificates of clients")
	set := flag.String("replica-set", "", "the name of the replica set whose only member it says it is")
	flag.Parse()

	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	provider, err := state.NewProvider("")
	must(err)
	must(provider.Update(func(s *state.State) {
		s.DisableTelemetry()
		s.TelemetryLocked = true
	}))
	metrics := connmetrics.NewListenerMetrics()
	options := &registry.NewHandlerOpts{
		Logger:        logger,
		ConnMetrics:   metrics.ConnMetrics,
		StateProvider: provider,
		TCPHost:       *address,
		ReplSetName:   *set,
		SQLiteURL:     "file:" + *directory + "/",
		TestOpts: registry.TestOpts{
			CappedCleanupPercentage: 10,
			BatchSize:               100,
			MaxBsonObjectSizeBytes:  16 << 20,
		},
	}
	if *user != "" {
		options.EnableNewAuth = true
		options.SetupDatabase = "admin"
		options.SetupUsername = *user
		options.SetupPassword = password.WrapPassword(*secret)
		options.SetupTimeout = 30 * time.Second
	}
	handler, closeBackend, err := registry.NewHandler("sqlite", options)
	must(err)
	defer closeBackend()

	listen := &clientconn.NewListenerOpts{
		Mode:    clientconn.NormalMode,
		Metrics: metrics,
		Handler: handler,
		Logger:  logger,
	}
	if *cert == "" {
		listen.TCP = *address
	} else {
		listen.TLS, listen.TLSCertFile, listen.TLSKeyFile, listen.TLSCAFile = *address, *cert, *key, *ca
	}
	listener, err := clientconn.Listen(listen)
	must(err)
	listener.Run(context.Background())
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
