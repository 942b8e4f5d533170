//! Clocks, and a sleep that can be ended early.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
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
#[derive(Debug)]
pub struct StopFlag {
    raised: AtomicU32,
    timers: Option<[OwnedFd; 2]>,
}

impl StopFlag {
    /// A flag that is not raised.
    pub fn new() -> Self {
        Self { raised: AtomicU32::new(0), timers: new_timer().zip(new_timer()).map(Into::into) }
    }

    /// Raises the flag and wakes whoever sleeps on it.
    pub fn raise(&self) {
        self.raised.store(1, Ordering::Release);
        // SAFETY: the futex word is live; FUTEX_WAKE has no other precondition.
        unsafe {
            libc::syscall(libc::SYS_futex, self.raised.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, i32::MAX)
        };
        for timer in self.timers.iter().flatten() {
            set_timer(timer, 1);
        }
    }

    /// Whether it was raised.
    pub fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Acquire) != 0
    }

    /// Sleeps until `deadline_ns` of the monotonic clock, or until the flag is raised.
    fn sleep_until(&self, deadline_ns: u64) {
        let until = timespec_of(deadline_ns);
        while !self.is_raised() && monotonic_ns() < deadline_ns {
            // SAFETY: the futex word and the timespec are live during the call.
            let answer = unsafe {
                libc::syscall(
                    libc::SYS_futex,
                    self.raised.as_ptr(),
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

/// Sleeps from one due time to the next, with the one after it already set.
///
/// The interrupt that ends a sleep then finds the next timer in place, and falling asleep has no clock to program: in a virtual
/// machine that is a quarter of what waking up costs. Without timers, as where no descriptor is left, a sleep sets its own.
#[derive(Debug)]
pub struct Alarm<'a> {
    stop: &'a StopFlag,
    due_ns: [u64; 2],
    turn: usize,
}

impl<'a> Alarm<'a> {
    /// Of a thread that sleeps until `first_ns` at first.
    pub fn new(stop: &'a StopFlag, first_ns: u64) -> Self {
        let mut new = Self { stop, due_ns: [0; 2], turn: 0 };
        new.set(0, first_ns);
        new
    }

    /// Whether a timer was set; if not, as where the program closed all descriptors, none may be read.
    fn set(&mut self, k: usize, due_ns: u64) -> bool {
        self.due_ns[k] = due_ns;
        self.stop.timers.as_ref().is_some_and(|timers| set_timer(&timers[k], due_ns))
    }

    /// Sets the time after the next, and sleeps until the next, or until the flag is raised.
    pub fn sleep(&mut self, after_next_ns: u64) {
        let k = self.turn;
        self.turn = 1 - k;
        let is_set = self.set(self.turn, after_next_ns);
        let timers = self.stop.timers.as_ref().filter(|_| is_set);
        if self.stop.is_raised() || timers.is_some_and(|timers| has_expired(&timers[k])) {
            return;
        }
        self.stop.sleep_until(self.due_ns[k]);
    }
}

fn new_timer() -> Option<OwnedFd> {
    // SAFETY: no precondition; a descriptor that is not negative is new, and nobody else's.
    unsafe {
        let timer = libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC);
        (timer >= 0).then(|| OwnedFd::from_raw_fd(timer))
    }
}

/// Lets a timer expire at `due_ns`; a time that is over, at once. False where it can't.
fn set_timer(timer: &OwnedFd, due_ns: u64) -> bool {
    let once = libc::itimerspec { it_interval: timespec_of(0), it_value: timespec_of(due_ns.max(1)) };
    // SAFETY: the structure is live during the call.
    unsafe {
        libc::timerfd_settime(timer.as_raw_fd(), libc::TFD_TIMER_ABSTIME, &raw const once, std::ptr::null_mut()) == 0
    }
}

/// Waits until a timer expires; false where that can't be told.
fn has_expired(timer: &OwnedFd) -> bool {
    let mut times = [0_u8; 8];
    // SAFETY: the buffer is live and as long as said.
    unsafe { libc::read(timer.as_raw_fd(), times.as_mut_ptr().cast(), times.len()) == 8 }
}

fn timespec_of(ns: u64) -> timespec {
    timespec { tv_sec: (ns / 1_000_000_000) as i64, tv_nsec: (ns % 1_000_000_000) as i64 }
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
    fn sleeps_end_at_their_times_with_timers_and_without() {
        for timers in [true, false] {
            let flag = StopFlag { timers: StopFlag::new().timers.filter(|_| timers), ..StopFlag::new() };
            let begun = monotonic_ns();
            let mut alarm = Alarm::new(&flag, begun + 2_000_000);
            for k in 2..6 {
                alarm.sleep(begun + k * 2_000_000);
                assert!(monotonic_ns() >= begun + (k - 1) * 2_000_000, "{timers}");
            }
        }
    }

    #[test]
    fn a_raised_flag_ends_the_sleep() {
        for timers in [true, false] {
            let flag = StopFlag { timers: StopFlag::new().timers.filter(|_| timers), ..StopFlag::new() };
            std::thread::scope(|scope| {
                let sleeper = scope.spawn(|| Alarm::new(&flag, u64::MAX / 4).sleep(u64::MAX / 2));
                std::thread::sleep(Duration::from_millis(20));
                assert!(!sleeper.is_finished(), "{timers}");
                flag.raise();
            });
            Alarm::new(&flag, u64::MAX / 4).sleep(u64::MAX / 2);
            assert!(flag.is_raised());
        }
    }
}
