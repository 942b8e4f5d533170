//! One policy of several, chosen by name while the program runs.

use super::policy::{Id, Leavers, Policy};
use super::replay::Replayed;
use super::{Arc, Clock, Fifo, Lfu, Lirs, Lru, Predictive, S3Fifo, Sieve, TwoQ, WTinyLfu};

/// More entries than there are numbers for need no place.
const MOST: usize = Id::MAX as usize;

/// An enum of policies with their names, itself a policy; each step goes to the one that it is.
macro_rules! one_of {
    ($(#[$about:meta])* $any:ident { $($name:literal $kind:ident,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Debug)]
        #[allow(missing_docs)]
        pub enum $any {
            $($kind($kind)),+
        }

        impl $any {
            /// Names of all, as users write them.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// The policy of that name, if there is one.
            #[must_use]
            pub fn named(name: &str, capacity: usize) -> Option<Self> {
                match name {
                    $($name => Some(Self::$kind($kind::with_capacity(capacity.clamp(1, MOST)))),)+
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

        impl Policy for $any {
            fn with_capacity(capacity: usize) -> Self {
                Self::Lru(Lru::with_capacity(capacity.clamp(1, MOST)))
            }

            fn cover(&mut self, n_ids: usize) {
                match self {
                    $(Self::$kind(policy) => policy.cover(n_ids),)+
                }
            }

            #[inline]
            fn is_resident(&self, id: Id) -> bool {
                match self {
                    $(Self::$kind(policy) => policy.is_resident(id),)+
                }
            }

            #[inline]
            fn n_resident(&self) -> usize {
                match self {
                    $(Self::$kind(policy) => policy.n_resident(),)+
                }
            }

            #[inline]
            fn capacity(&self) -> usize {
                match self {
                    $(Self::$kind(policy) => policy.capacity(),)+
                }
            }

            #[inline]
            fn hit(&mut self, id: Id, leavers: &mut impl Leavers) {
                match self {
                    $(Self::$kind(policy) => policy.hit(id, leavers),)+
                }
            }

            #[inline]
            fn admit(&mut self, id: Id, leavers: &mut impl Leavers) {
                match self {
                    $(Self::$kind(policy) => policy.admit(id, leavers),)+
                }
            }

            #[inline]
            fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool {
                match self {
                    $(Self::$kind(policy) => policy.evict_one(leavers),)+
                }
            }

            fn remove(&mut self, id: Id, leavers: &mut impl Leavers) {
                match self {
                    $(Self::$kind(policy) => policy.remove(id, leavers),)+
                }
            }

            fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers) {
                match self {
                    $(Self::$kind(policy) => policy.resize(capacity.clamp(1, MOST), leavers),)+
                }
            }

            fn order(&self) -> Vec<Id> {
                match self {
                    $(Self::$kind(policy) => policy.order(),)+
                }
            }

            fn ghosts(&self) -> Vec<Id> {
                match self {
                    $(Self::$kind(policy) => policy.ghosts(),)+
                }
            }

            #[inline]
            fn ahead(&mut self) -> Option<Id> {
                match self {
                    $(Self::$kind(policy) => policy.ahead(),)+
                }
            }

            fn pays_ahead(&self) -> bool {
                match self {
                    $(Self::$kind(policy) => policy.pays_ahead(),)+
                }
            }

            #[inline]
            fn admit_ahead(&mut self, id: Id, leavers: &mut impl Leavers) {
                match self {
                    $(Self::$kind(policy) => policy.admit_ahead(id, leavers),)+
                }
            }

            fn run(&mut self, ids: &[Id]) -> Replayed {
                match self {
                    $(Self::$kind(policy) => policy.run(ids),)+
                }
            }
        }
    };
}

one_of! {
    /// Any policy.
    AnyPolicy {
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
}

one_of! {
    /// Those between which `Predictive` chooses: for nearly every trace one of them is among the best.
    Base {
        "lru" Lru,
        "s3fifo" S3Fifo,
        "lirs" Lirs,
        "wtinylfu" WTinyLfu,
    }
}

/// Names of all policies, as users write them.
pub const POLICIES: &[&str] = AnyPolicy::NAMES;
