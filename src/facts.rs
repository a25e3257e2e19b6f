//! Facts: types of what the charm knows of its unit and its relations. They depend on no stage, so every stage can use
//! them.

mod interface;
mod local_side;
mod provided;
mod relation;
mod telemetry;
mod unit;

pub use interface::{Endpoint, Integration, Interface, Role};
pub use local_side::LocalSide;
pub use provided::Provided;
pub use relation::Relation;
pub use telemetry::{Telemetry, UNWATCHED};
pub use unit::Unit;
