//! One thread of the process as the sampler keeps it between two looks.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::clock::thread_cpu_ns;
use super::lanes::{Bin, Lane, N_STATES, Scale};
use super::stack::{Hint, RawFrame};
use super::tree::{NodeId, ROOT, Tree};
use super::wait::{Blocked, Call, Wait};

/// Off-core time of a gap that is worth asking what it was for, nanoseconds: below it is what the sampler itself takes.
const WORTH_ASKING_NS: u64 = 40_000;

/// What a thread was seen doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Not looked at yet.
    Unknown,
    /// On a core or in the run queue.
    Running,
    /// Off the core, for a reason.
    Blocked(Blocked),
}

/// A thread, its accounts with the kernel, and its tree.
#[derive(Debug)]
pub struct Thread {
    /// Kernel's thread id.
    pub native_id: i32,
    /// Address of its Python thread state; 0 for a thread unknown to Python.
    pub state: usize,
    /// Its `pthread_t`.
    pub pthread: usize,
    /// It was there when the profile began.
    pub was_there: bool,
    /// It is gone.
    pub has_ended: bool,
    /// Whether its stack is an event loop's.
    pub is_loop: bool,
    /// Time at which it was first and last accounted for, nanoseconds.
    pub born_ns: u64,
    /// See `born_ns`.
    pub last_ns: u64,
    /// Sum of squared weights of all looks before it was born.
    pub squares_at_birth: f64,
    /// The same sum when it ended, if it did.
    pub squares_at_end: Option<f64>,
    /// Frames at the last look, outermost first, and their nodes.
    pub frames: Vec<RawFrame>,
    /// See `frames`.
    pub path: Vec<NodeId>,
    /// The look from which code of these frames has to be checked again.
    pub known_until: u64,
    /// For the next read of its stack.
    pub hint: Hint,
    /// State at the last look.
    pub seen: Seen,
    /// Its loop idles, and the tasks it waits for have not been read.
    pub lacks_tasks: bool,
    /// Nodes that share the idle time of an event loop; empty: it goes to the frame itself.
    pub awaiting: Vec<NodeId>,
    /// Frames seen, with what they are charged with.
    pub tree: Tree,
    /// What it did over time.
    pub lane: Lane,
    cpu_ns: u64,
    cpu_charged_ns: u64,
    queue_born_ns: u64,
    queue_ns: u64,
    queue_ahead_ns: u64,
    is_queue_exact: bool,
    idle_ns: u64,
    looked_ns: u64,
    last_wait: Wait,
    files: Option<(File, File)>,
}

/// Time between two looks, split by the kernel's accounts, nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gap {
    /// When it began.
    pub from_ns: u64,
    /// On a core.
    pub run_ns: u64,
    /// In the run queue.
    pub queue_ns: u64,
    /// Off the core.
    pub off_ns: u64,
}

impl Thread {
    /// Takes a thread into account from `now_ns` on; `None` when it is gone already.
    pub fn new(native_id: i32, now_ns: u64, was_there: bool, squares: f64) -> Option<Self> {
        let cpu_ns = thread_cpu_ns(native_id)?;
        let queue_ns = File::open(path_of(native_id, "schedstat")).ok().and_then(|file| queue_from(&file)).unwrap_or(0);
        Some(Self {
            native_id,
            state: 0,
            pthread: 0,
            was_there,
            has_ended: false,
            is_loop: false,
            born_ns: now_ns,
            last_ns: now_ns,
            squares_at_birth: squares,
            squares_at_end: None,
            frames: Vec::new(),
            path: Vec::new(),
            known_until: 0,
            hint: Hint::default(),
            seen: Seen::Unknown,
            lacks_tasks: false,
            awaiting: Vec::new(),
            last_wait: Wait::Other,
            tree: Tree::new(),
            lane: Lane::default(),
            cpu_ns,
            cpu_charged_ns: cpu_ns,
            queue_born_ns: queue_ns,
            queue_ns,
            queue_ahead_ns: 0,
            is_queue_exact: false,
            idle_ns: 0,
            looked_ns: now_ns,
            files: None,
        })
    }

    /// The frame on top, as a node.
    pub fn leaf(&self) -> NodeId {
        self.path.last().copied().unwrap_or(ROOT)
    }

    /// Run-queue time since the profile began, nanoseconds.
    pub fn queue_ns(&self) -> u64 {
        self.queue_ns.saturating_sub(self.queue_born_ns)
    }

    /// Whether the run-queue time up to the end is the kernel's rather than assumed.
    pub fn knows_queue(&self) -> bool {
        self.is_queue_exact
    }

    /// Whether Python has or had a thread state for it.
    pub fn is_python(&self) -> bool {
        self.state != 0 || self.tree.nodes().len() > 1
    }

    /// Notes a look at `now_ns` at which the thread had not run since the last one: it is where it was.
    pub fn stay(&mut self, now_ns: u64) {
        self.idle_ns += now_ns - self.looked_ns;
        self.looked_ns = now_ns;
    }

    /// Time of the last look.
    pub fn looked_ns(&self) -> u64 {
        self.looked_ns
    }

    /// CPU clock at the last look.
    pub fn cpu_ns(&self) -> u64 {
        self.cpu_ns
    }

