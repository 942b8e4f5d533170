//! The sampler's loop: at each tick it looks at every thread that moved, and charges the time since it last looked.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use super::census::Census;
use super::clock::{Alarm, Schedule, StopFlag, monotonic_ns, own_cpu_ns, thread_cpu_ns};
use super::code::CodeBook;
use super::interpreter::Interpreter;
use super::placement::Placement;
use super::record::Record;
use super::stack::{Outcome, RawFrame, StackReader};
use super::thread::{Seen, Thread};
use super::tree::{NodeId, ROOT};
use super::wait::Wait;
use super::{LoopReader, Options, TaskFrame};

/// Threads whose `/proc` files are kept open; more would eat the program's own descriptors.
const MOST_OPEN: usize = 64;
/// Shortest time between two readings of an event loop's tasks, which take the interpreter's lock; nanoseconds.
const TASKS_EVERY_NS: u64 = 4_000_000;

/// The sampler while it runs.
pub struct Watch {
    pub(super) python: Interpreter,
    pub(super) record: Record,
    pub(super) options: Options,
    pub(super) census: Census,
    schedule: Schedule,
    pub(super) placement: Placement,
    pub(super) reader: StackReader,
    pub(super) fresh: Vec<RawFrame>,
    pub(super) second: Vec<RawFrame>,
    gc_thread: Arc<AtomicI32>,
    loop_reader: Option<Box<dyn LoopReader>>,
    tasks_read_ns: u64,
}

impl Watch {
    /// Prepares to watch; runs on the sampler's own thread.
    pub fn new(
        python: Interpreter,
        options: Options,
        gc_thread: Arc<AtomicI32>,
        loop_reader: Option<Box<dyn LoopReader>>,
    ) -> Self {
        let now_ns = monotonic_ns();
        Self {
            python,
            record: Record::new(now_ns),
            census: Census::new(),
            schedule: Schedule::new(options.pace, now_ns),
            placement: Placement::for_this_thread(),
            reader: StackReader::new(),
            fresh: Vec::new(),
            second: Vec::new(),
            gc_thread,
            loop_reader,
            tasks_read_ns: 0,
            options,
        }
    }

    /// What was watched.
    pub fn into_record(self) -> Record {
        self.record
    }

    /// Reads the stack of the thread that asked for the profile, and compares it with what Python says.
    pub fn check_self(&mut self, caller: i32, expected: &[usize]) -> bool {
        let Some(state) = self.python.thread_states().into_iter().find(|s| s.native_id == caller) else {
            return false;
        };
        let mut hint = super::stack::Hint::default();
        let outcome = self.reader.read(&self.python, state.address, caller, &mut hint, &mut self.fresh);
        self.drop_shims(0);
        let read: Vec<usize> = self.fresh.iter().map(|frame| frame.code).collect();
        outcome == Outcome::Complete
            && read == expected
            && self.fresh.iter().all(|&f| self.record.codes.resolve(&self.python, f).code != CodeBook::UNRESOLVED)
    }

    /// Frames read by the self-check.
    pub fn n_frames_checked(&self) -> usize {
        self.fresh.len()
    }

    /// Takes stock of the threads that are there; the profile's clock starts here.
    pub fn begin(&mut self) {
        let now_ns = monotonic_ns();
        self.record.restart(now_ns);
        self.schedule = Schedule::new(self.options.pace, now_ns);
        self.refresh(now_ns, true);
        for k in 0..self.record.threads.len() {
            self.look(k);
        }
        self.record.set_base(self.options.caller, self.options.n_outer);
        self.anchor();
        self.record.tally.cpu_at_start_ns = own_cpu_ns();
    }

    /// The frames around the profiled code stand as long as the frame that asked for the profile does.
    fn anchor(&mut self) {
        let caller = self.record.threads.iter_mut().find(|thread| thread.native_id == self.options.caller);
        let Some(thread) = caller else {
            return;
        };
        let outcome = self.reader.read(&self.python, thread.state, thread.native_id, &mut thread.hint, &mut self.fresh);
        if outcome == Outcome::Complete {
            self.reader.anchor(&mut thread.hint, &self.fresh, self.options.n_outer);
        }
    }

    /// Looks until the flag is raised, and once more then.
    pub fn run(&mut self, stop: &StopFlag) {
        let mut alarm = Alarm::new(stop, self.schedule.next(self.record.last_tick_ns));
        while !stop.is_raised() {
            alarm.sleep(self.schedule.next(self.record.last_tick_ns));
            self.tick(stop.is_raised());
        }
        self.record.tally.cpu_ns = own_cpu_ns() - self.record.tally.cpu_at_start_ns;
        for thread in &mut self.record.threads {
            thread.close_files();
        }
    }

    fn tick(&mut self, is_last: bool) {
        let now_ns = monotonic_ns();
        let weight_ns = now_ns - self.record.last_tick_ns;
        self.record.tally.add_tick(weight_ns, self.schedule.interval_ns(self.record.last_tick_ns));
        self.record.make_room(now_ns);
        if self.census.is_due(&self.python, now_ns, self.record.live.len()) {
            self.refresh(now_ns, false);
        }
        let mut live = std::mem::take(&mut self.record.live);
        for &k in &live {
            self.visit(k, now_ns, weight_ns, is_last);
        }
        live.retain(|&k| !self.record.threads[k].has_ended);
        self.record.live = live;
        self.record.process.look(now_ns, is_last);
        self.record.last_tick_ns = now_ns;
    }

