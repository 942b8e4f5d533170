//! Where the sampler runs: on the core of the GIL's holder, so that this thread is off its core while it is read.

use super::interpreter::Interpreter;

/// Time slice asked for, nanoseconds: a short one lets a waking thread run at once, and asks for nothing else.
const SLICE_NS: u64 = 100_000;
/// Priority asked for where the process may: the sampler runs microseconds, and late samples are worse than dear ones.
const NICENESS: i32 = -15;

/// Keeps the calling thread on a chosen core.
pub struct Placement {
    pinned: Option<i32>,
    cpu_offset: Option<isize>,
    is_single_core: bool,
}

impl Placement {
    /// For the calling thread. `cpu_offset` is where glibc keeps a thread's core, relative to its `pthread_t`.
    pub fn for_this_thread() -> Self {
        ask_for_short_slice();
        Self { pinned: None, cpu_offset: rseq_cpu_offset(), is_single_core: allowed_cores() < 2 }
    }

    /// The core on which a thread runs or last ran, without a system call on its part: the kernel keeps it in the thread's own memory.
    pub fn core_of(&self, python: &Interpreter, pthread: usize) -> Option<i32> {
        let offset = self.cpu_offset?;
        python.memory.int(pthread.checked_add_signed(offset)?).filter(|&core| core >= 0)
    }

    /// Moves to the core of the thread `pthread`; false where that cannot be told or done.
    pub fn follow(&mut self, python: &Interpreter, pthread: usize) -> bool {
        if self.is_single_core {
            return true;
        }
        let Some(core) = self.core_of(python, pthread) else {
            return false;
        };
        if self.pinned != Some(core) {
            self.pinned = pin_to(core).then_some(core);
        }
        self.pinned == Some(core)
    }
}

fn pin_to(core: i32) -> bool {
    let Ok(core) = usize::try_from(core) else {
        return false;
    };
    if core >= libc::CPU_SETSIZE as usize {
        return false;
    }
    // SAFETY: a zeroed cpu_set_t is an empty set, and `core` lies inside it.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) == 0
    }
}

fn allowed_cores() -> i32 {
    // SAFETY: a zeroed cpu_set_t is an empty set that the kernel fills.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) != 0 {
            return 2;
        }
        libc::CPU_COUNT(&set)
    }
}

/// glibc 2.35 and later export where a thread's restartable-sequence area lies; its second word is the core.
fn rseq_cpu_offset() -> Option<isize> {
    const CPU_ID: isize = 4;
    // SAFETY: dlsym with a C string; the symbols are two integers of glibc's that never change after start.
    unsafe {
        let offset = libc::dlsym(libc::RTLD_DEFAULT, c"__rseq_offset".as_ptr()).cast::<isize>();
        let size = libc::dlsym(libc::RTLD_DEFAULT, c"__rseq_size".as_ptr()).cast::<u32>();
        (!offset.is_null() && !size.is_null() && *size > 0).then(|| *offset + CPU_ID)
    }
}

/// The calling thread takes no signal: each reaches a thread of the program, as it would without the sampler.
pub fn leave_signals_to_others() {
    // SAFETY: the set is filled before it is used; blocking signals has no other precondition.
    unsafe {
        let mut all = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, std::ptr::null_mut());
    }
}

#[repr(C)]
struct SchedulingAttributes {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime: u64,
    deadline: u64,
    period: u64,
}

/// Refusal is no error: the sampler then only wakes a little later.
fn ask_for_short_slice() {
    let mut wanted = SchedulingAttributes {
        size: size_of::<SchedulingAttributes>() as u32,
        policy: 0,
        flags: 0,
        nice: NICENESS,
        priority: 0,
        runtime: SLICE_NS,
        deadline: 0,
        period: 0,
    };
    for nice in [NICENESS, 0] {
        wanted.nice = nice;
        // SAFETY: the structure is live and says its own size; pid 0 is the calling thread.
        if unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const wanted, 0) } == 0 {
            return;
        }
    }
}
