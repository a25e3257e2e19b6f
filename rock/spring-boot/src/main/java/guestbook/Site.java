package guestbook;

import com.fasterxml.jackson.databind.JsonNode;
import guestbook.Entries.NoDatabaseException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The site: a page with the entries, the same as JSON, and the charm's variables. */
@RestController
class Site {

    private static final Logger LOG = LoggerFactory.getLogger(Site.class);

    private static final int LONGEST = 1000;

    private static class BadTextException extends RuntimeException {}

    private final Entries entries;
    private final Variables variables;
    private final Visits visits;

    Site(Entries entries, Variables variables, Visits visits) {
        this.entries = entries;
        this.variables = variables;
        this.visits = visits;
    }

    /** The page, which also shows an error of the database. */
    @GetMapping(path = "/", produces = "text/html;charset=utf-8")
    ResponseEntity<String> home() {
        var greeting = variables.greeting();
        var shown = Page.visits(visits.count(), visits.keep());
        try {
            return ResponseEntity.ok(Page.of(greeting, entries.list(), shown));
        } catch (NoDatabaseException error) {
            return ResponseEntity.ok(Page.without(greeting, error.getMessage(), shown));
        } catch (DataAccessException error) {
            var trouble = unusable(error).get("error");
            return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE).body(Page.without(greeting, trouble, shown));
        }
    }

    @GetMapping("/entries")
    List<Entry> list() {
        return entries.list();
    }

    @PostMapping(path = "/entries", consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    Entry add(@RequestBody JsonNode body) {
        return entries.add(checked(body.path("text").textValue()));
    }

    /** The page's form goes back to the page; relative, so that it also works behind an ingress that strips a prefix. */
    @PostMapping("/entries")
    ResponseEntity<Void> add(@RequestParam(required = false) String text) {
        entries.add(checked(text));
        return ResponseEntity.status(HttpStatus.SEE_OTHER).location(URI.create("./")).build();
    }

    @GetMapping("/env")
    Map<String, String> env() {
        return variables.shown();
    }

    /** Checks only this process: a restart would not repair the database. */
    @GetMapping("/health")
    Map<String, String> health() {
        return Map.of("status", "ok");
    }

    private static String checked(String text) {
        if (text == null) {
            throw new BadTextException();
        }
        // PostgreSQL's texts have no NUL, and half a pair of UTF-16 is no character.
        var kept = text.replace("\0", "").replaceAll("\\p{Cs}", "\uFFFD").strip();
        if (kept.isEmpty() || kept.codePointCount(0, kept.length()) > LONGEST) {
            throw new BadTextException();
        }
        return kept;
    }

    @ExceptionHandler({BadTextException.class, HttpMessageNotReadableException.class})
    @ResponseStatus(HttpStatus.BAD_REQUEST)
    Map<String, String> badText() {
        return Map.of("error", "text must be 1 to " + LONGEST + " characters long");
    }

    @ExceptionHandler
    @ResponseStatus(HttpStatus.SERVICE_UNAVAILABLE)
    Map<String, String> noDatabase(NoDatabaseException error) {
        return Map.of("error", error.getMessage());
    }

    /** The database's message goes into the log. */
    @ExceptionHandler
    @ResponseStatus(HttpStatus.SERVICE_UNAVAILABLE)
    Map<String, String> unusable(DataAccessException error) {
        LOG.warn("the database: {}", error.getMostSpecificCause().getMessage());
        return Map.of("error", "the database cannot be used now");
    }
}
