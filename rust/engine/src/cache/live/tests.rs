//! The live cache against replay, against a plain model, and under random operations.

use std::collections::HashMap;

use proptest::prelude::*;

use super::super::any::POLICIES;
use super::super::policy::{Nobody, Policy};
use super::*;

fn setting(policy: &'static str, capacity: usize) -> Setting {
    Setting { capacity, policy, ttl_ns: None, max_bytes: None, is_recording: true, is_pure: false }
}

/// The hash of a small key; equal only for equal keys.
fn hash(key: u64) -> u64 {
    (key + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn same(asked: u64) -> impl FnMut(&u64) -> Likeness {
    move |&stored| if stored == asked { Likeness::Same } else { Likeness::Different }
}

fn incoming(key: u64, trace: u32, value: u64) -> Incoming<u64, u64> {
    Incoming { hash: hash(key), trace, key, value, bytes: 8, ttl_ns: None, is_ahead: false }
}

/// Asks for a key and computes it where it is missing; whether it was there.
fn ask(live: &mut Live<u64, u64>, key: u64, now_ns: u64) -> bool {
    match live.find(hash(key), same(key)) {
        Found::Entry(id) if live.is_expired(id, now_ns) => live.remove(id, Cause::Expired, now_ns),
        Found::Entry(id) => {
            assert_eq!(live.value(id), Some(&(key * 3)));
            live.hit(id);
            return true;
        }
        _ => {}
    }
    let trace = live.miss(hash(key));
    live.insert(incoming(key, trace, key * 3), now_ns);
    while live.pop_gone().is_some() {}
    false
}

/// What the policy alone does with the same keys, whose numbers it keeps.
fn replayed(policy: &str, capacity: usize, keys: &[u64]) -> Vec<bool> {
    let mut alone = policy_named(policy, capacity);
    let mut ids = HashMap::new();
    let mut hits = Vec::new();
    for &key in keys {
        let n = ids.len() as Id;
        let id = *ids.entry(key).or_insert(n);
        alone.cover(ids.len());
        hits.push(alone.request(id, &mut Nobody));
    }
    hits
}

fn keys() -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![
        proptest::collection::vec(0..12u64, 1..300),
        proptest::collection::vec(0..60u64, 1..600),
        (1..40u64, 1..400usize).prop_map(|(n, len)| (0..len as u64).map(|i| i % n).collect()),
        proptest::collection::vec((0..100u64).prop_map(|x| x * x / 100), 1..600),
    ]
}

proptest! {
    #[test]
    fn a_trace_has_the_same_hits_as_in_replay(keys in keys(), capacity in 1..40usize) {
        for policy in POLICIES {
            let mut live = Live::new(setting(policy, capacity));
            let hits: Vec<bool> = keys.iter().map(|&key| ask(&mut live, key, 0)).collect();
            prop_assert_eq!(&hits, &replayed(policy, capacity, &keys), "{}", policy);
            check(&live);
        }
    }

    #[test]
    fn the_trace_has_one_number_for_each_key(keys in keys(), capacity in 1..20usize) {
        for policy in POLICIES {
            let mut live = Live::new(setting(policy, capacity));
            keys.iter().for_each(|&key| { ask(&mut live, key, 0); });
            let (mut by_key, mut by_trace) = (HashMap::new(), HashMap::new());
            for (&key, &trace) in keys.iter().zip(&live.trace()) {
                prop_assert_eq!(*by_key.entry(key).or_insert(trace), trace);
                prop_assert_eq!(*by_trace.entry(trace).or_insert(key), key);
            }
        }
    }

    #[test]
    fn every_invariant_holds_under_random_operations(steps in proptest::collection::vec(step(), 1..400)) {
        let mut live = Live::new(Setting { max_bytes: Some(400), ..setting("lru", 16) });
        let mut now_ns = 0;
        for step in steps {
            now_ns += 10;
            apply(&mut live, step, now_ns);
            check(&live);
        }
    }

    #[test]
    fn no_entry_is_lost_when_the_policy_changes(keys in keys(), changes in proptest::collection::vec(0..POLICIES.len(), 1..8)) {
        let mut live = Live::new(setting("lru", 20));
        for change in changes {
            keys.iter().for_each(|&key| { ask(&mut live, key, 0); });
            let mut before: Vec<u64> = live.order().iter().filter_map(|&id| live.key(id).copied()).collect();
            live.set_policy(POLICIES[change], 0);
            let mut after: Vec<u64> = live.order().iter().filter_map(|&id| live.key(id).copied()).collect();
            before.sort_unstable();
            after.sort_unstable();
            prop_assert_eq!(before, after);
            check(&live);
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Ask(u64),
    Set(u64, Option<u64>),
    Delete(u64),
    Resize(usize),
    Policy(usize),
    Ttl(Option<u64>),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..40u64).prop_map(Step::Ask),
        3 => (0..40u64, proptest::option::of(1..200u64)).prop_map(|(key, ttl)| Step::Set(key, ttl)),
        2 => (0..40u64).prop_map(Step::Delete),
        1 => (0..30usize).prop_map(Step::Resize),
        1 => (0..POLICIES.len()).prop_map(Step::Policy),
        1 => proptest::option::of(1..500u64).prop_map(Step::Ttl),
        1 => Just(Step::Clear),
    ]
}

fn apply(live: &mut Live<u64, u64>, step: Step, now_ns: u64) {
    match step {
        Step::Ask(key) => {
            ask(live, key, now_ns);
        }
        Step::Set(key, ttl_ns) => match live.find(hash(key), same(key)) {
            Found::Entry(id) => live.replace(id, key * 3, 9, ttl_ns, now_ns),
            _ => {
                let trace = live.foresee(hash(key));
                live.insert(Incoming { ttl_ns, bytes: key, ..incoming(key, trace, key * 3) }, now_ns);
            }
        },
        Step::Delete(key) => {
            if let Found::Entry(id) = live.find(hash(key), same(key)) {
                live.remove(id, Cause::Deleted, now_ns);
            }
        }
        Step::Resize(capacity) => live.resize(capacity, now_ns),
        Step::Policy(number) => live.set_policy(POLICIES[number], now_ns),
        Step::Ttl(ttl_ns) => live.set_ttl(ttl_ns),
        Step::Clear => live.clear(now_ns),
    }
    while live.pop_gone().is_some() {}
}

/// What must hold at all times.
fn check<K, V>(live: &Live<K, V>) {
    let resident = live.shelf.slots.iter().filter(|slot| slot.value.is_some()).count();
    assert_eq!(resident, live.len());
    assert!(live.len() <= live.capacity());
    assert_eq!(live.shelf.table.len(), live.len() + live.policy.ghosts().len());
    let mut ids = live.order();
    assert!(ids.iter().all(|&id| live.value(id).is_some() && live.key(id).is_some()));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), live.len());
    assert!(live.policy.ghosts().iter().all(|&id| live.value(id).is_none()));
    assert_eq!(live.n_bytes(), live.shelf.sizes.iter().sum::<u64>());
    assert!(live.max_bytes().is_none_or(|most| live.n_bytes() <= most));
    let counters = live.total();
    assert_eq!(counters.evictions.iter().sum::<u64>() + live.len() as u64, counters.stored);
}

