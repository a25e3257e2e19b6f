package guestbook;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.stereotype.Component;

/** The environment variables as they are: Spring's own properties would replace a <code>${…}</code> in an option's text. */
@Component
class Variables {

    /** Variables that may be shown. Never add a secret. */
    private static final List<String> SHOWN = List.of(
            "APP_BASE_URL",
            "APP_GREETING",
            "APP_PROFILES",
            "MANAGEMENT_SERVER_PORT",
            "METRICS_PATH",
            "SERVER_PORT");

    Map<String, String> all() {
        return System.getenv();
    }

    Map<String, String> shown() {
        var shown = new TreeMap<>(all());
        shown.keySet().retainAll(SHOWN);
        return shown;
    }

    String greeting() {
        return all().getOrDefault("APP_GREETING", "Hello from Spring Boot!");
    }
}
