//! Replay: what each policy at each capacity would have missed of a trace, exactly.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::belady::{Belady, NextUse};
use super::dense::Trace;
use super::depths::Depths;
use super::lanes::{Lanes, MOST_LANES};
use super::policy::{Id, Policy};
use super::{AnyPolicy, POLICIES};

/// Requests between two looks at whether to stop; milliseconds.
pub(super) const REQUESTS_A_LOOK: usize = 1 << 16;

/// Policies that are replayed at several capacities in one pass; each policy of its own gives the same counts, and is slower.
const AT_ONCE: [&str; 2] = ["lru", "sieve"];

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
    let (passes, next_pass) = (passes_for(jobs, n_threads), AtomicUsize::new(0));
    let work = || {
        while let Some(pass) = passes.get(next_pass.fetch_add(1, Ordering::Relaxed)) {
            let Some(found) = runner.run(jobs, pass) else { return };
            for (k, replayed) in pass.iter().zip(found) {
                answers[*k].get_or_init(|| replayed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..n_threads.min(passes.len()) {
            scope.spawn(work);
        }
        work();
    });
    answers.into_iter().map(OnceLock::into_inner).collect()
}

/// Which jobs go together over the trace; the long passes first.
fn passes_for(jobs: &[Job], n_threads: usize) -> Vec<Vec<usize>> {
    let mut passes = Vec::new();
    for policy in AT_ONCE {
        let alike: Vec<usize> =
            (0..jobs.len()).filter(|k| jobs[*k].capacity > 0 && jobs[*k].policy == policy).collect();
        // One more capacity costs LRU a tenth of a pass, and SIEVE half of one: it has more from a thread of its own.
        let wanted = if policy == "lru" { 1 } else { n_threads.min(alike.len() / 2) };
        let n_passes = alike.len().div_ceil(MOST_LANES).max(wanted).max(1);
        passes.extend(alike.chunks(alike.len().div_ceil(n_passes).max(1)).map(<[usize]>::to_vec));
    }
    let is_left = |k: &usize| jobs[*k].capacity == 0 || !AT_ONCE.contains(&jobs[*k].policy.as_str());
    passes.extend((0..jobs.len()).filter(is_left).map(|k| vec![k]));
    passes
}

struct Runner<'a> {
    trace: &'a Trace,
    next_use: OnceLock<NextUse>,
    stop: &'a AtomicBool,
}

impl Runner<'_> {
    /// One pass for some jobs, in their order.
    fn run(&self, jobs: &[Job], pass: &[usize]) -> Option<Vec<Replayed>> {
        if let [only] = pass {
            return self.run_one(&jobs[*only]).map(|found| vec![found]);
        }
        let capacity_of = |k: &usize| jobs[*k].capacity.min(self.trace.n_unique.max(1));
        let mut capacities: Vec<usize> = pass.iter().map(capacity_of).collect();
        capacities.sort_unstable();
        capacities.dedup();
        let misses = if jobs[pass[0]].policy == "lru" {
            let mut depths = Depths::new(&capacities, self.trace.n_unique);
            self.each_part(|ids| depths.run(ids))?;
            depths.misses()
        } else {
            let mut lanes = Lanes::new(&capacities, self.trace.n_unique);
            self.each_part(|ids| lanes.run(ids))?;
            lanes.misses()
        };
        let found = |k: &usize| misses[capacities.partition_point(|capacity| *capacity < capacity_of(k))];
        Some(pass.iter().map(found).map(|misses| Replayed { misses, loads: misses }).collect())
    }

    /// Parts of the trace in order, until told to stop.
    fn each_part(&self, mut run: impl FnMut(&[Id])) -> Option<()> {
        for ids in self.trace.ids.chunks(REQUESTS_A_LOOK) {
            run(ids);
            if self.stop.load(Ordering::Relaxed) {
                return None;
            }
        }
        Some(())
    }

    fn run_one(&self, job: &Job) -> Option<Replayed> {
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
        self.each_part(|ids| {
            let part = policy.run(ids);
            all.misses += part.misses;
            all.loads += part.loads;
        })?;
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
        fn several_capacities_in_one_pass_miss_what_each_alone_does(
            keys in keys(),
            capacities in proptest::collection::vec(prop_oneof![0..6_usize, 0..60_usize], 2..40),
        ) {
            for policy in AT_ONCE {
                let jobs: Vec<Job> =
                    capacities.iter().map(|&capacity| Job { policy: policy.to_owned(), capacity }).collect();
                let together = replay(&Trace::of(&keys), &jobs, 2, &AtomicBool::new(false));
                let alone: Option<Vec<Replayed>> = capacities.iter().map(|&c| run(&keys, policy, c)).collect();
                prop_assert_eq!(together, alone, "{}", policy);
            }
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
