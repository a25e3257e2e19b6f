//! The frameworks that have an extension.

use std::fmt;

/// A framework of the 12-factor charms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    /// Flask, under gunicorn.
    Flask,
    /// Django, under gunicorn.
    Django,
    /// FastAPI, under uvicorn.
    FastApi,
    /// A Go program.
    Go,
    /// Express, under node.
    ExpressJs,
    /// Spring Boot, under a JVM.
    SpringBoot,
}

impl Framework {
    /// Every framework.
    pub const ALL: [Self; 6] = [Self::Flask, Self::Django, Self::FastApi, Self::Go, Self::ExpressJs, Self::SpringBoot];

    /// The name, as in the file names of rocks and charms.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Flask => "flask",
            Self::Django => "django",
            Self::FastApi => "fastapi",
            Self::Go => "go",
            Self::ExpressJs => "expressjs",
            Self::SpringBoot => "spring-boot",
        }
    }

    /// The framework called `name`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|framework| framework.name() == name)
    }

    /// All names, for messages.
    #[must_use]
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
