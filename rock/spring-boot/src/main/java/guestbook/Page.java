package guestbook;

import java.util.List;
import java.util.OptionalLong;
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
            %3$s
            </html>
            """;

    private static final String LIST = """
            <ul>
            %s</ul>
            <form method="post" action="entries"><input name="text" required maxlength="1000"> <button>Write</button></form>""";

    private Page() {}

    static String of(String greeting, List<Entry> entries, String visits) {
        var list = LIST.formatted(entries.stream().map(Page::item).collect(Collectors.joining()));
        return PAGE.formatted(escape(greeting), list, visits);
    }

    /** A page without entries, with the reason. */
    static String without(String greeting, String trouble, String visits) {
        return PAGE.formatted(escape(greeting), "<p>No entries: " + escape(trouble) + ".</p>", visits);
    }

    /** The part about visits, as far as they are counted and kept. */
    static String visits(OptionalLong counted, OptionalLong kept) {
        return line("counted", counted) + line("kept", kept);
    }

    private static String line(String verb, OptionalLong number) {
        return number.isPresent() ? "<p>%d visits %s</p>".formatted(number.getAsLong(), verb) : "";
    }

    private static String item(Entry entry) {
        return "<li>" + escape(entry.text()) + (entry.counted() ? " (counted)" : "") + "</li>\n";
    }

    private static String escape(String text) {
        return HtmlUtils.htmlEscape(text, "UTF-8");
    }
}
