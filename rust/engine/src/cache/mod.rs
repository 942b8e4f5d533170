//! Caches: which entry goes when there is no room. The same policies serve replay of a trace and the live cache.

mod fifo;
mod links;
mod lru;
mod policy;

pub use fifo::Fifo;
pub use lru::Lru;
pub use policy::{Id, Leavers, Nobody, Policy};
