//! One policy of those there are, chosen by name while the program runs.

use super::policy::{Id, Leavers, Policy};
use super::{Arc, Clock, Fifo, Lfu, Lirs, Lru, Predictive, S3Fifo, Sieve, TwoQ, WTinyLfu};

/// More entries than there are numbers for need no place.
const MOST: usize = Id::MAX as usize;

/// The one list of policies: names, and what stands behind them.
macro_rules! policies {
    ($($name:literal $kind:ident),+ $(,)?) => {
        /// Names of all policies, as users write them.
        pub const POLICIES: &[&str] = &[$($name),+];

        /// Any policy.
        #[derive(Clone, Debug)]
        #[allow(missing_docs)]
        pub enum AnyPolicy {
            $($kind($kind)),+
        }

        impl AnyPolicy {
            /// The policy of that name, if there is one.
            #[must_use]
            pub fn named(name: &str, capacity: usize) -> Option<Self> {
                let capacity = capacity.min(MOST);
                match name {
                    $($name => Some(Self::$kind($kind::with_capacity(capacity))),)+
                    _ => None,
                }
            }

            /// How users call it.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name,)+
                }
            }
        }

        /// Does the same with whichever policy it is; the inner one is monomorphic.
        macro_rules! each {
            ($any:expr, $policy:ident => $action:expr) => {
                match $any {
                    $($crate::cache::AnyPolicy::$kind($policy) => $action,)+
                }
            };
        }
        pub(super) use each;
    };
}

policies! {
    "fifo" Fifo,
    "lru" Lru,
    "lfu" Lfu,
    "clock" Clock,
    "sieve" Sieve,
    "s3fifo" S3Fifo,
    "twoq" TwoQ,
    "arc" Arc,
    "lirs" Lirs,
    "wtinylfu" WTinyLfu,
    "predictive" Predictive,
}

impl Policy for AnyPolicy {
    fn with_capacity(capacity: usize) -> Self {
        Self::Lru(Lru::with_capacity(capacity))
    }

    fn cover(&mut self, n_ids: usize) {
        each!(self, policy => policy.cover(n_ids));
    }

    #[inline]
    fn is_resident(&self, id: Id) -> bool {
        each!(self, policy => policy.is_resident(id))
    }

    #[inline]
    fn n_resident(&self) -> usize {
        each!(self, policy => policy.n_resident())
    }

    #[inline]
    fn capacity(&self) -> usize {
        each!(self, policy => policy.capacity())
    }

    #[inline]
    fn hit(&mut self, id: Id, leavers: &mut impl Leavers) {
        each!(self, policy => policy.hit(id, leavers));
    }

    #[inline]
    fn admit(&mut self, id: Id, leavers: &mut impl Leavers) {
        each!(self, policy => policy.admit(id, leavers));
    }

    #[inline]
    fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool {
        each!(self, policy => policy.evict_one(leavers))
    }

    fn remove(&mut self, id: Id, leavers: &mut impl Leavers) {
        each!(self, policy => policy.remove(id, leavers));
    }

    fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers) {
        each!(self, policy => policy.resize(capacity.min(MOST), leavers));
    }

    fn order(&self) -> Vec<Id> {
        each!(self, policy => policy.order())
    }

    fn ghosts(&self) -> Vec<Id> {
        each!(self, policy => policy.ghosts())
    }

    #[inline]
    fn ahead(&mut self) -> Option<Id> {
        each!(self, policy => policy.ahead())
    }

    fn pays_ahead(&self) -> bool {
        each!(self, policy => policy.pays_ahead())
    }

    #[inline]
    fn admit_ahead(&mut self, id: Id, leavers: &mut impl Leavers) {
        each!(self, policy => policy.admit_ahead(id, leavers));
    }
}
