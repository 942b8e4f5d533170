//! The weaker way: samples that a Python thread takes under the interpreter's lock, with the same books behind them.

use super::clock::{monotonic_ns, own_cpu_ns, thread_cpu_ns};
use super::record::Record;
use super::report::Report;
use super::thread::{Seen, Thread};
use super::tree::ROOT;
use super::wait::{Blocked, Wait};
use super::{Options, TaskFrame};

/// Takes samples from outside; time on a core comes from the threads' CPU clocks, all other time is of no known class.
pub struct Recorder {
    record: Record,
    options: Options,
    interval_ns: u64,
    cpu_at_start_ns: Option<u64>,
    has_base: bool,
}

impl Recorder {
    /// A recorder whose clock starts now.
    pub fn new(options: Options) -> Self {
        Self { record: Record::new(monotonic_ns()), options, interval_ns: 0, cpu_at_start_ns: None, has_base: false }
    }

    /// One look at all threads: their ids and stacks, outermost frame first.
    pub fn sample(&mut self, stacks: &[(i32, Vec<TaskFrame>)], interval_ns: u64) {
        let now_ns = monotonic_ns();
        self.cpu_at_start_ns.get_or_insert_with(own_cpu_ns);
        let weight_ns = now_ns - self.record.last_tick_ns;
        self.record.tally.add_tick(weight_ns, interval_ns);
        self.record.make_room(now_ns);
        self.interval_ns = interval_ns;
        for (native_id, stack) in stacks {
            self.visit(*native_id, stack, now_ns, weight_ns);
        }
        for k in 0..self.record.threads.len() {
            let thread = &self.record.threads[k];
            if !thread.has_ended && thread.last_ns != now_ns {
                self.record.bury(k);
            }
        }
        if !self.has_base {
            self.record.set_base(self.options.caller, self.options.n_outer);
            self.has_base = true;
        }
        self.record.process.look(now_ns, false);
        self.record.last_tick_ns = now_ns;
    }

    fn visit(&mut self, native_id: i32, stack: &[TaskFrame], now_ns: u64, weight_ns: u64) {
        let known = self.record.threads.iter().position(|thread| thread.native_id == native_id && !thread.has_ended);
        let Some(k) = known.or_else(|| self.meet(native_id, now_ns)) else {
            return;
        };
        let Some(cpu_ns) = thread_cpu_ns(native_id) else {
            return;
        };
        let scale = self.record.scale;
        let thread = &mut self.record.threads[k];
        let gap = thread.settle(now_ns, cpu_ns, scale, false);
        thread.path.clear();
        for frame in stack {
            let code = self.record.codes.named(&frame.function, &frame.file, frame.first_line);
            let parent = thread.path.last().copied().unwrap_or(ROOT);
            thread.path.push(thread.tree.child(parent, code, frame.line));
        }
        self.record.tally.n_stacks += 1;
        let is_off = gap.off_ns > gap.run_ns;
        thread.seen = Seen::Blocked(Blocked { wait: Wait::Other, call: -1, descriptor: -1 });
        thread.charge(gap, now_ns, is_off.then_some(Wait::Other), weight_ns, false, scale);
    }

    fn meet(&mut self, native_id: i32, now_ns: u64) -> Option<usize> {
        let is_first = self.record.tally.n_ticks <= 1;
        let born_ns = if is_first { self.record.started_ns } else { now_ns };
        let thread = Thread::new(native_id, born_ns, is_first, self.record.tally.squares)?;
        self.record.threads.push(thread);
        Some(self.record.threads.len() - 1)
    }

    /// Adds up.
    pub fn finish(mut self, sampler_cpu_ns: u64) -> Report {
        self.record.process.look(monotonic_ns(), true);
        self.record.tally.cpu_ns = sampler_cpu_ns;
        Report::of(self.record, &self.options)
    }
}
