//! What every policy must keep to, and plain models that some must equal.

use std::collections::HashSet;

use proptest::prelude::*;

use super::{AnyPolicy, Id, Leavers, POLICIES, Policy};

const N_IDS: Id = 24;

/// Keeps book of what a policy says.
#[derive(Default)]
struct Ledger {
    resident: HashSet<Id>,
    ghosts: HashSet<Id>,
    n_evicted: usize,
}

impl Leavers for Ledger {
    fn evicted(&mut self, id: Id, is_ghost: bool) {
        assert!(self.resident.remove(&id), "{id} left without being there");
        self.n_evicted += 1;
        if is_ghost {
            self.ghosts.insert(id);
        }
    }

    fn forgotten(&mut self, id: Id) {
        assert!(self.ghosts.remove(&id), "{id} was forgotten without being a ghost");
    }
}

impl Ledger {
    fn request(&mut self, policy: &mut AnyPolicy, id: Id) {
        let is_hit = policy.is_resident(id);
        assert_eq!(is_hit, self.resident.contains(&id));
        let had_room = policy.n_resident() < policy.capacity();
        self.n_evicted = 0;
        self.ghosts.remove(&id);
        if is_hit {
            policy.hit(id, self);
            assert_eq!(self.n_evicted, 0, "a hit evicted");
        } else {
            policy.admit(id, self);
            assert_eq!(self.n_evicted, usize::from(!had_room), "evictions of one admission");
            self.resident.insert(id);
        }
    }

    fn check(&self, policy: &AnyPolicy) {
        let order = policy.order();
        assert!(policy.n_resident() <= policy.capacity());
        assert_eq!(order.len(), policy.n_resident());
        assert_eq!(order.iter().copied().collect::<HashSet<_>>(), self.resident);
        let ghosts = policy.ghosts();
        assert_eq!(ghosts.len(), self.ghosts.len());
        assert_eq!(ghosts.into_iter().collect::<HashSet<_>>(), self.ghosts);
        assert!((0..N_IDS).all(|id| policy.is_resident(id) == self.resident.contains(&id)));
    }
}

fn named(name: &str, capacity: usize) -> AnyPolicy {
    let Some(mut policy) = AnyPolicy::named(name, capacity) else { panic!("no policy `{name}`") };
    policy.cover(N_IDS as usize);
    policy
}

#[derive(Clone, Debug)]
enum Step {
    Request(Id),
    Ahead(Id),
    Remove(Id),
    Evict,
    Resize(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        20 => (0..N_IDS).prop_map(Step::Request),
        20 => (0..6_u32).prop_map(Step::Request),
        2 => (0..N_IDS).prop_map(Step::Ahead),
        2 => (0..N_IDS).prop_map(Step::Remove),
        1 => Just(Step::Evict),
        1 => (1..30_usize).prop_map(Step::Resize),
    ];
    proptest::collection::vec(step, 1..300)
}

fn follow(name: &str, capacity: usize, steps: &[Step]) {
    let mut policy = named(name, capacity);
    let mut ledger = Ledger::default();
    for step in steps {
        match *step {
            Step::Request(id) => ledger.request(&mut policy, id),
            Step::Ahead(id) if !policy.is_resident(id) => {
                ledger.ghosts.remove(&id);
                policy.admit_ahead(id, &mut ledger);
                ledger.resident.insert(id);
            }
            Step::Remove(id) if policy.is_resident(id) => {
                ledger.resident.remove(&id);
                policy.remove(id, &mut ledger);
            }
            Step::Evict => assert_eq!(!ledger.resident.is_empty(), policy.evict_one(&mut ledger)),
            Step::Resize(capacity) => policy.resize(capacity, &mut ledger),
            Step::Ahead(_) | Step::Remove(_) => {}
        }
        ledger.check(&policy);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_policy_keeps_the_laws(capacity in 1..26_usize, steps in steps()) {
        for name in POLICIES {
            follow(name, capacity, &steps);
        }
    }
}

#[test]
fn a_policy_has_the_name_it_was_asked_for_by() {
    for name in POLICIES {
        assert_eq!(named(name, 3).name(), *name);
    }
    assert!(AnyPolicy::named("lur", 3).is_none());
}
