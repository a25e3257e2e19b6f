package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// ask sends one request to a site of these entries.
func ask(t *testing.T, entries *Entries, method, path, kind, body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("Content-Type", kind)
	answer := httptest.NewRecorder()
	site{entries}.handler().ServeHTTP(answer, request)
	return answer
}

func get(t *testing.T, entries *Entries, path string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, entries, "GET", path, "", "")
}

func expect(t *testing.T, answer *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if answer.Code != status || strings.TrimSpace(answer.Body.String()) != body {
		t.Errorf("expected %d %s\ngot %d %s", status, body, answer.Code, answer.Body)
	}
}

// away is a database at a port with no listener.
func away(t *testing.T) *Entries {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	entries, err := openEntries("postgresql://user:secret@" + address + "/guestbook")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(entries.Close)
	return entries
}

// postgres is an empty database of its own; the test is skipped if TEST_DATABASE names none.
func postgres(t *testing.T) *Entries {
	t.Helper()
	url := os.Getenv("TEST_DATABASE")
	if url == "" {
		t.Skip("TEST_DATABASE names no PostgreSQL")
	}
	entries, err := openEntries(url)
	if err != nil {
		t.Fatal(err)
	}
	drop := func() {
		if _, err := entries.db.Exec("DROP TABLE IF EXISTS entries, migrations"); err != nil {
			t.Fatal(err)
		}
	}
	drop()
	t.Cleanup(func() { drop(); entries.Close() })
	return entries
}

func TestWithoutADatabaseThePageSaysSo(t *testing.T) {
	t.Setenv("APP_GREETING", "<b>Hi</b>")
	answer := get(t, &Entries{}, "/")
	text := answer.Body.String()
	if answer.Code != http.StatusOK || !strings.Contains(text, "No entries: there is no database.") {
		t.Errorf("got %d %s", answer.Code, text)
	}
	if !strings.Contains(text, "<h1>&lt;b&gt;Hi&lt;/b&gt;</h1>") {
		t.Errorf("the greeting is missing: %s", text)
	}
	expect(t, get(t, &Entries{}, "/entries"), 503, `{"error":"there is no database"}`)
	expect(t, get(t, &Entries{}, "/health"), 200, `{"status":"ok"}`)
}

func TestADatabaseThatIsAwayIsNotOurError(t *testing.T) {
	entries := away(t)
	const words = "the database cannot be used now"
	expect(t, get(t, entries, "/entries"), 503, `{"error":"`+words+`"}`)
	expect(t, ask(t, entries, "POST", "/entries", "application/json", `{"text":"x"}`), 503, `{"error":"`+words+`"}`)
	if answer := get(t, entries, "/"); answer.Code != 503 || !strings.Contains(answer.Body.String(), words) {
		t.Errorf("got %d %s", answer.Code, answer.Body)
	}
	expect(t, get(t, entries, "/health"), 200, `{"status":"ok"}`)
}

func TestATextThatIsNoneIsRefused(t *testing.T) {
	for kind, bodies := range map[string][]string{
		"application/json":                  {"", "{", `{"text":" \u0000 "}`, `{"text":1}`, `{"text":"` + strings.Repeat("é", 1001) + `"}`},
		"application/x-www-form-urlencoded": {"", "text=", "text=+", "other=x"},
	} {
		for _, body := range bodies {
			answer := ask(t, &Entries{}, "POST", "/entries", kind, body)
			expect(t, answer, 400, `{"error":"text must be 1 to 1000 characters long"}`)
		}
	}
}

func TestEnvShowsOptionsAndNoSecret(t *testing.T) {
	for _, name := range shown {
		t.Setenv(name, "") // so that it's put back afterwards
		os.Unsetenv(name)
	}
	t.Setenv("APP_GREETING", "Hi")
	t.Setenv("APP_SECRET_KEY", "hidden")
	t.Setenv("POSTGRESQL_DB_CONNECT_STRING", "hidden")
	expect(t, get(t, &Entries{}, "/env"), 200, `{"APP_GREETING":"Hi"}`)
}

func TestMetricsAreServedAtAnyPath(t *testing.T) {
	for _, path := range []string{"/", "/metrics", "/entries"} {
		answer := httptest.NewRecorder()
		handler := withMetrics(path, site{&Entries{}}.handler())
		handler.ServeHTTP(answer, httptest.NewRequest("GET", path, nil))
		if !strings.Contains(answer.Body.String(), "go_goroutines") {
			t.Errorf("%s: got %s", path, answer.Body)
		}
	}
}

func TestWithoutADatabaseThereIsNothingToMigrate(t *testing.T) {
	if err := migrate(context.Background(), nil); err != nil {
		t.Error(err)
	}
}

func TestEntriesAreWrittenAndCounted(t *testing.T) {
	entries := postgres(t)
	expect(t, get(t, entries, "/entries"), 503, `{"error":"the database cannot be used now"}`)
	for range 2 {
		if err := migrate(context.Background(), entries.db); err != nil {
			t.Fatal(err)
		}
	}
	first := `[{"id":1,"text":"The migration wrote this.","counted":false},{"id":2,"text":"And this.","counted":false}`
	expect(t, get(t, entries, "/entries"), 200, first+"]")

	answer := ask(t, entries, "POST", "/entries", "application/json", `{"text":" <i>\u0000"}`)
	expect(t, answer, 201, `{"id":3,"text":"<i>","counted":false}`)
	answer = ask(t, entries, "POST", "/entries", "application/x-www-form-urlencoded", "text=four")
	if answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != "./" {
		t.Errorf("got %d %v", answer.Code, answer.Header())
	}

	if count, err := entries.Count(context.Background()); count != 4 || err != nil {
		t.Errorf("counted %d, %v", count, err)
	}
	if text := get(t, entries, "/").Body.String(); !strings.Contains(text, "<li>&lt;i&gt; (counted)</li>") {
		t.Errorf("got %s", text)
	}
}

func TestUnitsMayMigrateAtTheSameTime(t *testing.T) {
	entries := postgres(t)
	results := make(chan error)
	for range 5 {
		go func() { results <- migrate(context.Background(), entries.db) }()
	}
	for range 5 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if list, err := entries.List(context.Background()); len(list) != 2 || err != nil {
		t.Errorf("got %v, %v", list, err)
	}
}
