//! The sampler's loop: at each tick it looks at every thread that moved, and charges the time since it last looked.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use super::census::Census;
use super::clock::{Alarm, Schedule, StopFlag, monotonic_ns, own_cpu_ns, thread_cpu_ns};
use super::code::CodeBook;
use super::interpreter::{Gil, Interpreter};
use super::placement::Placement;
use super::record::Record;
use super::stack::{Outcome, RawFrame, StackReader};
use super::thread::{Seen, Thread};
use super::tree::{NodeId, ROOT};
use super::wait::Wait;
use super::{LoopReader, Options, TaskFrame};

/// Reads of a moving stack before two copies are compared.
const MOST_ATTEMPTS: usize = 3;
/// Threads whose `/proc` files are kept open; more would eat the program's own descriptors.
const MOST_OPEN: usize = 64;
/// Shortest time between two readings of an event loop's tasks, which take the interpreter's lock; nanoseconds.
const TASKS_EVERY_NS: u64 = 4_000_000;

/// The sampler while it runs.
pub struct Watch {
    python: Interpreter,
    record: Record,
    options: Options,
    census: Census,
    schedule: Schedule,
    placement: Placement,
    reader: StackReader,
    fresh: Vec<RawFrame>,
    second: Vec<RawFrame>,
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

    /// Reads a stack and proves that it did not change meanwhile.
    fn read_stack(&mut self, k: usize, cpu_ns: u64) {
        if self.record.threads[k].state == 0 {
            return;
        }
        self.record.tally.n_stacks += 1;
        let mut before_ns = cpu_ns;
        for attempt in 0..MOST_ATTEMPTS {
            let thread = &mut self.record.threads[k];
            if attempt > 0 {
                // Only the holder of the interpreter's lock can change its Python stack, and not while the sampler sits on its core.
                self.placement.follow(&self.python, thread.pthread);
                before_ns = thread_cpu_ns(thread.native_id).unwrap_or(0);
            }
            let gil = self.python.gil();
            let outcome =
                self.reader.read(&self.python, thread.state, thread.native_id, &mut thread.hint, &mut self.fresh);
            if outcome == Outcome::Gone {
                thread.state = 0;
                self.census.doubt();
                self.record.tally.n_torn += 1;
                return;
            }
            let stood_still = thread_cpu_ns(thread.native_id) == Some(before_ns) || self.is_detached(k, gil);
            if outcome == Outcome::Complete && stood_still {
                self.adopt(k, false);
                return;
            }
        }
        self.compare_two_copies(k);
    }

    /// Whether a thread had no part in the interpreter since `earlier`: it runs native code, and its Python stack stands.
    fn is_detached(&self, k: usize, earlier: Gil) -> bool {
        let now = self.python.gil();
        earlier.last_holder != self.record.threads[k].state
            && now.last_holder != self.record.threads[k].state
            && earlier.switches == now.switches
    }

    /// The last resort: what two copies agree on, from the outermost frame on; the callee beyond stays unresolved.
    fn compare_two_copies(&mut self, k: usize) {
        let thread = &mut self.record.threads[k];
        std::mem::swap(&mut self.fresh, &mut self.second);
        let outcome = self.reader.read(&self.python, thread.state, thread.native_id, &mut thread.hint, &mut self.fresh);
        let is_same = outcome == Outcome::Complete && self.fresh == self.second;
        if !is_same {
            let shared = self.fresh.iter().rev().zip(self.second.iter().rev()).take_while(|(a, b)| a == b).count();
            self.fresh.drain(..self.fresh.len() - shared);
            self.record.tally.n_torn += 1;
        }
        self.adopt(k, !is_same);
    }

    /// Turns the frames just read into a path of nodes, keeping what is as it was.
    fn adopt(&mut self, k: usize, is_cut: bool) {
        let look = self.record.codes.begin_look();
        self.drop_shims(n_shared(&self.record.threads[k].frames, &self.fresh));
        let mut shared = n_shared(&self.record.threads[k].frames, &self.fresh);
        if look >= self.record.threads[k].known_until {
            shared = self.check_code(k, shared);
        }
        let thread = &mut self.record.threads[k];
        thread.frames.truncate(shared);
        thread.path.truncate(shared);
        for &frame in self.fresh.iter().rev().skip(shared) {
            let found = self.record.codes.resolve(&self.python, frame);
            thread.known_until = thread.known_until.min(found.until);
            let parent = thread.path.last().copied().unwrap_or(ROOT);
            thread.path.push(thread.tree.child(parent, found.code, found.line));
            thread.frames.push(frame);
            thread.is_loop |= self.record.codes.get(found.code).is_event_loop();
        }
        if is_cut {
            let parent = thread.path.last().copied().unwrap_or(ROOT);
            thread.path.push(thread.tree.child(parent, CodeBook::UNRESOLVED, 0));
        } else if thread.native_id == self.options.caller && self.reader.n_standing() == 0 {
            self.anchor_again(k);
        }
    }

    /// How many of a thread's outermost `n` frames are still of the code they were; those around the profiled code stand.
    fn check_code(&mut self, k: usize, n: usize) -> usize {
        let thread = &mut self.record.threads[k];
        thread.known_until = u64::MAX;
        let mut caller = 0;
        for (j, frame) in thread.frames.iter().enumerate().take(n).skip(self.reader.n_standing()) {
            if std::mem::replace(&mut caller, frame.code) == frame.code {
                continue;
            }
            let Some(until) = self.record.codes.holds_until(&self.python, frame.code) else {
                return j;
            };
            thread.known_until = thread.known_until.min(until);
        }
        n
    }

    /// A cell is run statement by statement, each a `<module>` of its own, which is called from one place only.
    fn anchor_again(&mut self, k: usize) {
        let thread = &mut self.record.threads[k];
        let called = thread.path.get(self.options.n_outer).map(|&node| thread.tree.nodes()[node as usize].code);
        if called.is_some_and(|code| self.record.codes.get(code).function == "<module>") {
            self.reader.anchor(&mut thread.hint, &self.fresh, self.options.n_outer);
        }
    }

    /// Leaves out frames that the interpreter puts around calls; the outermost `n` frames are known to be none.
    fn drop_shims(&mut self, n: usize) {
        for k in (0..self.fresh.len() - n).rev() {
            let code = self.fresh.get(k).map_or(0, |frame| frame.code);
            let is_repeated = self.fresh.get(k + 1).is_some_and(|caller| caller.code == code);
            if code != 0 && !is_repeated && self.record.codes.is_shim(&self.python, code) {
                self.reader.leave_out(code, &mut self.fresh);
            }
        }
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

/// How many outermost frames are the same; `known` begins with the outermost, `fresh` ends with it.
fn n_shared(known: &[RawFrame], fresh: &[RawFrame]) -> usize {
    known.iter().zip(fresh.iter().rev()).take_while(|(old, new)| old == new).count()
}
