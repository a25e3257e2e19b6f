//! nginx's configuration: a pure function of the routes.

use std::fmt::Write;
use std::net::SocketAddr;

/// An application behind the ingress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// The application behind it.
    pub(super) app: String,
    /// First part of its paths.
    pub(super) prefix: String,
    /// True if the application gets paths without that part.
    pub(super) is_stripped: bool,
    /// Addresses of its units.
    pub(super) servers: Vec<SocketAddr>,
}

/// True if `text` can be part of a path and of a configuration: letters, digits and hyphens, as long as a label in a cluster.
pub(super) fn is_name(text: &str) -> bool {
    (1..=63).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The socket of a `revision`, in nginx's folder. Each has its own, because workers of an old one linger after a reload.
pub(super) fn socket(revision: u64) -> String {
    format!("nginx-{revision}.sock")
}

/// The sockets on which nginx listens by the configuration of a `revision`: its own, and the one before. nginx closes a socket
/// that a new configuration lacks, and connections are brought to the old one until the new one answers.
pub(super) fn sockets(revision: u64) -> Vec<String> {
    (revision.saturating_sub(1)..=revision).map(socket).collect()
}

/// The configuration for `routes`.
///
/// A unit that doesn't accept a request is skipped, for a second. A request that may have reached a unit is sent to another
/// one only if that does no harm, by nginx's own rule.
pub(super) fn config(routes: &[Route], revision: u64) -> String {
    let mut text = HEAD.to_owned();
    for route in routes {
        let Route { prefix, servers, .. } = route;
        if !servers.is_empty() {
            let servers: String = servers.iter().map(|s| format!(" server {s} max_fails=1 fail_timeout=1s;")).collect();
            // Writing to a string can't fail.
            let _ = writeln!(text, "    upstream {prefix} {{{servers} }}");
        }
    }
    text.push_str("    server {\n");
    sockets(revision).iter().for_each(|socket| text.push_str(&format!("        listen unix:/mnt/server/{socket};\n")));
    routes.iter().for_each(|route| text.push_str(&locations(route)));
    text + "        location / { return 404; }\n    }\n}\n"
}

fn locations(route: &Route) -> String {
    let Route { prefix, is_stripped, servers, .. } = route;
    let (end, told) = if *is_stripped {
        ("/", format!(" proxy_set_header X-Forwarded-Prefix /{prefix};"))
    } else {
        ("", String::new())
    };
    let body = if servers.is_empty() {
        "return 503;".to_owned()
    } else {
        format!("proxy_pass http://{prefix}{end};{told}{HEADERS}")
    };
    ["=", ""].into_iter().zip(["", "/"]).fold(String::new(), |text, (sign, slash)| {
        let sign = if sign.is_empty() { String::new() } else { format!("{sign} ") };
        text + &format!("        location {sign}/{prefix}{slash} {{ {body} }}\n")
    })
}

/// Headers of every location: one that sets a header inherits none.
const HEADERS: &str = " proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Host $http_host; \
    proxy_set_header X-Forwarded-Proto http; proxy_set_header X-Forwarded-For 127.0.0.1;";

const HEAD: &str = "\
daemon off;
worker_processes 2;
pid /mnt/server/nginx.pid;
error_log stderr;
events { worker_connections 512; }
http {
    access_log off;
    server_tokens off;
    client_max_body_size 0;
    client_body_temp_path /mnt/server/body;
    proxy_temp_path /mnt/server/proxy;
    fastcgi_temp_path /mnt/server/fastcgi;
    uwsgi_temp_path /mnt/server/uwsgi;
    scgi_temp_path /mnt/server/scgi;
    proxy_http_version 1.1;
    proxy_connect_timeout 1s;
    proxy_socket_keepalive on;
    proxy_next_upstream error timeout http_502 http_503;
";

#[cfg(test)]
mod tests {
    use super::*;

    fn route(servers: &[&str]) -> Route {
        let servers = servers.iter().map(|server| server.parse().unwrap()).collect();
        Route { app: "web".to_owned(), prefix: "local-web".to_owned(), is_stripped: true, servers }
    }

    #[test]
    fn a_path_leads_to_all_units_and_is_kept_from_them_if_so_wished() {
        let text = config(&[route(&["10.1.1.10:8000", "10.1.1.11:8000"])], 7);
        assert!(
            text.contains("upstream local-web { server 10.1.1.10:8000 max_fails=1 fail_timeout=1s; server 10.1.1.11:")
        );
        assert!(text.contains("location = /local-web { proxy_pass http://local-web/; "), "{text}");
        assert!(text.contains("location /local-web/ { proxy_pass http://local-web/; "), "{text}");
        assert!(text.contains("X-Forwarded-Prefix /local-web;"), "{text}");
        assert!(text.contains("listen unix:/mnt/server/nginx-6.sock;"), "the one before still answers: {text}");
        assert!(text.contains("listen unix:/mnt/server/nginx-7.sock;"), "{text}");
        assert_eq!(config(&[], 0).matches("listen ").count(), 1, "the first has none before it");
        let whole = Route { is_stripped: false, ..route(&["10.1.1.10:8000"]) };
        let text = config(&[whole], 1);
        assert!(text.contains("location /local-web/ { proxy_pass http://local-web; "), "{text}");
        assert!(!text.contains("Forwarded-Prefix"), "{text}");
    }

    #[test]
    fn without_units_there_is_nothing_to_ask() {
        let text = config(&[route(&[])], 1);
        assert!(
            text.contains("location /local-web/ { return 503; }") && !text.contains("upstream local-web {"),
            "{text}"
        );
    }

    #[test]
    fn nothing_can_break_out_of_the_configuration() {
        for name in
            ["", "a;b", "a b", "a/b", "a{", "ä", "a\n", "a;}", "$host", "a#", "a'", "a\"", "~a", &"x".repeat(64)]
        {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(is_name("my-app-2") && is_name(&"x".repeat(63)));
    }
}
