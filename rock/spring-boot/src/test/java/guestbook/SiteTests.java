package guestbook;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.autoconfigure.actuate.observability.AutoConfigureObservability;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.client.TestRestTemplate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;

/** The site without a database, with the properties that a charm sets. */
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "management.endpoints.web.exposure.include=prometheus",
            "management.endpoints.web.base-path=/",
            "management.endpoints.web.path-mapping.prometheus=metrics",
            "server.forward-headers-strategy=framework"
        })
@AutoConfigureObservability
class SiteTests {

    @TestConfiguration
    static class Given {
        @Bean
        @Primary
        Variables given() {
            return new Variables() {
                @Override
                Map<String, String> all() {
                    var all = new HashMap<String, String>();
                    all.put("APP_GREETING", "<b>Hi</b> ${you}");
                    all.put("APP_SECRET_KEY", "hidden");
                    all.put("spring.datasource.password", "hidden");
                    return all;
                }
            };
        }
    }

    @Autowired
    private TestRestTemplate site;

    @Test
    void withoutADatabaseThePageSaysSo() {
        var answer = site.getForEntity("/", String.class);
        assertThat(answer.getStatusCode().value()).isEqualTo(200);
        assertThat(answer.getHeaders().getContentType()).hasToString("text/html;charset=utf-8");
        assertThat(answer.getBody())
                .contains("No entries: there is no database.")
                .contains("<h1>&lt;b&gt;Hi&lt;/b&gt; ${you}</h1>");
        var entries = site.getForEntity("/entries", String.class);
        assertThat(entries.getStatusCode().value()).isEqualTo(503);
        assertThat(entries.getBody()).isEqualTo("{\"error\":\"there is no database\"}");
        assertThat(site.getForObject("/health", String.class)).isEqualTo("{\"status\":\"ok\"}");
    }

    @Test
    void aTextThatIsNoneIsRefused() {
        var json = MediaType.APPLICATION_JSON;
        for (var body : List.of(
                "", "{", "[]", "null", "{\"text\":1}", "{\"text\":\" \\u0000 \"}", "{\"text\":\"" + "é".repeat(1001) + "\"}")) {
            refused(json, body);
        }
        for (var body : List.of("", "text=", "text=+", "other=x")) {
            refused(MediaType.APPLICATION_FORM_URLENCODED, body);
        }
        refused(MediaType.TEXT_PLAIN, "x");
    }

    private void refused(MediaType type, String body) {
        var headers = new HttpHeaders();
        headers.setContentType(type);
        var answer = site.exchange("/entries", HttpMethod.POST, new HttpEntity<>(body, headers), String.class);
        assertThat(answer.getStatusCode().value()).as(body).isEqualTo(400);
        assertThat(answer.getBody()).isEqualTo("{\"error\":\"text must be 1 to 1000 characters long\"}");
    }

    @Test
    void envShowsOptionsAndNoSecret() {
        assertThat(site.getForObject("/env", String.class)).isEqualTo("{\"APP_GREETING\":\"<b>Hi</b> ${you}\"}");
    }

    @Test
    void metricsAreServedWhereTheCharmWantsThem() {
        site.getForEntity("/env", String.class);
        assertThat(site.getForObject("/metrics", String.class))
                .contains("jvm_info")
                .contains("http_server_requests_seconds_count{");
    }
}
