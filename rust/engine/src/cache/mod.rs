//! Caches: which entry goes when there is no room. The same policies serve replay of a trace and the live cache.

mod any;
mod arc;
mod belady;
mod by_key;
mod climber;
mod clock;
mod content;
mod curve;
mod dense;
mod fifo;
#[cfg(test)]
mod laws;
mod lfu;
mod links;
mod lirs;
pub mod live;
mod lru;
mod payoff;
mod policy;
mod predictive;
mod replay;
mod s3fifo;
mod shadows;
mod sieve;
mod stride;
mod twoq;
mod wtinylfu;

pub use any::{AnyPolicy, POLICIES};
pub use arc::Arc;
pub use by_key::misses_by_key;
pub use clock::Clock;
pub use content::Content;
pub use curve::{ReuseAges, lru_curve, reuse_ages, ttl_hits};
pub use dense::Trace;
pub use fifo::Fifo;
pub use lfu::Lfu;
pub use lirs::Lirs;
pub use lru::Lru;
pub use policy::{Id, Leavers, Nobody, Policy};
pub use predictive::Predictive;
pub use replay::{BELADY, Job, Replayed, can_replay, replay};
pub use s3fifo::S3Fifo;
pub use sieve::Sieve;
pub use stride::Stride;
pub use twoq::TwoQ;
pub use wtinylfu::WTinyLfu;
