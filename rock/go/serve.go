package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

var durations = promauto.NewHistogramVec(prometheus.HistogramOpts{
	Name: "http_request_duration_seconds",
	Help: "How long requests took.",
}, []string{"method", "code"})

// serve answers on APP_PORT until ctx ends, and Prometheus on APP_METRICS_PORT, which may be the same.
func serve(ctx context.Context, entries *Entries) error {
	port := variable("APP_PORT", "8080")
	metricsPort := variable("APP_METRICS_PORT", port)
	metricsPath := variable("APP_METRICS_PATH", "/metrics")

	app := promhttp.InstrumentHandlerDuration(durations, site{entries}.handler())
	handlers := map[string]http.Handler{port: app}
	if metricsPort == port {
		handlers[port] = withMetrics(metricsPath, app)
	} else {
		handlers[metricsPort] = withMetrics(metricsPath, http.NotFoundHandler())
	}

	failed := make(chan error, len(handlers))
	for port, handler := range handlers {
		server := &http.Server{Addr: net.JoinHostPort("", port), Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		defer shutdown(server)
		go func() {
			log.Print("listening on port ", port)
			failed <- server.ListenAndServe()
		}()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// withMetrics serves the metrics at path, and all other paths by next.
func withMetrics(path string, next http.Handler) http.Handler {
	metrics := promhttp.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			metrics.ServeHTTP(w, r)
		} else {
			next.ServeHTTP(w, r)
		}
	})
}

// shutdown lets running requests end.
func shutdown(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		log.Print("cannot stop: ", err)
	}
}
