//! Which keys a policy misses, and how often: what a miss of a key costs is known elsewhere.

use std::sync::atomic::{AtomicBool, Ordering};

use super::AnyPolicy;
use super::dense::Trace;
use super::policy::{Nobody, Policy};
use super::replay::REQUESTS_A_LOOK;

/// Misses of each key of a trace, by its number. `None` when told to stop, or where no policy has that name.
pub fn misses_by_key(trace: &Trace, policy: &str, capacity: usize, stop: &AtomicBool) -> Option<Vec<u32>> {
    let mut policy = AnyPolicy::named(policy, capacity.max(1))?;
    count(&mut policy, trace, stop)
}

fn count(policy: &mut impl Policy, trace: &Trace, stop: &AtomicBool) -> Option<Vec<u32>> {
    policy.cover(trace.n_unique);
    let mut misses = vec![0_u32; trace.n_unique];
    for ids in trace.ids.chunks(REQUESTS_A_LOOK) {
        for id in ids {
            misses[*id as usize] += u32::from(!policy.request(*id, &mut Nobody));
            if let Some(next) = policy.ahead() {
                policy.admit_ahead(next, &mut Nobody);
            }
        }
        if stop.load(Ordering::Relaxed) {
            return None;
        }
    }
    Some(misses)
}

#[cfg(test)]
mod tests {
    use super::super::{Job, POLICIES, replay};
    use super::*;

    #[test]
    fn misses_of_the_keys_add_up_to_those_of_the_replay() {
        let trace = Trace::of(&(0..3000_u64).map(|k| k * k % 389).collect::<Vec<_>>());
        let go = AtomicBool::new(false);
        for policy in POLICIES {
            let job = Job { policy: (*policy).to_owned(), capacity: 40 };
            let whole = replay(&trace, &[job], 1, &go).map(|found| found[0].misses);
            let by_key = misses_by_key(&trace, policy, 40, &go);
            assert_eq!(by_key.map(|misses| misses.iter().map(|n| u64::from(*n)).sum()), whole, "{policy}");
        }
    }

    #[test]
    fn each_key_has_its_own_misses() {
        let found = misses_by_key(&Trace::of(&[7, 8, 7, 9, 8]), "lru", 2, &AtomicBool::new(false));
        assert_eq!(found, Some(vec![1, 2, 1]));
    }
}
