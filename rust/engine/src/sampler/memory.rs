//! Reads of the own process's memory that answer "no" where a plain load would crash.
//!
//! `process_vm_readv` on the own process: another thread may free what is read at any moment, and then it returns an error.

use std::marker::PhantomData;

use libc::{c_ulong, c_void, iovec, pid_t};

/// Size of a memory page on every Linux machine this runs on, bytes; a frame's page is mapped as a whole.
pub const PAGE: usize = 4096;

/// Reader of the own process's memory.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pid: pid_t,
}

/// Pieces of one call, at most.
const MOST_PIECES: usize = 2 + Window::MOST_PAGES;

/// Pieces of memory that are read by one system call, in this order.
pub struct Gather<'a> {
    local: [iovec; MOST_PIECES],
    remote: [iovec; MOST_PIECES],
    n: usize,
    into: PhantomData<&'a mut [u8]>,
}

impl<'a> Gather<'a> {
    /// No piece yet.
    pub fn new() -> Self {
        let nothing = [iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; MOST_PIECES];
        Self { local: nothing, remote: nothing, n: 0, into: PhantomData }
    }

    /// Adds a piece; false when there are too many.
    pub fn add(&mut self, address: usize, into: &'a mut [u8]) -> bool {
        if self.n == MOST_PIECES {
            return false;
        }
        self.local[self.n] = iovec { iov_base: into.as_mut_ptr().cast::<c_void>(), iov_len: into.len() };
        self.remote[self.n] = iovec { iov_base: address as *mut c_void, iov_len: into.len() };
        self.n += 1;
        true
    }

    /// Bytes read, from the first piece on; fewer than asked for where memory is not mapped.
    pub fn read(self, memory: &Memory) -> usize {
        let n = self.n as c_ulong;
        // SAFETY: the local pieces are live, exclusive slices for `'a`; the kernel checks the remote addresses itself.
        let got = unsafe { libc::process_vm_readv(memory.pid, self.local.as_ptr(), n, self.remote.as_ptr(), n, 0) };
        usize::try_from(got).unwrap_or(0)
    }
}

impl Memory {
    /// A reader of this process.
    pub fn of_this_process() -> Self {
        // SAFETY: getpid has no preconditions.
        Self { pid: unsafe { libc::getpid() } }
    }

    /// Fills `into` from `address`; false where that memory cannot be read.
    pub fn read(&self, address: usize, into: &mut [u8]) -> bool {
        let wanted = into.len();
        let mut one = Gather::new();
        one.add(address, into) && one.read(self) == wanted
    }

    /// The 8-byte word at `address`.
    pub fn word(&self, address: usize) -> Option<usize> {
        let mut bytes = [0; 8];
        self.read(address, &mut bytes).then(|| usize::from_ne_bytes(bytes))
    }

    /// The 4-byte integer at `address`.
    pub fn int(&self, address: usize) -> Option<i32> {
        let mut bytes = [0; 4];
        self.read(address, &mut bytes).then(|| i32::from_ne_bytes(bytes))
    }

    /// Whether the kernel lets this process read itself, and if not why.
    pub fn probe(&self) -> Result<(), String> {
        let here = 0x7A11_6A2A_usize;
        match self.word(std::ptr::from_ref(&here) as usize) {
            Some(seen) if seen == here => Ok(()),
            _ => Err(std::io::Error::last_os_error().to_string()),
        }
    }
}

/// The word at `offset` of a copied piece of memory; 0 where the copy is too short.
pub fn word_at(copy: &[u8], offset: usize) -> usize {
    copy.get(offset..offset + 8).and_then(|b| b.try_into().ok()).map_or(0, usize::from_ne_bytes)
}

/// The 4-byte integer at `offset` of a copied piece of memory; 0 where the copy is too short.
pub fn int_at(copy: &[u8], offset: usize) -> i32 {
    copy.get(offset..offset + 4).and_then(|b| b.try_into().ok()).map_or(0, i32::from_ne_bytes)
}

/// A copy of the pages below an address, so that a walk down a stack costs few system calls.
///
/// The copy lies at the end of the buffer: pages are added below it.
pub struct Window {
    buffer: Vec<u8>,
    end: usize,
    length: usize,
    asked: usize,
}

