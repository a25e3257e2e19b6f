package guestbook;

import java.util.List;
import java.util.stream.Collectors;
import org.springframework.web.util.HtmlUtils;

/** The one page. */
final class Page {

    private static final String PAGE = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <title>%1$s</title>
            <h1>%1$s</h1>
            %2$s
            </html>
            """;

    private static final String LIST = """
            <ul>
            %s</ul>
            <form method="post" action="entries"><input name="text" required maxlength="1000"> <button>Write</button></form>""";

    private Page() {}

    static String of(String greeting, List<Entry> entries) {
        return PAGE.formatted(escape(greeting), LIST.formatted(entries.stream().map(Page::item).collect(Collectors.joining())));
    }

    /** A page without entries, with the reason. */
    static String without(String greeting, String trouble) {
        return PAGE.formatted(escape(greeting), "<p>No entries: " + escape(trouble) + ".</p>");
    }

    private static String item(Entry entry) {
        return "<li>" + escape(entry.text()) + (entry.counted() ? " (counted)" : "") + "</li>\n";
    }

    private static String escape(String text) {
        return HtmlUtils.htmlEscape(text, "UTF-8");
    }
}
