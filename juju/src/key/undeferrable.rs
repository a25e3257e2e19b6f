//! Listings that must not compile: a handler that defers, of each event that can't wait. Beside each is the same key with a
//! handler that does not defer, which compiles, so that it is the deferral alone that the compiler refuses.

macro_rules! listing {
    ($fence:literal, $($line:literal),+) => {
        concat!(
            $fence,
            "\n\
             # #![allow(unused_imports)]\n\
             # use webcharm_juju::{Charm, Error, Flow, On, Setup};\n\
             # use webcharm_juju::event::{CollectMetrics, Remove, SecretExpired, SecretRemove, SecretRotate, Stop};\n\
             # use webcharm_juju::key::{Action, Peer, Provides, Requires, Storage};\n\
             # struct Hello;\n\
             # impl Charm for Hello {\n\
             #     type Error = Error;\n\
             #     fn new(_: &Setup<'_>) -> Result<Self, Error> { Ok(Self) }\n\
             #     fn observe(on: &mut On<Self>) {\n",
            $($line,)+
            "\n#     }\n# }\n```\n\n"
        )
    };
}

macro_rules! undeferrable {
    ($($name:ident: $key:literal,)+) => {$(
        #[doc = listing!("```compile_fail,E0277", "on.deferring(\"waits\", ", $key, ", |_, _, _| Ok(Flow::Done));")]
        #[doc = listing!("```", "on.event(", $key, ", |_, _, _| Ok(()));")]
        struct $name;
    )+};
}

undeferrable! {
    Stop: "Stop",
    Remove: "Remove",
    CollectMetrics: "CollectMetrics",
    RequirerBroken: "Requires::named(\"db\").broken()",
    ProviderBroken: "Provides::named(\"site\").broken()",
    PeerBroken: "Peer::named(\"ring\").broken()",
    StorageDetaching: "Storage::named(\"data\").detaching()",
    SecretRotate: "SecretRotate::every()",
    SecretExpired: "SecretExpired::every()",
    SecretRemove: "SecretRemove::every()",
    Action: "Action::<()>::named(\"backup\")",
}
