package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"html/template"
	"log"
	"mime"
	"net/http"
	"os"
	"strings"
	"unicode/utf8"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// Variables that /env shows. Never add a secret.
var shown = []string{
	"APP_BASE_URL",
	"APP_GREETING",
	"APP_METRICS_PATH",
	"APP_METRICS_PORT",
	"APP_PORT",
}

const longest = 1000

var errText = errors.New("text must be 1 to 1000 characters long")

type site struct{ entries *Entries }

func (s site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /entries", s.list)
	mux.HandleFunc("POST /entries", s.add)
	mux.HandleFunc("GET /env", env)
	mux.HandleFunc("GET /health", health)
	return mux
}

// home is the page, which also shows an error of the database.
func (s site) home(w http.ResponseWriter, r *http.Request) {
	entries, err := s.entries.List(r.Context())
	status, trouble := http.StatusOK, ""
	if err != nil {
		status, trouble = failure(err)
	}
	if errors.Is(err, errNoDatabase) {
		status = http.StatusOK
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	err = page.Execute(w, map[string]any{
		"Greeting": variable("APP_GREETING", "Hello from Go!"),
		"Entries":  entries,
		"Trouble":  trouble,
	})
	if err != nil {
		log.Print("cannot write the page: ", err)
	}
}

func (s site) list(w http.ResponseWriter, r *http.Request) {
	entries, err := s.entries.List(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, entries)
}

// add takes the text as JSON, and answers with the entry, or from the page's form, and goes back to the page.
func (s site) add(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	text, err := textOf(r, kind)
	if err != nil {
		fail(w, err)
		return
	}
	entry, err := s.entries.Add(r.Context(), text)
	switch {
	case err != nil:
		fail(w, err)
	case kind == "application/json":
		answer(w, http.StatusCreated, entry)
	default:
		// Relative, so that it also works behind an ingress that strips a prefix of the path.
		w.Header().Set("Location", "./")
		w.WriteHeader(http.StatusSeeOther)
	}
}

func textOf(r *http.Request, kind string) (string, error) {
	var body struct{ Text string }
	if kind == "application/json" {
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return "", errText
		}
	} else {
		body.Text = r.PostFormValue("text")
	}
	// PostgreSQL's texts have no NUL.
	text := strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(body.Text, "\uFFFD"), "\x00", ""))
	if length := utf8.RuneCountInString(text); length == 0 || length > longest {
		return "", errText
	}
	return text, nil
}

func env(w http.ResponseWriter, _ *http.Request) {
	set := map[string]string{}
	for _, name := range shown {
		if value, ok := os.LookupEnv(name); ok {
			set[name] = value
		}
	}
	answer(w, http.StatusOK, set)
}

// health checks only this process: a restart would not repair the database.
func health(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

// failure is the status and message of an error. The database's message goes into the log.
func failure(err error) (int, string) {
	switch {
	case errors.Is(err, errText):
		return http.StatusBadRequest, err.Error()
	case errors.Is(err, errNoDatabase):
		return http.StatusServiceUnavailable, err.Error()
	case errors.Is(err, context.Canceled):
		// The browser has disconnected; the answer is not read.
	default:
		log.Print("the database: ", err)
	}
	return http.StatusServiceUnavailable, "the database cannot be used now"
}

func fail(w http.ResponseWriter, err error) {
	status, words := failure(err)
	answer(w, status, map[string]string{"error": words})
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		log.Print("cannot write an answer: ", err)
	}
}
