//! The interpreter of this process as seen from outside: its lock, its thread states.

use std::ffi::{CStr, c_void};

use super::layout::{GIL_HOLDER, GIL_LOCKED, GIL_SWITCHES, GilPlace, Layout};
use super::memory::Memory;
use crate::EngineError;

/// Interpreters and thread states looked at before a list is taken for damaged.
const LONGEST_LIST: usize = 65_536;

/// The running CPython of this process.
#[derive(Clone, Debug)]
pub struct Interpreter {
    /// Reads its memory.
    pub memory: Memory,
    /// Where things lie in it.
    pub layout: Layout,
    /// Address of the type object of code objects.
    pub code_type: usize,
    runtime: (usize, usize),
    main_stack: (usize, usize),
    main_gil: usize,
}

/// One thread of Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadState {
    /// Address of the thread state.
    pub address: usize,
    /// Kernel's thread id.
    pub native_id: i32,
    /// Its `pthread_t`: on Linux the address of its thread control block.
    pub pthread: usize,
}

/// The interpreter's lock at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gil {
    /// Thread state that holds it, or held it last.
    pub last_holder: usize,
    /// Whether it is held.
    pub is_locked: bool,
    /// How often it changed hands.
    pub switches: usize,
}

impl Gil {
    /// The thread state that holds the lock, if one does.
    pub fn holder(&self) -> Option<usize> {
        (self.is_locked && self.last_holder != 0).then_some(self.last_holder)
    }
}

impl Interpreter {
    /// Finds the interpreter through its exported symbols.
    ///
    /// # Errors
    /// Where there is none, its layout is unknown, or the kernel refuses reads of the own memory.
    pub fn find() -> Result<Self, EngineError> {
        let memory = Memory::of_this_process();
        memory.probe().map_err(|reason| EngineError::Refused { call: "process_vm_readv", reason })?;
        let missing = |name: &str| EngineError::Layout(format!("no symbol {name} in this process"));
        let (runtime, size) = symbol(c"_PyRuntime").ok_or_else(|| missing("_PyRuntime"))?;
        let (version, _) = symbol(c"Py_Version").ok_or_else(|| missing("Py_Version"))?;
        let (code_type, _) = symbol(c"PyCode_Type").ok_or_else(|| missing("PyCode_Type"))?;
        let version = memory.word(version).unwrap_or(0) as u64;
        let layout = Layout::of(version, runtime, &memory)?;
        let (runtime, main_stack) = ((runtime, runtime + size), main_stack().unwrap_or_default());
        let mut found = Self { memory, layout, code_type, runtime, main_stack, main_gil: 0 };
        found.main_gil = found.locate_gil().ok_or_else(|| EngineError::Layout("no GIL found".into()))?;
        Ok(found)
    }

    fn locate_gil(&self) -> Option<usize> {
        match self.layout.gil {
            GilPlace::Runtime(offset) => Some(self.runtime.0 + offset),
            GilPlace::Interpreter(offset) => {
                let main = self.memory.word(self.runtime.0 + self.layout.interpreters_head + 8)?;
                self.memory.word(main + offset).filter(|&gil| gil != 0)
            }
        }
    }

    /// Whether a futex at `address` belongs to the GIL of an interpreter rather than to a lock of the program.
    pub fn is_gil_futex(&self, address: usize) -> bool {
        self.is_in_runtime(address)
            || self.interpreters().any(|one| (one..one + self.layout.interpreter_size).contains(&address))
    }

    /// The main interpreter's lock, now.
    pub fn gil(&self) -> Gil {
        let word = |offset| self.word(self.main_gil + offset).unwrap_or(0);
        let locked = word(GIL_LOCKED) as u32 as i32;
        Gil { last_holder: word(GIL_HOLDER), is_locked: locked > 0, switches: word(GIL_SWITCHES) }
    }