    /// Splits the time since the last settling. What the thread spent unmoved is charged to where it was; the rest is returned.
    pub fn settle(&mut self, now_ns: u64, cpu_ns: u64, scale: Scale, is_last: bool) -> Gap {
        let elapsed = now_ns - self.last_ns;
        // The clock is read a little after the tick's time: what does not fit this gap belongs to the next.
        let run_ns = cpu_ns.saturating_sub(self.cpu_charged_ns).min(elapsed);
        self.cpu_charged_ns += run_ns;
        let rest = elapsed - run_ns;
        let queue_ns = if rest > WORTH_ASKING_NS || is_last { self.queued(rest) } else { self.expect_queue(rest) };
        let off_ns = rest - queue_ns;
        let gap = self.charge_idle(Gap { from_ns: self.last_ns, run_ns, queue_ns, off_ns }, scale);
        (self.cpu_ns, self.last_ns, self.looked_ns, self.idle_ns) = (cpu_ns, now_ns, now_ns, 0);
        gap
    }

    /// Run-queue time since the last question, less what was assumed meanwhile.
    fn queued(&mut self, rest: u64) -> u64 {
        self.open_files();
        let answer = self.files.as_ref().and_then(|(_, file)| queue_from(file));
        self.is_queue_exact = answer.is_some();
        let total = answer.unwrap_or(self.queue_ns);
        let grown = total.saturating_sub(self.queue_ns);
        self.queue_ns = total;
        let queue = grown.saturating_sub(self.queue_ahead_ns).min(rest);
        self.queue_ahead_ns = self.queue_ahead_ns.saturating_sub(grown);
        queue
    }

    /// A short pause is taken for the sampler's own turn on the core; the kernel's account corrects it later.
    fn expect_queue(&mut self, rest: u64) -> u64 {
        self.queue_ahead_ns += rest;
        self.is_queue_exact = false;
        rest
    }

    /// Charges the unmoved part of a gap to the old leaf and returns what is left for the new one.
    fn charge_idle(&mut self, gap: Gap, scale: Scale) -> Gap {
        let idle = self.idle_ns;
        if idle == 0 {
            return gap;
        }
        let (off_ns, queue_ns) = match self.seen {
            Seen::Blocked(_) => (idle.min(gap.off_ns), idle.saturating_sub(gap.off_ns).min(gap.queue_ns)),
            _ => (idle.saturating_sub(gap.queue_ns).min(gap.off_ns), idle.min(gap.queue_ns)),
        };
        let wait = match self.seen {
            Seen::Blocked(blocked) => Some(blocked.wait),
            _ => None,
        };
        let until = gap.from_ns + idle;
        let part = Gap { from_ns: gap.from_ns, run_ns: 0, queue_ns, off_ns };
        self.charge(part, until, wait, idle, false, scale);
        Gap { from_ns: until, run_ns: gap.run_ns, queue_ns: gap.queue_ns - queue_ns, off_ns: gap.off_ns - off_ns }
    }

    /// Charges a gap that ended at `until_ns` to the current leaf, or evenly to the tasks that an event loop waits for.
    pub fn charge(&mut self, gap: Gap, until_ns: u64, wait: Option<Wait>, weight_ns: u64, in_gc: bool, scale: Scale) {
        let is_shared = wait.is_some() && !self.awaiting.is_empty();
        let leaf = [self.leaf()];
        let nodes: &[NodeId] = if is_shared { &self.awaiting } else { &leaf };
        let parts = nodes.len() as u64;
        for (k, &node) in nodes.iter().enumerate() {
            let share = |ns: u64| ns / parts + if k == 0 { ns % parts } else { 0 };
            let charge = self.tree.charge(node);
            charge.run_ns += share(gap.run_ns);
            charge.queue_ns += share(gap.queue_ns);
            charge.off_ns += share(gap.off_ns);
            charge.gc_ns += if in_gc { share(gap.run_ns) } else { 0 };
            if let Some(wait) = wait {
                charge.see(wait, share(weight_ns));
            }
        }
        let mut amounts: Bin = [0; N_STATES];
        (amounts[0], amounts[1]) = (gap.run_ns, gap.queue_ns);
        self.last_wait = wait.unwrap_or(self.last_wait);
        amounts[2 + self.last_wait as usize] += gap.off_ns;
        self.lane.add(scale, gap.from_ns, until_ns, &amounts);
    }

    /// Asks the kernel what the thread is doing.
    pub fn ask(&mut self) -> Option<Call> {
        self.open_files();
        let mut line = [0; 256];
        let (file, _) = self.files.as_ref()?;
        let n = file.read_at(&mut line, 0).ok().filter(|&n| n > 0)?;
        Some(Call::parse(std::str::from_utf8(&line[..n]).ok()?))
    }

    fn open_files(&mut self) {
        if self.files.is_none() {
            let open = |name| File::open(path_of(self.native_id, name)).ok();
            self.files = open("syscall").zip(open("schedstat"));
        }
    }

    /// Gives the descriptors back; they are opened again when needed.
    pub fn close_files(&mut self) {
        self.files = None;
    }

    /// Whether descriptors are held.
    pub fn has_files(&self) -> bool {
        self.files.is_some()
    }

    /// Whether off-core time is worth a question.
    pub fn is_worth_asking(gap: &Gap) -> bool {
        gap.off_ns > WORTH_ASKING_NS
    }
}

fn path_of(native_id: i32, name: &str) -> String {
    format!("/proc/self/task/{native_id}/{name}")
}

/// Second number of `schedstat`: time in the run queue, nanoseconds.
fn queue_from(file: &File) -> Option<u64> {
    let mut line = [0; 64];
    let n = file.read_at(&mut line, 0).ok().filter(|&n| n > 0)?;
    std::str::from_utf8(&line[..n]).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()
}
