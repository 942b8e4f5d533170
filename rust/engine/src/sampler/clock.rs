//! Clocks, and a sleep that can be ended early.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use libc::{clockid_t, timespec};

/// Nanoseconds of `CLOCK_MONOTONIC`.
pub fn monotonic_ns() -> u64 {
    read(libc::CLOCK_MONOTONIC).unwrap_or(0)
}

/// CPU time of the calling thread, nanoseconds.
pub fn own_cpu_ns() -> u64 {
    read(libc::CLOCK_THREAD_CPUTIME_ID).unwrap_or(0)
}

/// CPU time of a thread of this process, nanoseconds, exact at the moment of the call; `None` when the thread is gone.
///
/// It stands still exactly while the thread is off the core: two equal readings prove that the thread did not run between them.
pub fn thread_cpu_ns(native_id: i32) -> Option<u64> {
    const PER_THREAD: clockid_t = 4;
    const SCHEDULER_CLOCK: clockid_t = 2;
    read((!native_id << 3) | PER_THREAD | SCHEDULER_CLOCK)
}

fn read(clock: clockid_t) -> Option<u64> {
    let mut time = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a live timespec.
    let answer = unsafe { libc::clock_gettime(clock, &raw mut time) };
    (answer == 0).then(|| time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// A flag that ends a sleep at once when it is raised.
#[derive(Debug, Default)]
pub struct StopFlag(AtomicU32);

impl StopFlag {
    /// Raises the flag and wakes whoever sleeps on it.
    pub fn raise(&self) {
        self.0.store(1, Ordering::Release);
        // SAFETY: the futex word is live; FUTEX_WAKE has no other precondition.
        unsafe {
            libc::syscall(libc::SYS_futex, self.0.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, i32::MAX)
        };
    }

    /// Whether it was raised.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Acquire) != 0
    }

    /// Sleeps until `deadline_ns` of the monotonic clock, or until the flag is raised.
    pub fn sleep_until(&self, deadline_ns: u64) {
        let until =
            timespec { tv_sec: (deadline_ns / 1_000_000_000) as i64, tv_nsec: (deadline_ns % 1_000_000_000) as i64 };
        while !self.is_raised() && monotonic_ns() < deadline_ns {
            // SAFETY: the futex word and the timespec are live during the call.
            let answer = unsafe {
                libc::syscall(
                    libc::SYS_futex,
                    self.0.as_ptr(),
                    libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG,
                    0,
                    &raw const until,
                    std::ptr::null::<u32>(),
                    u32::MAX,
                )
            };
            if answer == -1 && std::io::Error::last_os_error().raw_os_error() == Some(libc::ENOSYS) {
                std::thread::sleep(Duration::from_nanos(deadline_ns.saturating_sub(monotonic_ns())));
            }
        }
    }
}

/// When to wake: every `interval`, each time early or late by up to a quarter, so that no periodic program hides from it.
#[derive(Debug)]
pub struct Schedule {
    pace: Pace,
    started_ns: u64,
    next_ns: u64,
    random: u64,
}

/// How far apart samples are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// Always this many nanoseconds.
    Fixed(u64),
    /// 1 ms at first, then wider: by then there are samples enough, and waking is nearly the whole cost.
    Auto,
}

/// Seconds from which a wider interval is used, and the interval in nanoseconds.
const STEPS: [(u64, u64); 3] = [(0, 1_000_000), (2, 3_000_000), (3, 4_000_000)];

impl Schedule {
    /// A schedule that begins at `now_ns`.
    pub fn new(pace: Pace, now_ns: u64) -> Self {
        Self { pace, started_ns: now_ns, next_ns: now_ns, random: now_ns | 1 }
    }

    /// The interval in force at `now_ns`, nanoseconds.
    pub fn interval_ns(&self, now_ns: u64) -> u64 {
        match self.pace {
            Pace::Fixed(interval) => interval,
            Pace::Auto => {
                let seconds = now_ns.saturating_sub(self.started_ns) / 1_000_000_000;
                STEPS.iter().rev().find(|(from, _)| seconds >= *from).map_or(STEPS[0].1, |step| step.1)
            }
        }
    }

    /// The time of the next sample; a schedule that fell behind by two intervals starts anew.
    pub fn next(&mut self, now_ns: u64) -> u64 {
        let interval = self.interval_ns(now_ns);
        if now_ns > self.next_ns + 2 * interval {
            self.next_ns = now_ns;
        }
        // xorshift64: enough to be unrelated to the program's own period.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.next_ns += interval * 3 / 4 + self.random % (interval / 2 + 1);
        self.next_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jittered_steps_stay_within_a_quarter_and_keep_the_mean() {
        let mut schedule = Schedule::new(Pace::Fixed(1_000_000), 0);
        let mut last = 0;
        for _ in 0..10_000 {
            let next = schedule.next(last);
            assert!((750_000..=1_250_000).contains(&(next - last)));
            last = next;
        }
        let mean = last as f64 / 1e4;
        assert!((mean - 1e6).abs() < 1e4, "{mean}");
    }

    #[test]
    fn auto_widens_in_steps_to_four_milliseconds() {
        let schedule = Schedule::new(Pace::Auto, 0);
        let at = |seconds: u64| schedule.interval_ns(seconds * 1_000_000_000) / 1_000_000;
        assert_eq!([at(0), at(1), at(2), at(3), at(4), at(600)], [1, 1, 3, 4, 4, 4]);
    }

    #[test]
    fn a_late_schedule_starts_anew() {
        let mut schedule = Schedule::new(Pace::Fixed(1_000), 0);
        assert!(schedule.next(1_000_000) > 1_000_000);
    }

    #[test]
    fn a_raised_flag_ends_the_sleep() {
        let flag = StopFlag::default();
        flag.raise();
        flag.sleep_until(u64::MAX);
        assert!(flag.is_raised());
    }
}