    fn refresh(&mut self, now_ns: u64, at_start: bool) {
        let Some(present) = self.census.take(now_ns) else {
            return;
        };
        for &native_id in &present {
            let is_known = self.record.live.iter().any(|&k| self.record.threads[k].native_id == native_id);
            if !is_known && let Some(thread) = Thread::new(native_id, now_ns, at_start, self.record.tally.squares) {
                self.record.live.push(self.record.threads.len());
                self.record.threads.push(thread);
            }
        }
        for state in self.python.thread_states() {
            let owner = self.record.live.iter().find(|&&k| self.record.threads[k].native_id == state.native_id);
            if let Some(&k) = owner {
                let thread = &mut self.record.threads[k];
                let is_new = thread.state == 0;
                (thread.state, thread.pthread) = (state.address, state.pthread);
                // A thread that blocks before it is seen to move would never be read.
                if is_new && !at_start {
                    self.look(k);
                }
            }
        }
        self.census.settle(self.record.live.len());
        self.spare_descriptors();
    }

    fn spare_descriptors(&mut self) {
        let open = self.record.threads.iter().filter(|thread| thread.has_files()).count();
        for thread in
            self.record.threads.iter_mut().filter(|thread| thread.has_files()).take(open.saturating_sub(MOST_OPEN))
        {
            thread.close_files();
        }
    }

    /// One thread at one tick.
    fn visit(&mut self, k: usize, now_ns: u64, weight_ns: u64, is_last: bool) {
        let thread = &mut self.record.threads[k];
        if thread.has_ended || thread.last_ns >= now_ns {
            return;
        }
        let Some(cpu_ns) = thread_cpu_ns(thread.native_id) else {
            self.record.bury(k);
            return;
        };
        let thread = &mut self.record.threads[k];
        if cpu_ns == thread.cpu_ns() && !is_last {
            if thread.seen == Seen::Unknown {
                self.find_reason(k, weight_ns);
            } else if thread.lacks_tasks {
                self.read_tasks(k);
            }
            self.record.threads[k].stay(now_ns);
            return;
        }
        self.account(k, now_ns, cpu_ns, weight_ns, is_last);
    }

    fn account(&mut self, k: usize, now_ns: u64, cpu_ns: u64, weight_ns: u64, is_last: bool) {
        let scale = self.record.scale;
        let gap = self.record.threads[k].settle(now_ns, cpu_ns, scale, is_last);
        let has_run = gap.run_ns > 0;
        if has_run {
            self.read_stack(k, cpu_ns);
        }
        let thread = &mut self.record.threads[k];
        let asks = Thread::is_worth_asking(&gap);
        thread.seen = Seen::Unknown;
        if asks {
            self.find_reason(k, 0);
        }
        let in_gc = self.gc_thread.load(Ordering::Relaxed) == self.record.threads[k].native_id;
        let wait = self.wait_of(k);
        let weight = weight_ns.min(now_ns - gap.from_ns);
        self.record.threads[k].charge(gap, now_ns, wait, weight, in_gc, scale);
        self.note_detail(k, weight);
    }

    fn wait_of(&self, k: usize) -> Option<Wait> {
        match self.record.threads[k].seen {
            Seen::Blocked(blocked) => Some(blocked.wait),
            _ => None,
        }
    }

    /// Asks what a thread waits for; for an event loop that idles, also which tasks it waits for.
    fn find_reason(&mut self, k: usize, weight_ns: u64) {
        let Some(call) = self.record.threads[k].ask() else {
            return;
        };
        let blocked = call.classify(&self.python);
        self.record.threads[k].seen = blocked.map_or(Seen::Running, Seen::Blocked);
        let thread = &mut self.record.threads[k];
        thread.awaiting.clear();
        thread.lacks_tasks =
            blocked.is_some() && thread.is_loop && (thread.native_id == self.options.caller || !thread.was_there);
        self.read_tasks(k);
        self.note_detail(k, weight_ns);
    }

    fn note_detail(&mut self, k: usize, weight_ns: u64) {
        let Seen::Blocked(blocked) = self.record.threads[k].seen else {
            return;
        };
        if weight_ns == 0 || matches!(blocked.wait, Wait::Gil | Wait::Sleep | Wait::Fault) {
            return;
        }
        let thread = &self.record.threads[k];
        let leaf = thread.awaiting.first().copied().unwrap_or_else(|| thread.leaf());
        let code = thread.tree.nodes()[leaf as usize].code;
        let detail = self.record.details.of(blocked);
        *self.record.detail_ns.entry((code, detail)).or_default() += weight_ns;
    }

    /// Makes a first look at a thread: where it is, and what it does.
    fn look(&mut self, k: usize) {
        let cpu_ns = self.record.threads[k].cpu_ns();
        self.read_stack(k, cpu_ns);
        self.find_reason(k, 0);
    }

    /// Asks, under the interpreter's lock, which tasks the loop waits for. Only when the lock is free, and not too often.
    fn read_tasks(&mut self, k: usize) {
        let now_ns = monotonic_ns();
        if !self.record.threads[k].lacks_tasks
            || self.python.gil().holder().is_some()
            || now_ns < self.tasks_read_ns + TASKS_EVERY_NS
        {
            return;
        }
        let Some(reader) = self.loop_reader.as_mut() else {
            return;
        };
        let thread = &mut self.record.threads[k];
        for stack in reader.read(thread.native_id) {
            let mut node = ROOT;
            for TaskFrame { function, file, first_line, line } in stack {
                node = thread.tree.child(node, self.record.codes.named(&function, &file, first_line), line);
            }
            if node != ROOT {
                thread.awaiting.push(node as NodeId);
            }
        }
        thread.lacks_tasks = false;
        self.tasks_read_ns = now_ns;
    }
}
