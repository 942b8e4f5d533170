//! Timing of blocks of calls: a stopwatch for wall and CPU time, when to look at signals, and a sketch of durations.
//!
//! It calls nothing itself: what is timed belongs to the bindings.

mod sketch;

pub use crate::sampler::monotonic_ns;
pub use sketch::Sketch;

use crate::sampler::own_cpu_ns;

/// About how long code may run before signals are looked at.
pub const LOOK_NS: u64 = 10_000_000;

/// What a block took, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Of the monotonic clock.
    pub wall_ns: u64,
    /// On a core, of the calling thread alone.
    pub cpu_ns: u64,
}

/// Both clocks, read once at each side of a block.
#[derive(Debug)]
pub struct Stopwatch {
    wall_ns: u64,
    cpu_ns: u64,
}

impl Stopwatch {
    /// The CPU clock is a system call and the wall clock is none, so the wall clock is read inside.
    pub fn start() -> Self {
        let cpu_ns = own_cpu_ns();
        Self { cpu_ns, wall_ns: monotonic_ns() }
    }

    /// Time since the start.
    pub fn stop(self) -> Taken {
        let wall_ns = monotonic_ns().saturating_sub(self.wall_ns);
        Taken { wall_ns, cpu_ns: own_cpu_ns().saturating_sub(self.cpu_ns) }
    }
}

/// How many calls pass between two looks: one at first, then as many as fill about [`LOOK_NS`].
///
/// So the clock is read a dozen times in a block, however short its calls are.
#[derive(Debug)]
pub struct Stride {
    n_calls: usize,
    looked_ns: u64,
}

impl Stride {
    /// From `now_ns` of the monotonic clock on.
    pub fn new(now_ns: u64) -> Self {
        Self { n_calls: 1, looked_ns: now_ns }
    }

    /// Calls until the next look.
    pub fn n_calls(&self) -> usize {
        self.n_calls
    }

    /// Takes into account that the calls were done at `now_ns`.
    pub fn look(&mut self, now_ns: u64) {
        let took_ns = now_ns.saturating_sub(self.looked_ns);
        if took_ns < LOOK_NS / 2 {
            self.n_calls = self.n_calls.saturating_mul(2);
        } else if took_ns > LOOK_NS {
            self.n_calls = (self.n_calls / 2).max(1);
        }
        self.looked_ns = now_ns;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at calls of `call_ns` each, until about `until_ns`.
    fn looks(call_ns: u64, until_ns: u64) -> Vec<u64> {
        let (mut stride, mut now_ns, mut took) = (Stride::new(0), 0, Vec::new());
        while now_ns < until_ns {
            let step_ns = call_ns * stride.n_calls() as u64;
            now_ns += step_ns;
            took.push(step_ns);
            stride.look(now_ns);
        }
        took
    }

    #[test]
    fn signals_are_looked_at_about_every_ten_milliseconds() {
        for call_ns in [20, 1_000, 77_000, 4_000_000] {
            let took = looks(call_ns, 1_000_000_000);
            assert!(took.iter().all(|&ns| ns <= LOOK_NS), "{call_ns}");
            assert!(took.iter().filter(|&&ns| ns < LOOK_NS / 2).count() < 24, "{call_ns}");
        }
    }

    #[test]
    fn a_slow_call_is_followed_by_a_look() {
        assert_eq!(looks(50_000_000, 200_000_000), [50_000_000; 4]);
    }

    #[test]
    fn calls_that_grow_slower_are_looked_at_more_often() {
        let mut stride = Stride::new(0);
        for k in 1..=10 {
            stride.look(k);
        }
        assert_eq!(stride.n_calls(), 1024);
        for k in 1..=20 {
            stride.look(k * 20_000_000);
        }
        assert_eq!(stride.n_calls(), 1);
    }

    #[test]
    fn a_stopwatch_counts_work_on_both_clocks() {
        let watch = Stopwatch::start();
        let sum = std::hint::black_box((0..200_000_u64).fold(0, |sum, k| std::hint::black_box(sum ^ k)));
        let taken = watch.stop();
        assert!(taken.wall_ns > 0 && taken.cpu_ns > 0, "{sum}");
    }
}
