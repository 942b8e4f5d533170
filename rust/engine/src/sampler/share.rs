//! Shares a thread's off-core time out by what it was seen waiting for, and makes the sums those of the kernel.

use rustc_hash::FxHashMap;

use super::code::CodeId;
use super::thread::Thread;
use super::tree::{Charge, ROOT};
use super::wait::{N_WAITS, Wait};

/// Classes of time: on a core, in the run queue, the waits, and, as a part of the first, garbage collection.
pub const N_CLASSES: usize = N_WAITS + 3;
/// Samples of a wait from which a line speaks for itself; below, its function speaks for it.
const ENOUGH_SEEN: u32 = 20;

/// Seconds by class; the last, garbage collection, is a part of the first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Classes(pub [f64; N_CLASSES]);

impl Classes {
    /// Sum of two.
    pub fn plus(&self, other: &Self) -> Self {
        let mut sum = self.0;
        sum.iter_mut().zip(other.0).for_each(|(a, b)| *a += b);
        Self(sum)
    }

    /// All time.
    pub fn total_s(&self) -> f64 {
        self.0[..N_WAITS + 2].iter().sum()
    }

    /// On a core.
    pub fn on_cpu_s(&self) -> f64 {
        self.0[0]
    }

    /// Waiting for the interpreter's lock.
    pub fn gil_s(&self) -> f64 {
        self.0[2 + Wait::Gil as usize]
    }
}

/// What was seen in a node, a function, or the whole thread.
#[derive(Clone, Copy, Default)]
struct Mix {
    seen_ns: [u64; N_WAITS],
    n_seen: u32,
}

impl Mix {
    fn add(&mut self, charge: &Charge) {
        self.seen_ns.iter_mut().zip(charge.seen_ns).for_each(|(a, b)| *a += b);
        self.n_seen += charge.n_seen;
    }

    fn fractions(&self) -> Option<[f64; N_WAITS]> {
        let sum: u64 = self.seen_ns.iter().sum();
        (sum > 0).then(|| self.seen_ns.map(|ns| ns as f64 / sum as f64))
    }
}

/// Own seconds of each node of a thread by class; their sums are the kernel's accounts of the thread.
pub fn classes_of(thread: &Thread) -> Vec<Classes> {
    let nodes = thread.tree.nodes();
    let (mut by_code, mut all) = (FxHashMap::<CodeId, Mix>::default(), Mix::default());
    for node in nodes {
        by_code.entry(node.code).or_default().add(&node.charge);
        all.add(&node.charge);
    }
    let scale = Scale::of(thread);
    let mut classes: Vec<Classes> = nodes
        .iter()
        .map(|node| {
            let mut here = Mix::default();
            here.add(&node.charge);
            let speaks = if here.n_seen >= ENOUGH_SEEN { here } else { by_code[&node.code] };
            let fractions = speaks.fractions().or_else(|| all.fractions());
            split(&node.charge, fractions, &scale)
        })
        .collect();
    let missing = scale.missing;
    if let Some(leaf) = classes.get_mut(if thread.leaf() == ROOT { 0 } else { thread.leaf() as usize }) {
        leaf.0[1] += missing[0];
        leaf.0[1 + N_WAITS] += missing[1];
    }
    classes
}

fn split(charge: &Charge, fractions: Option<[f64; N_WAITS]>, scale: &Scale) -> Classes {
    let mut seconds = [0.0; N_CLASSES];
    seconds[0] = charge.run_ns as f64 / 1e9;
    seconds[1] = charge.queue_ns as f64 / 1e9 * scale.queue;
    seconds[N_CLASSES - 1] = charge.gc_ns as f64 / 1e9;
    let off_s = charge.off_ns as f64 / 1e9 * scale.off;
    let unknown = std::array::from_fn(|k| f64::from(u8::from(k == Wait::Other as usize)));
    for (slot, fraction) in seconds[2..].iter_mut().zip(fractions.unwrap_or(unknown)) {
        *slot = off_s * fraction;
    }
    Classes(seconds)
}

/// From the sums of the samples to the kernel's accounts.
struct Scale {
    queue: f64,
    off: f64,
    /// Queue and off-core seconds of the accounts that no sample can carry.
    missing: [f64; 2],
}

impl Scale {
    fn of(thread: &Thread) -> Self {
        let life = thread.last_ns - thread.born_ns;
        let nodes = thread.tree.nodes();
        let sum = |part: fn(&Charge) -> u64| nodes.iter().map(|node| part(&node.charge)).sum::<u64>();
        let (run, queue, off) = (sum(|c| c.run_ns), sum(|c| c.queue_ns), sum(|c| c.off_ns));
        let rest = life.saturating_sub(run);
        let true_queue = if thread.knows_queue() { thread.queue_ns().min(rest) } else { queue.min(rest) };
        let true_off = rest - true_queue;
        let factor = |wanted: u64, have: u64| {
            if have > 0 { (wanted as f64 / have as f64, 0.0) } else { (1.0, wanted as f64 / 1e9) }
        };
        let ((queue, missing_queue), (off, missing_off)) = (factor(true_queue, queue), factor(true_off, off));
        Self { queue, off, missing: [missing_queue, missing_off] }
    }
}
