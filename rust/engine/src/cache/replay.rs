//! Replay: what each policy at each capacity would have missed of a trace, exactly.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::belady::{Belady, NextUse};
use super::dense::Trace;
use super::policy::Policy;
use super::{AnyPolicy, POLICIES};

/// Requests between two looks at whether to stop; about a millisecond.
pub(super) const REQUESTS_A_LOOK: usize = 1 << 16;

/// The name of the optimum that knows the future; it is no policy for a live cache.
pub const BELADY: &str = "belady";

/// One policy at one capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// A name of `POLICIES`, or `BELADY`.
    pub policy: String,
    /// Entries; at 0 nothing is kept.
    pub capacity: usize,
}

/// What a replay counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Requests for what was not there.
    pub misses: u64,
    /// Misses, and what was loaded ahead.
    pub loads: u64,
}

/// Whether there is something of that name to replay.
#[must_use]
pub fn can_replay(policy: &str) -> bool {
    policy == BELADY || POLICIES.contains(&policy)
}

/// Replays a trace for each job, on some threads. `None` when told to stop; a job of unknown name misses nothing.
pub fn replay(trace: &Trace, jobs: &[Job], n_threads: usize, stop: &AtomicBool) -> Option<Vec<Replayed>> {
    let runner = Runner { trace, next_use: OnceLock::new(), stop };
    let answers: Vec<OnceLock<Replayed>> = jobs.iter().map(|_| OnceLock::new()).collect();
    let next_job = AtomicUsize::new(0);
    let work = || {
        while let Some(k) = Some(next_job.fetch_add(1, Ordering::Relaxed)).filter(|k| *k < jobs.len()) {
            let Some(replayed) = runner.run(&jobs[k]) else { return };
            answers[k].get_or_init(|| replayed);
        }
    };
    thread::scope(|scope| {
        for _ in 1..n_threads.min(jobs.len()) {
            scope.spawn(work);
        }
        work();
    });
    answers.into_iter().map(OnceLock::into_inner).collect()
}

struct Runner<'a> {
    trace: &'a Trace,
    next_use: OnceLock<NextUse>,
    stop: &'a AtomicBool,
}

impl Runner<'_> {
    fn run(&self, job: &Job) -> Option<Replayed> {
        if job.capacity == 0 {
            let misses = self.trace.ids.len() as u64;
            return Some(Replayed { misses, loads: misses });
        }
        if job.policy == BELADY {
            return self.run_belady(job.capacity);
        }
        match AnyPolicy::named(&job.policy, job.capacity) {
            Some(mut policy) => self.run_policy(&mut policy),
            None => Some(Replayed::default()),
        }
    }

    fn run_belady(&self, capacity: usize) -> Option<Replayed> {
        let next_use = self.next_use.get_or_init(|| NextUse::of(self.trace));
        let mut belady = Belady::new(capacity, self.trace.ids.len());
        let mut misses = 0;
        for _ in (0..self.trace.ids.len()).step_by(REQUESTS_A_LOOK) {
            misses += belady.run(next_use, REQUESTS_A_LOOK);
            if self.stop.load(Ordering::Relaxed) {
                return None;
            }
        }
        Some(Replayed { misses, loads: misses })
    }

    fn run_policy(&self, policy: &mut AnyPolicy) -> Option<Replayed> {
        policy.cover(self.trace.n_unique);
        let mut all = Replayed::default();
        for ids in self.trace.ids.chunks(REQUESTS_A_LOOK) {
            let part = policy.run(ids);
            all.misses += part.misses;
            all.loads += part.loads;
            if self.stop.load(Ordering::Relaxed) {
                return None;
            }
        }
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::belady::plain_misses;
    use super::*;

    fn keys() -> impl Strategy<Value = Vec<u64>> {
        let key = prop_oneof![0..5_u64, 0..40_u64];
        proptest::collection::vec(key, 0..200)
    }

    fn run(keys: &[u64], policy: &str, capacity: usize) -> Option<Replayed> {
        let job = Job { policy: policy.to_owned(), capacity };
        replay(&Trace::of(keys), &[job], 1, &AtomicBool::new(false)).map(|found| found[0])
    }

    proptest! {
        #[test]
        fn belady_equals_a_plain_look_ahead(keys in keys(), capacity in 1..12_usize) {
            let misses = plain_misses(&Trace::of(&keys).ids, capacity);
            prop_assert_eq!(run(&keys, BELADY, capacity), Some(Replayed { misses, loads: misses }));
        }

        #[test]
        fn no_policy_loads_less_than_belady_misses(keys in keys(), capacity in 1..50_usize) {
            let least = run(&keys, BELADY, capacity);
            for policy in POLICIES {
                let found = run(&keys, policy, capacity);
                prop_assert!(found.map(|found| found.loads) >= least.map(|least| least.misses), "{}", policy);
                prop_assert!(found.is_some_and(|found| found.misses <= keys.len() as u64));
            }
        }

        #[test]
        fn with_room_for_all_only_first_requests_miss(keys in keys()) {
            let n_unique = Trace::of(&keys).n_unique as u64;
            for policy in POLICIES.iter().chain(&[BELADY]) {
                let found = run(&keys, policy, n_unique.max(1) as usize);
                prop_assert_eq!(found, Some(Replayed { misses: n_unique, loads: n_unique }), "{}", policy);
            }
        }
    }

    #[test]
    fn a_replay_stops_when_told_so() {
        let jobs = POLICIES.iter().map(|name| Job { policy: (*name).to_owned(), capacity: 2 }).collect::<Vec<_>>();
        assert_eq!(replay(&Trace::of(&[1, 2, 3]), &jobs, 2, &AtomicBool::new(true)), None);
    }

    #[test]
    fn threads_do_not_change_the_answer() {
        let keys: Vec<u64> = (0..5000_u64).map(|k| k * k % 389).collect();
        let jobs: Vec<Job> = POLICIES.iter().map(|name| Job { policy: (*name).to_owned(), capacity: 40 }).collect();
        let go = AtomicBool::new(false);
        assert_eq!(replay(&Trace::of(&keys), &jobs, 1, &go), replay(&Trace::of(&keys), &jobs, 4, &go));
    }
}