    /// Whether an address lies in the runtime itself, as the main thread's state does.
    pub fn is_in_runtime(&self, address: usize) -> bool {
        (self.runtime.0..self.runtime.1).contains(&address)
    }

    /// A word; without a system call where it lies in the runtime itself or on the main thread's stack.
    pub fn word(&self, address: usize) -> Option<usize> {
        let is_within = |range: (usize, usize)| address >= range.0 && address.saturating_add(8) <= range.1;
        if !address.is_multiple_of(8) || !(is_within(self.runtime) || is_within(self.main_stack)) {
            return self.memory.word(address);
        }
        // SAFETY: aligned, and never unmapped while this module is loaded: static memory of the interpreter, or the part of the
        // main thread's stack that was there at the start. A racing write gives an old or a new value.
        Some(unsafe { std::ptr::read_volatile(address as *const usize) })
    }

    fn interpreters(&self) -> impl Iterator<Item = usize> + '_ {
        let first = self.memory.word(self.runtime.0 + self.layout.interpreters_head).unwrap_or(0);
        self.list(first, self.layout.interpreter_next)
    }

    fn list(&self, first: usize, next: usize) -> impl Iterator<Item = usize> + '_ {
        let step = move |&at: &usize| self.memory.word(at + next).filter(|&n| n != 0);
        std::iter::successors((first != 0).then_some(first), step).take(LONGEST_LIST)
    }

    /// First thread state of the newest interpreter: changes when a Python thread starts or the newest one ends.
    pub fn newest_thread(&self) -> usize {
        let interpreter = self.word(self.runtime.0 + self.layout.interpreters_head).unwrap_or(0);
        if interpreter == 0 { 0 } else { self.word(interpreter + self.layout.threads_head).unwrap_or(0) }
    }

    /// All thread states of all interpreters. Threads come and go meanwhile: whoever uses one checks its `native_id` again.
    pub fn thread_states(&self) -> Vec<ThreadState> {
        let mut found = Vec::new();
        for interpreter in self.interpreters() {
            let first = self.memory.word(interpreter + self.layout.threads_head).unwrap_or(0);
            for address in self.list(first, self.layout.thread_next) {
                let pthread = self.memory.word(address + self.layout.thread_id).unwrap_or(0);
                let native_id = self.memory.int(address + self.layout.native_thread_id).unwrap_or(0);
                found.push(ThreadState { address, native_id, pthread });
            }
        }
        found
    }
}

/// The main thread's stack as far as it is mapped now; it grows, and never shrinks.
fn main_stack() -> Option<(usize, usize)> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps.lines().find(|line| line.ends_with("[stack]"))?;
    let (low, high) = line.split_ascii_whitespace().next()?.split_once('-')?;
    Some((usize::from_str_radix(low, 16).ok()?, usize::from_str_radix(high, 16).ok()?))
}

/// Address and size of an exported symbol.
fn symbol(name: &CStr) -> Option<(usize, usize)> {
    // SAFETY: `name` is a C string; dlsym has no other precondition.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    if address.is_null() {
        return None;
    }
    Some((address as usize, size_of_symbol(address).unwrap_or(0)))
}

/// Bytes of the object at an exported symbol, from the symbol table.
fn size_of_symbol(address: *mut c_void) -> Option<usize> {
    const RTLD_DL_SYMENT: i32 = 1;
    unsafe extern "C" {
        fn dladdr1(address: *const c_void, info: *mut libc::Dl_info, extra: *mut *mut c_void, flags: i32) -> i32;
    }
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    let mut entry = std::ptr::null_mut();
    // SAFETY: both results are written by the loader before it returns non-zero; the entry points into its own tables.
    unsafe {
        if dladdr1(address, info.as_mut_ptr(), &raw mut entry, RTLD_DL_SYMENT) == 0 || entry.is_null() {
            return None;
        }
        usize::try_from((*entry.cast::<libc::Elf64_Sym>()).st_size).ok()
    }
}
