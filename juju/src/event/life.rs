//! Hooks of a unit's life. Each is its own key: its name says everything.

use crate::hook::{Event, EventKind};
use crate::juju::Juju;
use crate::key::{Deferrable, Key, Occurrence, Sealed, Trigger};
use crate::tool::Error;

macro_rules! life {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl Sealed for $name {}

        impl Key for $name {
            type Event<'e> = Self;

            fn trigger(&self) -> Trigger {
                Trigger::of(EventKind::$name)
            }

            fn deliver<'e, T>(
                &self,
                occurrence: &Occurrence<'e>,
                _: &'e Juju<'e>,
                handle: impl FnOnce(&Self::Event<'e>) -> T,
            ) -> Result<Option<T>, Error> {
                Ok(matches!(occurrence, Occurrence::Hook(Event::$name)).then(|| handle(self)))
            }
        }
    )+};
}

life! {
    /// `install`: the first hook of a unit.
    Install;
    /// `start`: after the first `config-changed`, and after a reboot of the machine or a new pod.
    Start;
    /// `stop`: the unit ends. It can't wait.
    Stop;
    /// `remove`: the last hook of a unit. It can't wait.
    Remove;
    /// `config-changed`: an option or a network changed; also once before `start` and after an upgrade.
    ConfigChanged;
    /// `update-status`: every few minutes, as the model's `update-status-hook-interval` says.
    UpdateStatus;
    /// `upgrade-charm`: this is a new revision of the charm, or has a new resource.
    UpgradeCharm;
    /// `leader-elected`: this unit leads now.
    LeaderElected;
    /// `leader-settings-changed`: another unit leads now. Deprecated by Juju, which still sends it.
    LeaderSettingsChanged;
    /// `collect-metrics`: most hook tools refuse to work in it. It can't wait.
    CollectMetrics;
    /// `meter-status-changed`: the state of payment changed.
    MeterStatusChanged;
    /// `pre-series-upgrade`: the machine's operating system is about to be upgraded.
    PreSeriesUpgrade;
    /// `post-series-upgrade`: the machine's operating system was upgraded.
    PostSeriesUpgrade;
}

impl Deferrable for Install {}
impl Deferrable for Start {}
impl Deferrable for ConfigChanged {}
impl Deferrable for UpdateStatus {}
impl Deferrable for UpgradeCharm {}
impl Deferrable for LeaderElected {}
impl Deferrable for LeaderSettingsChanged {}
impl Deferrable for MeterStatusChanged {}
impl Deferrable for PreSeriesUpgrade {}
impl Deferrable for PostSeriesUpgrade {}