impl Window {
    /// Most pages read at once.
    pub const MOST_PAGES: usize = 8;

    /// An empty window.
    pub fn new() -> Self {
        Self { buffer: vec![0; Self::MOST_PAGES * PAGE], end: 0, length: 0, asked: 0 }
    }

    /// Asks for what lies from `start` up to `end` in one piece, which is had whole or not at all; `accept` what came.
    pub fn ask_whole<'a>(&'a mut self, gather: &mut Gather<'a>, start: usize, end: usize) {
        let start = start.max(end.saturating_sub((Self::MOST_PAGES - 1) * PAGE));
        (self.end, self.length, self.asked) = (end, 0, end - start);
        let from = self.buffer.len() - self.asked;
        gather.add(start, &mut self.buffer[from..]);
    }

    /// Takes what was asked for whole, if all of it is among the `got` bytes.
    pub fn accept_whole(&mut self, got: usize) {
        self.length = if got >= self.asked { self.asked } else { 0 };
    }

    /// Asks for what lies from `start` up to `end`, downwards by pages; `accept` what came.
    fn ask<'a>(&'a mut self, gather: &mut Gather<'a>, start: usize, end: usize) {
        let start = start.max(end.saturating_sub((Self::MOST_PAGES - 1) * PAGE));
        (self.end, self.length, self.asked) = (end, 0, end - start);
        let mut rest = &mut self.buffer[..];
        let mut below = end;
        while below > start {
            let page = (below - 1) / PAGE * PAGE;
            let size = below - page.max(start);
            let (lower, piece) = rest.split_at_mut(rest.len() - size);
            below -= size;
            if !gather.add(below, piece) {
                return;
            }
            rest = lower;
        }
    }

    /// Takes the whole pieces among the first `got` bytes that were read downwards.
    fn accept(&mut self, got: usize) {
        let first = ((self.end.max(1) - 1) % PAGE + 1).min(self.asked);
        self.length = match got {
            got if got >= self.asked => self.asked,
            got if got < first => 0,
            got => first + (got - first) / PAGE * PAGE,
        };
    }

    /// Forgets what was read.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// `length` bytes at `address`, from the copy where it holds them, else by reading up to `pages` pages.
    pub fn get(&mut self, memory: &Memory, address: usize, length: usize, pages: usize) -> Option<&[u8]> {
        let end = address.checked_add(length)?;
        let holds = |window: &Self| end <= window.end && address >= window.end - window.length;
        if !holds(self) {
            let mut gather = Gather::new();
            let start = (address / PAGE * PAGE).saturating_sub((pages.max(1) - 1) * PAGE);
            self.ask(&mut gather, start, end);
            let got = gather.read(memory);
            self.accept(got);
        }
        let start = self.buffer.len().checked_sub(self.end - address)?;
        holds(self).then(|| &self.buffer[start..start + length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_memory_is_read_and_unmapped_memory_is_refused() {
        let memory = Memory::of_this_process();
        let value = 0x1234_5678_9ABC_DEF0_usize;
        assert_eq!(memory.probe(), Ok(()));
        assert_eq!(memory.word(std::ptr::from_ref(&value) as usize), Some(value));
        assert_eq!(memory.word(8), None);
    }

    #[test]
    fn window_gives_the_same_bytes_as_memory_at_any_place() {
        let memory = Memory::of_this_process();
        let data: Vec<u8> = (0..40_000).map(|k| (k * 7 % 251) as u8).collect();
        let base = data.as_ptr() as usize;
        let mut window = Window::new();
        let mut gather = Gather::new();
        window.ask_whole(&mut gather, base + 30_000, base + 39_000);
        let got = gather.read(&memory);
        window.accept_whole(got);
        assert_eq!(window.length, 9_000);
        for (k, pages) in
            [(30_000, 1), (38_920, 1), (39_900, 1), (36_000, 3), (35_990, 1), (4_000, 8), (3_950, 2), (0, 1)]
        {
            let seen = window.get(&memory, base + k, 80, pages).map(<[u8]>::to_vec);
            assert_eq!(seen.as_deref(), Some(&data[k..k + 80]), "at {k}");
        }
        assert!(window.get(&memory, 64, 80, 1).is_none());
    }
}