#[test]
fn an_entry_lives_its_time_from_when_it_was_written() {
    let mut live = Live::new(Setting { ttl_ns: Some(100), ..setting("lru", 4) });
    assert!(!ask(&mut live, 1, 0));
    assert!(ask(&mut live, 1, 60));
    assert!(ask(&mut live, 1, 99));
    assert!(!ask(&mut live, 1, 100));
    assert_eq!(live.total().evictions[Cause::Expired as usize], 1);
}

#[test]
fn a_shorter_time_counts_for_what_is_there() {
    let mut live = Live::new(setting("sieve", 4));
    ask(&mut live, 1, 0);
    live.set_ttl(Some(50));
    assert!(!ask(&mut live, 1, 60));
}

#[test]
fn a_huge_capacity_costs_nothing() {
    for policy in POLICIES {
        let mut live = Live::new(setting(policy, 1 << 40));
        (0..1000).for_each(|key| assert!(!ask(&mut live, key, 0)));
        assert_eq!((live.len(), live.capacity()), (1000, 1 << 40));
    }
}

#[test]
fn nothing_is_kept_in_a_cache_for_nothing() {
    let mut live = Live::new(setting("lru", 0));
    assert!(!ask(&mut live, 1, 0));
    assert!(!ask(&mut live, 1, 0));
    assert_eq!((live.len(), live.trace()), (0, vec![0, 0]));
}

#[test]
fn a_key_that_was_pushed_out_and_comes_back_is_counted() {
    let mut live = Live::new(setting("lru", 2));
    [1, 2, 3, 1].into_iter().for_each(|key| {
        ask(&mut live, key, 0);
    });
    assert_eq!((live.total().asked_again, live.total().pushed_out()), (1, 2));
}

