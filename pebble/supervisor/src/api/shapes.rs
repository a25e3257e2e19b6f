//! Bodies of the API as Pebble declares them: Go's names and types are part of its messages.

use crate::go_json::shape::{Shape, Struct};

const TEXTS: Shape = Shape::List(&Shape::Text);
const NUMBER: Shape = Shape::Pointer(&Shape::Int);

/// Body of `POST /v1/changes/{id}`.
pub(super) const CHANGE: Struct = Struct { name: "", fields: &[("action", "Action", Shape::Text)] };

/// Body of `POST /v1/services`.
pub(super) const SERVICES: Struct =
    Struct { name: "", fields: &[("action", "Action", Shape::Text), ("services", "Services", TEXTS)] };

/// Body of `POST /v1/layers`.
pub(super) const LAYERS: Struct = Struct {
    name: "",
    fields: &[
        ("action", "Action", Shape::Text),
        ("combine", "Combine", Shape::Bool),
        ("inner", "Inner", Shape::Bool),
        ("label", "Label", Shape::Text),
        ("format", "Format", Shape::Text),
        ("layer", "Layer", Shape::Text),
    ],
};

/// Body of `POST /v1/files` in JSON.
pub(super) const FILES: Struct = Struct {
    name: "",
    fields: &[
        ("action", "Action", Shape::Text),
        ("dirs", "Dirs", Shape::List(&Shape::Struct(&DIRECTORY))),
        ("paths", "Paths", Shape::List(&Shape::Struct(&REMOVAL))),
    ],
};

const DIRECTORY: Struct = Struct {
    name: "makeDirsItem",
    fields: &[
        ("path", "Path", Shape::Text),
        ("make-parents", "MakeParents", Shape::Bool),
        ("permissions", "Permissions", Shape::Text),
        ("user-id", "UserID", NUMBER),
        ("user", "User", Shape::Text),
        ("group-id", "GroupID", NUMBER),
        ("group", "Group", Shape::Text),
    ],
};

const REMOVAL: Struct = Struct {
    name: "removePathsItem",
    fields: &[("path", "Path", Shape::Text), ("recursive", "Recursive", Shape::Bool)],
};

/// Part `request` of `POST /v1/files` as a multipart body.
pub(super) const UPLOAD: Struct = Struct {
    name: "",
    fields: &[("action", "Action", Shape::Text), ("files", "Files", Shape::List(&Shape::Struct(&FILE)))],
};

const FILE: Struct = Struct {
    name: "writeFilesItem",
    fields: &[
        ("path", "Path", Shape::Text),
        ("make-dirs", "MakeDirs", Shape::Bool),
        ("permissions", "Permissions", Shape::Text),
        ("user-id", "UserID", NUMBER),
        ("user", "User", Shape::Text),
        ("group-id", "GroupID", NUMBER),
        ("group", "Group", Shape::Text),
    ],
};

/// Body of `POST /v1/exec`.
pub(super) const EXEC: Struct = Struct {
    name: "execPayload",
    fields: &[
        ("command", "Command", TEXTS),
        ("service-context", "ServiceContext", Shape::Text),
        ("environment", "Environment", Shape::Map(&Shape::Text)),
        ("working-dir", "WorkingDir", Shape::Text),
        ("timeout", "Timeout", Shape::Text),
        ("user-id", "UserID", NUMBER),
        ("user", "User", Shape::Text),
        ("group-id", "GroupID", NUMBER),
        ("group", "Group", Shape::Text),
        ("terminal", "Terminal", Shape::Bool),
        ("interactive", "Interactive", Shape::Bool),
        ("split-stderr", "SplitStderr", Shape::Bool),
        ("width", "Width", Shape::Int),
        ("height", "Height", Shape::Int),
    ],
};

/// Body of `POST /v1/signals`.
pub(super) const SIGNALS: Struct =
    Struct { name: "signalsPayload", fields: &[("signal", "Signal", Shape::Text), ("services", "Services", TEXTS)] };

/// Body of `POST /v1/checks`.
pub(super) const CHECKS: Struct =
    Struct { name: "", fields: &[("action", "Action", Shape::Text), ("checks", "Checks", TEXTS)] };

/// Body of `POST /v1/checks/refresh`.
pub(super) const REFRESH: Struct = Struct { name: "", fields: &[("name", "Name", Shape::Text)] };

/// Body of `POST /v1/notices`.
pub(super) const NOTICE: Struct = Struct {
    name: "",
    fields: &[
        ("action", "Action", Shape::Text),
        ("type", "Type", Shape::Text),
        ("key", "Key", Shape::Text),
        ("repeat-after", "RepeatAfter", Shape::Text),
        ("data", "DataJSON", Shape::Raw),
    ],
};

/// Body of `POST /v1/identities`.
pub(super) const IDENTITIES: Struct = Struct {
    name: "",
    fields: &[
        ("action", "Action", Shape::Text),
        ("identities", "Identities", Shape::Map(&Shape::Pointer(&Shape::Struct(&IDENTITY)))),
    ],
};

const IDENTITY: Struct = Struct {
    name: "apiIdentity",
    fields: &[
        ("access", "Access", Shape::TextType("identities.Access")),
        ("local", "Local", Shape::Pointer(&Shape::Struct(&LOCAL_IDENTITY))),
        ("basic", "Basic", Shape::Pointer(&Shape::Struct(&BASIC_IDENTITY))),
        ("cert", "Cert", Shape::Pointer(&Shape::Struct(&CERTIFICATE_IDENTITY))),
    ],
};

const LOCAL_IDENTITY: Struct =
    Struct { name: "apiLocalIdentity", fields: &[("user-id", "UserID", Shape::Pointer(&Shape::Uint32))] };

const BASIC_IDENTITY: Struct = Struct { name: "apiBasicIdentity", fields: &[("password", "Password", Shape::Text)] };

const CERTIFICATE_IDENTITY: Struct = Struct { name: "apiCertIdentity", fields: &[("pem", "PEM", Shape::Text)] };