#[test]
fn a_window_counts_from_the_change() {
    let mut live = Live::new(setting("lru", 2));
    (0..50).for_each(|key| {
        ask(&mut live, key, 0);
    });
    live.start_window();
    ask(&mut live, 49, 0);
    assert_eq!((live.window().hits, live.window().misses, live.total().misses), (1, 0, 50));
}

#[test]
fn a_value_larger_than_all_room_is_not_kept() {
    let mut live = Live::new(Setting { max_bytes: Some(10), ..setting("lru", 4) });
    let trace = live.miss(hash(1));
    live.insert(Incoming { bytes: 11, ..incoming(1, trace, 3) }, 0);
    assert_eq!((live.len(), live.n_bytes()), (0, 0));
}

#[test]
fn an_entry_loaded_ahead_counts_as_used_once() {
    let mut live = Live::new(setting("lru", 4));
    let trace = live.foresee(hash(1));
    live.insert(Incoming { is_ahead: true, ..incoming(1, trace, 3) }, 0);
    assert!(ask(&mut live, 1, 0));
    assert!(ask(&mut live, 1, 0));
    assert_eq!((live.total().ahead, live.total().ahead_used), (1, 1));
}

#[test]
fn a_pure_predictive_cache_foretells_the_key_that_follows() {
    let mut live = Live::new(Setting { is_pure: true, ..setting("predictive", 2) });
    for _ in 0..6 {
        (0..4).for_each(|key| {
            ask(&mut live, key, 0);
        });
    }
    assert!(live.looks_ahead());
    assert_eq!(live.ahead().copied(), Some(0));
    check(&live);
}

#[test]
fn one_that_is_not_pure_keeps_no_keys_of_ghosts() {
    let mut live = Live::new(setting("predictive", 2));
    (0..8).for_each(|key| {
        ask(&mut live, key, 0);
    });
    assert!(!live.looks_ahead());
    assert!(live.policy.ghosts().iter().all(|&id| live.key(id).is_none()));
}

#[test]
fn a_value_too_large_takes_only_its_own_entry_out() {
    let mut live = Live::new(Setting { max_bytes: Some(100), ..setting("lru", 10) });
    (0..5).for_each(|key| {
        ask(&mut live, key, 0);
    });
    let Found::Entry(id) = live.find(hash(0), same(0)) else { panic!("not there") };
    live.replace(id, 0, 101, None, 1);
    assert!((1..5).all(|key| live.has_hash(hash(key))));
    assert_eq!((live.len(), live.n_bytes(), live.total().evictions[Cause::Bytes as usize]), (4, 32, 1));
    check(&live);
}

#[test]
fn a_key_with_the_hash_of_a_resident_one_has_a_number_of_its_own() {
    let mut live = Live::new(setting("lru", 2));
    let first = live.miss(9);
    live.insert(Incoming { hash: 9, ..incoming(1, first, 3) }, 0);
    let second = live.miss(9);
    live.insert(Incoming { hash: 9, ..incoming(2, second, 6) }, 0);
    assert_ne!(first, second);
    assert_eq!(live.len(), 2);
}

#[test]
fn a_cache_made_much_smaller_gives_its_memory_back() {
    for policy in POLICIES {
        let mut live = Live::new(Setting { max_bytes: Some(1 << 20), ..setting(policy, 20_000) });
        (0..20_000).for_each(|key| {
            ask(&mut live, key, 0);
        });
        let trace = live.foresee(hash(20_000));
        live.insert(Incoming { ttl_ns: Some(50), ..incoming(20_000, trace, 60_000) }, 1);
        live.resize(100, 2);
        while live.pop_gone().is_some() {}
        check(&live);
        assert!(live.shelf.slots.capacity() <= 200, "{policy}");
        assert_eq!((live.len(), live.n_bytes()), (100, 800), "{policy}");
        let left: Vec<u64> = live.order().iter().filter_map(|&id| live.key(id).copied()).collect();
        assert!(left.iter().all(|&key| ask(&mut live, key, 3)), "{policy}");
        live.clear(4);
        check(&live);
    }
}

#[test]
fn a_cleared_cache_gives_its_memory_back() {
    let mut live = Live::new(setting("arc", 20_000));
    (0..20_000).for_each(|key| {
        ask(&mut live, key, 0);
    });
    live.clear(1);
    while live.pop_gone().is_some() {}
    assert_eq!((live.shelf.slots.capacity(), live.shelf.gone.capacity()), (0, 0));
    assert!(!ask(&mut live, 1, 2) && ask(&mut live, 1, 2));
    check(&live);
}
